import type { Clock } from '#ports/clock.ts';
import type { KeyStoreFailure } from '#ports/key-store.ts';
import type { Blobs } from './blobs.ts';

/** Who holds what among all processes that share a container. */
export interface SecretLocks {
  /** The etag of the lock when it is the caller's now; `held` when it is somebody else's. */
  take(
    name: string,
    holder: string,
    holdMs: number,
  ): Promise<
    { readonly ok: true; readonly etag: string } | { readonly ok: false; readonly reason: 'held' } | KeyStoreFailure
  >;
  /** Gives it up, unless it has become somebody else's meanwhile. */
  release(name: string, etag: string): Promise<unknown>;
}

const blobOf = (name: string) => `locks/${name}`;

/**
 * Locks are blobs that are made, taken over and removed on conditions. The service's leases are not used: they last 15 to 60 seconds or for ever, and
 * here the caller says how long. No two machines' clocks are compared: a hold is over by the storage's own clock, or when it was watched for so long.
 */
export function createSecretLocks(blobs: Blobs, clock: Pick<Clock, 'monotonic'>): SecretLocks {
  const seen = new Map<string, { readonly etag: string; readonly since: number }>();

  const isOver = (name: string, etag: string, ageMs: number, holdMs: number): boolean => {
    // The storage's times are whole seconds.
    if (ageMs > holdMs + 1_000) return true;
    const known = seen.get(name);
    if (known?.etag === etag) return clock.monotonic() >= known.since + holdMs;
    seen.set(name, { etag, since: clock.monotonic() });
    return false;
  };

  return {
    async take(name, holder, holdMs) {
      const mine = Buffer.from(JSON.stringify({ holder, holdMs: Math.ceil(holdMs) }));
      const present = await blobs.get(blobOf(name));
      if (!present.ok) return present;
      if (present.found === 'yes' && !isOver(name, present.etag, present.ageMs, holdOf(present.bytes))) {
        return { ok: false, reason: 'held' };
      }
      const taken =
        present.found === 'yes'
          ? await blobs.replace(blobOf(name), mine, present.etag)
          : await blobs.create(blobOf(name), mine);
      if (!taken.ok) return taken.reason === 'conflict' ? { ok: false, reason: 'held' } : taken;
      seen.delete(name);
      return taken;
    },
    release: (name, etag) => blobs.remove(blobOf(name), etag),
  };
}

/** One that cannot be read is nobody's. */
function holdOf(bytes: Buffer): number {
  try {
    const { holdMs } = JSON.parse(bytes.toString()) as { holdMs?: unknown };
    return typeof holdMs === 'number' ? holdMs : 0;
  } catch {
    return 0;
  }
}
