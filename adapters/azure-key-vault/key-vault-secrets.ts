import { openBox, sealBox } from '#adapters/crypto/aes-gcm.ts';
import type { Clock } from '#ports/clock.ts';
import type { Ids } from '#ports/ids.ts';
import type { Secrets } from '#ports/secrets.ts';
import { unavailable } from './destructions.ts';
import type { Master } from './master.ts';
import { createSecretLocks } from './secret-locks.ts';
import { removeForGood } from './subject-keys.ts';

export interface KeyVaultSecretsDeps {
  /** Shared with the key store of the process, and closed by whoever opened it. */
  readonly master: Master;
  readonly clock: Clock;
  /** Makes the identities of lock holders, and jitter. */
  readonly ids: Ids;
}

const blobOf = (name: string) => `secrets/${name}`;
const label = (name: string) => Buffer.from(`secret ${name}`);
const firstPollMs = 100;
const longestPollMs = 1_000;

/**
 * Secrets as blobs beside the keys, sealed with AES-256-GCM under a key derived from the master key, the name as additional data. Versions are etags: a
 * write holds only against the blob that was read, so of several replicas one writes. The vault is not asked: it allows some thousand requests in ten
 * seconds, and a renewed token must be kept at once.
 * @throws {TypeError} from a call with a name that is none
 */
export function createKeyVaultSecrets({
  master,
  clock,
  ids,
}: KeyVaultSecretsDeps): Secrets & { close(): Promise<void> } {
  const { blobs } = master;
  const locks = createSecretLocks(blobs, clock);
  let closed = false;
  const shut = unavailable('the key store is closed');

  return {
    async read(name) {
      assertName(name);
      if (closed) return shut;
      const got = await blobs.get(blobOf(name));
      if (!got.ok) return got;
      if (got.found !== 'yes') return { ok: true, version: 'none' };
      const value = openBox(master.derived().secrets, label(name), got.bytes);
      if (value === undefined) return unavailable(`the secret ${name} is damaged in the key store`);
      return { ok: true, value: new Uint8Array(value), version: got.etag };
    },

    async write(name, value, expected) {
      assertName(name);
      if (closed) return shut;
      const sealed = sealBox(master.derived().secrets, label(name), value);
      const written =
        expected === 'none'
          ? await blobs.create(blobOf(name), sealed)
          : await blobs.replace(blobOf(name), sealed, expected);
      return written.ok ? { ok: true, version: written.etag } : written;
    },

    async remove(name) {
      assertName(name);
      return closed ? shut : removeForGood(blobs, blobOf(name));
    },

    async names(prefix) {
      if (closed) return shut;
      const listed = await blobs.list(blobOf(prefix));
      if (!listed.ok) return listed;
      return { ok: true, names: listed.names.map((name) => name.slice(blobOf('').length)).sort() };
    },

    async lock(name, { waitMs, holdMs, signal }) {
      assertName(name);
      const holder = ids.random();
      const until = clock.monotonic() + waitMs;
      for (let pollMs = firstPollMs; ; pollMs = Math.min(pollMs * 2, longestPollMs)) {
        if (closed) return shut;
        const taken = await locks.take(name, holder, holdMs);
        if (taken.ok) {
          return {
            ok: true,
            // A release that fails changes nothing for the better by being told: the lock ends by itself.
            release: async () => void (await locks.release(name, taken.etag)),
          };
        }
        if (taken.reason === 'unavailable') return taken;
        const left = until - clock.monotonic();
        if (left <= 0 || signal?.aborted === true) return { ok: false, reason: 'held' };
        // Jitter, so that several who wait do not keep meeting.
        await clock.sleep(Math.min(left, pollMs * (0.5 + ids.fraction())), signal);
      }
    },

    async close() {
      closed = true;
    },
  };
}

/** @throws {TypeError} */
function assertName(name: string): void {
  if (name.length <= 200 && namePattern.test(name)) return;
  throw new TypeError('the name of a secret is a path of lower-case words with / between them');
}

const namePattern = /^[a-z0-9][a-z0-9._-]*(\/[a-z0-9][a-z0-9._-]*)*$/;
