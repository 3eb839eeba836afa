/** What is kept of a sign-in, sealed, in one secret: MSAL's cache with the refresh token, and what has to be known without asking MSAL. */
export interface Grant {
  /** Authority and client id that it belongs to. */
  readonly owner: string;
  /** MSAL's serialised cache; empty for an application, which has nothing to renew. */
  readonly cache: string;
  readonly token: { readonly value: string; readonly expiresAt: number };
  readonly permissions: readonly string[];
  readonly grantExpiresAt?: number;
  /** When a person signed in, milliseconds since 1970 UTC. */
  readonly signedInAt?: number;
  readonly userId?: string;
  readonly userName?: string;
  readonly tenantId?: string;
}

export function encodeGrant(grant: Grant): Uint8Array {
  return new TextEncoder().encode(JSON.stringify({ ...grant, version }));
}

/** Undefined for what a newer version, or nobody of ours, has written. */
export function decodeGrant(bytes: Uint8Array): Grant | undefined {
  try {
    const { version: written, ...grant } = JSON.parse(new TextDecoder().decode(bytes)) as Grant & { version: number };
    return written === version && isGrant(grant) ? grant : undefined;
  } catch {
    return undefined;
  }
}

const version = 1;

function isGrant({ owner, cache, token, permissions }: Grant): boolean {
  return (
    typeof owner === 'string' &&
    typeof cache === 'string' &&
    typeof token?.value === 'string' &&
    typeof token.expiresAt === 'number' &&
    Array.isArray(permissions)
  );
}
