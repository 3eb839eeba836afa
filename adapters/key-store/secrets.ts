import type { Clock } from '#ports/clock.ts';
import type { Ids } from '#ports/ids.ts';
import type { LockResult, Secrets } from '#ports/secrets.ts';
import { connect, unavailable } from './connection.ts';
import { createSecretLocks } from './secrets-locks.ts';
import { findSecret, openSecret, putSecret, removeSecret, secretNames } from './secrets-rows.ts';

export interface SqliteSecretsDeps {
  /** The key store's database, shared with it and with other processes; made where there is none. */
  readonly file: string;
  /** The key store's master key. */
  readonly masterKeyFile: string;
  readonly clock: Clock;
  /** Makes versions and the identities of lock holders. */
  readonly ids: Ids;
  /** Milliseconds to wait for another process's write before the answer is `unavailable` (default 2,000). */
  readonly busyTimeoutMs?: number;
}

/**
 * Secrets in the key store's file, on a connection of their own. Each value is sealed with AES-256-GCM, its name as additional data, under a key of
 * its own; that one is wrapped under a key derived from the master key, and zeroed when the value is removed. Works on the calling thread.
 * @throws {KeyStoreSetupError} when the master key is exposed, missing, malformed or not the one of this file, or the file cannot be opened
 * @throws {TypeError} from a call with a name that is none
 */
export function createSqliteSecrets(deps: SqliteSecretsDeps): Secrets & { close(): Promise<void> } {
  const { file, masterKeyFile, clock, ids, busyTimeoutMs = 2_000 } = deps;
  const connection = connect({ file, masterKeyFile, busyTimeoutMs, random: ids.random }, () => {});
  const locks = createSecretLocks(clock);

  return {
    async read(name) {
      assertName(name);
      return connection.run((database) => {
        // One read transaction: key and value are of the same version.
        database.prepare('BEGIN').run();
        try {
          const secret = findSecret(database, name);
          if (secret === undefined) return { ok: true, version: 'none' };
          return { ok: true, value: new Uint8Array(openSecret(database, name, secret)), version: secret.version };
        } finally {
          if (database.db.isTransaction) database.prepare('COMMIT').run();
        }
      });
    },

    async write(name, value, expected) {
      assertName(name);
      return connection.run((database) =>
        database.immediately(() => {
          const present = findSecret(database, name)?.version ?? 'none';
          if (present !== expected) return { ok: false, reason: 'conflict' } as const;
          const version = ids.random();
          putSecret(database, name, value, version);
          return { ok: true, version } as const;
        }),
      );
    },

    async remove(name) {
      assertName(name);
      return connection.run((database) => {
        const wasThere = database.immediately(() => removeSecret(database, name));
        if (!wasThere) return { ok: true };
        const checkpoint = database.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get();
        return checkpoint?.['busy'] === 0
          ? { ok: true }
          : unavailable('removed, but traces remain while another process reads; repeat it');
      });
    },

    async names(prefix) {
      return connection.run((database) => ({ ok: true, names: secretNames(database, prefix) }));
    },

    async lock(name, { waitMs, holdMs, signal }) {
      assertName(name);
      const holder = locks.holder(ids.random());
      const until = clock.monotonic() + waitMs;
      for (;;) {
        const taken = connection.run((database) => locks.take(database, name, holder, holdMs));
        if (typeof taken !== 'boolean') return taken;
        if (taken) return held(() => connection.run((database) => locks.release(database, name, holder)));
        const left = until - clock.monotonic();
        if (left <= 0 || signal?.aborted === true) return { ok: false, reason: 'held' };
        // Jitter, so that several who wait do not keep meeting.
        await clock.sleep(Math.min(left, pollMs * (0.5 + ids.fraction())), signal);
      }
    },

    async close() {
      connection.close();
    },
  };
}

const pollMs = 25;

/** A release that fails changes nothing for the better by being told: the lock ends by itself. */
function held(release: () => unknown): LockResult {
  return {
    ok: true,
    async release() {
      release();
    },
  };
}

/** @throws {TypeError} */
function assertName(name: string): void {
  if (name.length <= 200 && namePattern.test(name)) return;
  throw new TypeError('the name of a secret is a path of lower-case words with / between them');
}

const namePattern = /^[a-z0-9][a-z0-9._-]*(\/[a-z0-9][a-z0-9._-]*)*$/;
