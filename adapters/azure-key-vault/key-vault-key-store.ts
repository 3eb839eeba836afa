import { randomUUID } from 'node:crypto';
import { hmacSha256 } from '#adapters/crypto/secret-key.ts';
import type { Clock } from '#ports/clock.ts';
import type { Ids } from '#ports/ids.ts';
import type { KeyStore } from '#ports/key-store.ts';
import { askForKeys } from './ask-for-keys.ts';
import { createKeyCache } from './cache.ts';
import { assertDay, dayKey, dayKeyLabel, destroyDays, isDestroyed } from './day-keys.ts';
import { createDestructions, unavailable } from './destructions.ts';
import { each } from './each.ts';
import type { Master } from './master.ts';
import { eraseSubject, findKey, keyIdsOf, subjectHash } from './subject-keys.ts';

export interface KeyVaultKeyStoreDeps {
  /** Shared with the secrets of the process, and closed by whoever opened it. */
  readonly master: Master;
  readonly clock: Pick<Clock, 'monotonic'>;
  /** Makes key ids, which must never repeat; random UUIDs without it. */
  readonly ids?: Pick<Ids, 'random'>;
  /** Most keys that are kept unwrapped in memory (default 10,000). */
  readonly cachedKeys?: number;
}

/**
 * A key store whose master key is wrapped by a key vault and whose subject keys are blobs, for the processes of one stack. A call asks the storage once
 * whether anything was destroyed (so that an erasure holds for everybody as soon as it is answered), and for what is not in memory; the vault it never
 * asks. The keys of one call are made one by one, each durable before the call answers; a call that fails may have made some of them.
 *
 * Erasing deletes the blobs and looks whether they are gone: the container must have neither versions nor soft delete. It is announced before and after:
 * between the two nobody takes a key from memory, and that stays so where the eraser died, until the erasure is repeated.
 */
export function createKeyVaultKeyStore(deps: KeyVaultKeyStoreDeps): KeyStore {
  const { master, clock, cachedKeys = 10_000 } = deps;
  const random = deps.ids?.random ?? randomUUID;
  const cache = createKeyCache(cachedKeys, () => clock.monotonic());
  const destructions = createDestructions(master.blobs, master.id);
  let closed = false;

  const current = async () => {
    if (closed) return unavailable('the key store is closed');
    const refreshed = await destructions.refresh();
    if (refreshed.ok) cache.renew(refreshed.destroyed);
    return refreshed;
  };

  return {
    id: master.id,

    subjectKeys: (subjects) =>
      askForKeys(
        { master, cache, current, random },
        subjects.map((subject) => subject.toLowerCase()),
      ),

    async find(keyIds) {
      const now = await current();
      if (!now.ok) return now;
      const found = new Map<string, Uint8Array>();
      const failed = await each([...new Set(keyIds)], async (keyId) => {
        const known = cache.ofId(keyId);
        if (known === 'gone') return undefined;
        if (known !== undefined) return void found.set(keyId, known);
        const read = await findKey(master, keyId);
        if (!read.ok) return read.reason === 'damaged' ? unavailable(`key ${keyId} is damaged in the key store`) : read;
        if (read.key === undefined) return void cache.keepGone(keyId);
        cache.keep(now.destroyed.etag, { keyId, key: read.key });
        found.set(keyId, read.key);
        return undefined;
      });
      if (failed !== undefined) return failed;
      // In the order asked for.
      return { ok: true, keys: new Map(keyIds.flatMap((keyId) => pair(keyId, found.get(keyId)))) };
    },

    async erase(subject) {
      if (closed) return unavailable('the key store is closed');
      const canonical = subject.toLowerCase();
      const known = await keyIdsOf(master, canonical);
      // Announced also when there is nothing left to delete: whoever deleted it may have died before all had heard of it.
      if (!known.ok || known.keyIds.length === 0) return known;
      const hash = subjectHash(master, canonical);
      const begun = await destructions.begin(hash);
      if (!begun.ok) return begun;
      const erased = await eraseSubject(master, canonical);
      if (!erased.ok) return erased;
      const ended = await destructions.end(hash);
      return ended.ok ? erased : ended;
    },

    async dayKey(purpose, day) {
      assertDay(day);
      const now = await current();
      if (!now.ok) return now;
      if (isDestroyed(now.destroyed, purpose, day)) return { ok: false, reason: 'destroyed' };
      const label = dayKeyLabel(purpose, day);
      const known = cache.ofDay(label);
      if (known !== undefined) return { ok: true, key: known };
      const made = await dayKey(master, destructions, purpose, day);
      if (made.ok) cache.keepDay(now.destroyed.etag, label, made.key);
      return made;
    },

    async destroyDayKeys(purpose, before) {
      assertDay(before);
      if (closed) return unavailable('the key store is closed');
      const announced = await destructions.announce({ purpose, before });
      return announced.ok ? destroyDays(master, purpose, before) : announced;
    },

    token: (texts) => texts.map((text) => hmacSha256(master.derived().tokens, text).digest('base64url')),

    async close() {
      closed = true;
    },
  };
}

function pair(keyId: string, key: Uint8Array | undefined): [string, Uint8Array][] {
  return key === undefined ? [] : [[keyId, key]];
}
