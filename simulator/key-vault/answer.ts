/** What the vault answers. */
export interface VaultAnswer {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Body of a request, already parsed. */
export type VaultBody = Readonly<Record<string, unknown>>;

export const answer = (body: unknown, status = 200): VaultAnswer => ({ status, body });

/** Key Vault's own form of an error ("Authentication, requests and responses", learn.microsoft.com). */
export function refuse(status: number, code: string, message: string, inner?: string): VaultAnswer {
  return {
    status,
    body: { error: { code, message, ...(inner === undefined ? {} : { innererror: { code: inner } }) } },
  };
}

export const notFound = (kind: 'Key' | 'Secret' | 'Certificate', name: string) =>
  refuse(404, `${kind}NotFound`, `A ${kind.toLowerCase()} with (name/id) ${name} was not found in this key vault.`);

export const text = (value: unknown): string => (typeof value === 'string' ? value : '');
export const record = (value: unknown): VaultBody =>
  typeof value === 'object' && value !== null ? (value as VaultBody) : {};
