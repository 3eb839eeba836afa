import { isSameText } from '#domain/identity/browser-address.ts';
import type { Clock } from '#ports/clock.ts';
import type { CredentialId } from '#ports/identity.ts';
import type { Secrets } from '#ports/secrets.ts';

/** A sign-in by browser that waits for a person. */
export interface BrowserAttempt {
  /** Whose application it signs in to. */
  readonly owner: string;
  /** Which sign-in it is: one that is tried again after its process died has the same. */
  readonly name: string;
  /** What the person opens. */
  readonly url: string;
  readonly redirectUri: string;
  readonly state: string;
  readonly nonce: string;
  /** Secret: nobody can do anything with a code without it (RFC 7636). */
  readonly verifier: string;
  /** Milliseconds since 1970 UTC. */
  readonly expiresAt: number;
}

/**
 * Keeps that sign-in in the key store: so whichever process is given the address at which the browser ended can finish it, and a process that died takes none with it.
 * There is one for each credential.
 */
export interface BrowserAttempts {
  /** What waits; of another application or too old: nothing. */
  find(): Promise<{ readonly ok: true; readonly attempt?: BrowserAttempt } | NotKept>;
  keep(attempt: BrowserAttempt): Promise<{ readonly ok: true } | NotKept>;
  /** Ends it: of all who try, one is told `ours`. Its code is redeemed once. */
  take(state: string): Promise<{ readonly ok: true; readonly ours: boolean } | NotKept>;
}

interface NotKept {
  readonly ok: false;
}

export function createBrowserAttempts(deps: {
  readonly credential: CredentialId;
  readonly owner: string;
  readonly secrets: Secrets;
  readonly clock: Clock;
}): BrowserAttempts {
  const { owner, secrets, clock } = deps;
  const name = `credential/${deps.credential}/browser-sign-in`;

  async function read() {
    const stored = await secrets.read(name);
    if (!stored.ok) return { ok: false } as const;
    const attempt = decode(stored.value);
    const waits = attempt?.owner === owner && attempt.expiresAt > clock.now();
    return { ok: true, version: stored.version, ...(waits ? { attempt } : {}) } as const;
  }

  return {
    find: read,
    async keep(attempt) {
      for (let tries = 0; tries < mostTries; tries += 1) {
        const before = await secrets.read(name);
        if (!before.ok) return { ok: false };
        const written = await secrets.write(name, encode({ version, ...attempt }), before.version);
        if (written.ok) return { ok: true };
        if (written.reason !== 'conflict') return { ok: false };
      }
      return { ok: false };
    },
    async take(state) {
      const found = await read();
      if (!found.ok) return found;
      if (found.attempt === undefined || !isSameText(found.attempt.state, state)) return { ok: true, ours: false };
      // Written over rather than removed: that can be said of one version alone.
      const written = await secrets.write(name, encode({ version }), found.version);
      if (written.ok) return { ok: true, ours: true };
      return written.reason === 'conflict' ? { ok: true, ours: false } : { ok: false };
    },
  };
}

const mostTries = 5;
const version = 1;

const encode = (value: object) => new TextEncoder().encode(JSON.stringify(value));

/** Undefined for one that was taken, and for what another version has written. */
function decode(bytes: Uint8Array | undefined): BrowserAttempt | undefined {
  if (bytes === undefined) return undefined;
  try {
    const { version: written, ...attempt } = JSON.parse(new TextDecoder().decode(bytes)) as BrowserAttempt & {
      readonly version: number;
    };
    return written === version && typeof attempt.verifier === 'string' ? attempt : undefined;
  } catch {
    return undefined;
  }
}
