import type { EntraRefusal } from '#domain/identity/classify.ts';
import type { Clock } from '#ports/clock.ts';
import type { CredentialId, IdentityFailure, TokenResult } from '#ports/identity.ts';
import type { Ids } from '#ports/ids.ts';
import type { Secrets, SecretVersion } from '#ports/secrets.ts';
import { decodeGrant, encodeGrant, type Grant } from './grant.ts';

/** Keeps one grant in the key store and lets one of all processes renew it at a time. */
export interface Keeper {
  read(): Promise<Kept | IdentityFailure>;
  /** The kept token while it lives longer than `liveMs`, else that of a renewed grant, which is durable by then. */
  token(options: { readonly liveMs: number; readonly force: boolean }): Promise<TokenResult>;
  /** Puts a new sign-in in the place of what is there. */
  replace(grant: Grant): Promise<{ readonly ok: true } | IdentityFailure>;
  forget(): Promise<{ readonly ok: true } | IdentityFailure>;
}

export interface Kept {
  readonly ok: true;
  /** Absent where nobody signed in. */
  readonly grant?: Grant;
  readonly version: SecretVersion | 'none';
}

export interface KeeperDeps {
  readonly credential: CredentialId;
  readonly owner: string;
  readonly secrets: Secrets;
  readonly clock: Clock;
  readonly ids: Ids;
  /** True where a damaged grant is no loss, because a new one takes nobody: an application's. */
  readonly isDisposable: boolean;
  readonly fail: (refusal: EntraRefusal) => IdentityFailure;
  /** Asks Entra. Must be over in less than `renewMs`. */
  readonly renew: (grant: Grant | undefined) => Promise<{ readonly ok: true; readonly grant: Grant } | IdentityFailure>;
}

/** The longest that a renewal may take, milliseconds. */
export const renewMs = 40_000;
const holdMs = 60_000;
const waitMs = 50_000;

/**
 * Refused, it is asked again no sooner than this by those that need a token just now, milliseconds: whoever keeps the sign-in looks for its repair, and what comes
 * of that is in the store. All processes together stay under what Entra takes for a loop (AADSTS50196: 15 equal requests in five minutes).
 */
const refusedMs = 120_000;

export function createKeeper(deps: KeeperDeps): Keeper {
  const { credential, owner, secrets, clock, ids, isDisposable, fail, renew } = deps;
  const name = `credential/${credential}/token-cache`;
  let pending: Promise<TokenResult> | undefined;
  // A renewed grant that could not be stored: the one that is stored may be worth nothing any more.
  let unsaved: { readonly grant: Grant; readonly over: SecretVersion | 'none' } | undefined;

  let refused:
    | { readonly failure: IdentityFailure; readonly over: SecretVersion | 'none'; readonly at: number }
    | undefined;

  const read = async (): Promise<Kept | IdentityFailure> => {
    const stored = await secrets.read(name);
    if (!stored.ok) return fail({ error: 'key-store' });
    const { value, version } = stored;
    if (value === undefined) return { ok: true, version };
    const grant = decodeGrant(value);
    if (grant !== undefined) return { ok: true, grant, version };
    return isDisposable ? { ok: true, version } : fail({ error: 'damaged-grant' });
  };

  const living = (grant: Grant | undefined, liveMs: number): TokenResult | undefined =>
    grant !== undefined && grant.owner === owner && grant.token.expiresAt - clock.now() > liveMs
      ? { ok: true, token: { ...grant.token } }
      : undefined;

  const write = async (grant: Grant, over: SecretVersion | 'none') => {
    for (let attempt = 1; ; attempt += 1) {
      const written = await secrets.write(name, encodeGrant(grant), over);
      if (written.ok || written.reason === 'conflict' || attempt === writeAttempts) return written;
      await clock.sleep(200 * attempt * (0.5 + ids.fraction()));
    }
  };

  /** Durable before anybody gets the token. */
  const save = async (grant: Grant, over: SecretVersion | 'none'): Promise<TokenResult> => {
    const written = await write(grant, over);
    if (written.ok) {
      unsaved = undefined;
      return { ok: true, token: { ...grant.token } };
    }
    if (written.reason === 'conflict') {
      // Somebody signed in anew, or forgot the sign-in, meanwhile: that counts, and what was renewed is dropped.
      unsaved = undefined;
      const now = await read();
      if (!now.ok) return now;
      return living(now.grant, 0) ?? fail({ error: now.grant === undefined ? 'not-signed-in' : 'key-store-busy' });
    }
    unsaved = { grant, over };
    return fail({ error: 'key-store' });
  };

  const renewed = async (seen: SecretVersion | 'none', liveMs: number): Promise<TokenResult> => {
    const now = await read();
    if (!now.ok) return now;
    // Renewed by another process since we looked: also what was forced is new then.
    const theirs = now.version === seen ? undefined : living(now.grant, liveMs);
    if (theirs !== undefined) return theirs;
    if (unsaved?.over === now.version) {
      const saved = await save(unsaved.grant, now.version);
      if (!saved.ok || saved.token.expiresAt - clock.now() > liveMs) return saved;
      return await renewed(seen, liveMs);
    }
    unsaved = undefined;
    const outcome = await renew(now.grant);
    // An application may prove itself by another certificate the next time.
    refused =
      outcome.ok || outcome.trouble.kind === 'back-off' || isDisposable
        ? undefined
        : { failure: outcome, over: now.version, at: clock.monotonic() };
    return outcome.ok ? await save(outcome.grant, now.version) : outcome;
  };

  const locked = async <T>(work: () => Promise<T>): Promise<T | IdentityFailure> => {
    const lock = await secrets.lock(name, { waitMs, holdMs });
    if (!lock.ok) return fail({ error: lock.reason === 'held' ? 'key-store-busy' : 'key-store' });
    try {
      return await work();
    } finally {
      await lock.release();
    }
  };

  return {
    read,

    async token({ liveMs, force }) {
      const before = await read();
      if (!before.ok) return before;
      const kept = force ? undefined : living(before.grant, liveMs);
      if (kept !== undefined) return kept;
      if (!force && refused?.over === before.version && clock.monotonic() - refused.at < refusedMs)
        return refused.failure;
      pending ??= locked(() => renewed(before.version, liveMs)).finally(() => {
        pending = undefined;
      });
      return await pending;
    },

    async replace(grant) {
      for (let attempt = 1; attempt <= writeAttempts; attempt += 1) {
        const outcome = await locked(async () => {
          const stored = await secrets.read(name);
          return stored.ok ? await write(grant, stored.version) : stored;
        });
        if (outcome.ok) {
          unsaved = undefined;
          return { ok: true };
        }
        if (outcome.reason === 'identity') return outcome;
        if (outcome.reason === 'unavailable') return fail({ error: 'key-store' });
      }
      return fail({ error: 'key-store-busy' });
    },

    async forget() {
      unsaved = undefined;
      // Also where the lock cannot be had: whoever holds it writes over a version that is gone, and so nothing.
      const removed = await locked(() => secrets.remove(name));
      const done = removed.ok ? removed : await secrets.remove(name);
      return done.ok ? { ok: true } : fail({ error: 'key-store' });
    },
  };
}

const writeAttempts = 3;
