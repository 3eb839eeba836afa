import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DayKeyPurpose, KeyStore } from '#ports/key-store.ts';

/** A key store under test; `discard` closes it and removes what it left behind. */
export interface KeyStoreUnderTest {
  readonly keyStore: KeyStore;
  /** A second handle on the same keys, as another process would hold it; absent where the keys live in one process. */
  readonly other?: KeyStore;
  /** Closes and opens the store again; absent where nothing outlives the process. */
  readonly reopen?: () => Promise<KeyStore>;
  readonly discard: () => Promise<void>;
}

const anna = 'user:6f1c/anna';
const bert = 'number:4915112345';
const [cara, dora, emil] = [1, 2, 3].map((n) => `7a0e0000-0000-4000-8000-00000000000${n}`);
const chatOf = (one: string | undefined, other: string | undefined) => `chat:6f1c/19:${one}_${other}@unq.gbl.spaces`;

/** What every key store must do. */
export function describeKeyStore(name: string, factory: () => Promise<KeyStoreUnderTest>): void {
  describe(`key store: ${name}`, () => {
    let subject: KeyStoreUnderTest;
    let store: KeyStore;

    beforeEach(async () => {
      subject = await factory();
      store = subject.keyStore;
    });
    afterEach(() => subject.discard());

    it('has an identity', () => {
      expect(store.id).toMatch(/^[0-9a-f-]{36}$/);
    });

    it('makes a key of 32 bytes for a subject and gives the same one again', async () => {
      const [first] = await keysOf(store, [anna]);
      const [again] = await keysOf(store, [anna]);
      expect(first?.key).toHaveLength(32);
      expect(again).toEqual(first);
    });

    it('gives different subjects different keys with different ids', async () => {
      const [a, b] = await keysOf(store, [anna, bert]);
      expect(a?.keyId).not.toBe(b?.keyId);
      expect(a?.key).not.toEqual(b?.key);
    });

    it('answers in the order asked for, repeated subjects included', async () => {
      const [a, b] = await keysOf(store, [anna, bert]);
      expect(await keysOf(store, [bert, anna, bert, bert])).toEqual([b, a, b, b]);
    });

    it('answers no keys for no subjects', async () => {
      expect(await keysOf(store, [])).toEqual([]);
    });

    it('takes a subject in capitals for the same subject', async () => {
      expect(await keysOf(store, [anna.toUpperCase()])).toEqual(await keysOf(store, [anna]));
    });

    it('says nothing about the subject in a key id', async () => {
      const [key] = await keysOf(store, ['upn:anna@contoso.example']);
      expect(key?.keyId).not.toMatch(/anna|contoso|upn/i);
    });

    it('finds keys by their ids and leaves out those that it does not know', async () => {
      const [a, b] = await keysOf(store, [anna, bert]);
      const found = await find(store, [a?.keyId ?? '', 'no such key', b?.keyId ?? '']);
      expect([...found]).toEqual([
        [a?.keyId, a?.key],
        [b?.keyId, b?.key],
      ]);
    });

    it('no longer finds the key of an erased subject, and still finds the others', async () => {
      const [a, b] = await keysOf(store, [anna, bert]);
      expect(await store.erase(anna)).toEqual({ ok: true, keyIds: [a?.keyId] });
      expect([...(await find(store, [a?.keyId ?? '', b?.keyId ?? ''])).keys()]).toEqual([b?.keyId]);
    });

    it('gives an erased subject a new key, which its next erasure destroys too', async () => {
      const [old] = await keysOf(store, [anna]);
      await store.erase(anna);
      const [next] = await keysOf(store, [anna]);
      expect(next?.keyId).not.toBe(old?.keyId);
      expect(next?.key).not.toEqual(old?.key);
      expect(await store.erase(anna)).toEqual({ ok: true, keyIds: [old?.keyId, next?.keyId] });
      expect((await find(store, [old?.keyId ?? '', next?.keyId ?? ''])).size).toBe(0);
    });

    it('answers a repeated erasure as it answered the first', async () => {
      await keysOf(store, [anna]);
      const first = await store.erase(anna);
      expect(await store.erase(anna)).toEqual(first);
    });

    it('erases a subject in capitals, and one that it never saw', async () => {
      const [a] = await keysOf(store, [anna]);
      expect(await store.erase(anna.toUpperCase())).toEqual({ ok: true, keyIds: [a?.keyId] });
      expect(await store.erase('number:000')).toEqual({ ok: true, keyIds: [] });
    });

    it('erases with somebody the chats of two that person is one of, and no other chat', async () => {
      const chats = [chatOf(cara, dora), chatOf(emil, cara), chatOf(dora, emil), 'chat:6f1c/19:abc@thread.v2'];
      const [own, first, second, others, group] = await keysOf(store, [`user:6f1c/${cara}`, ...chats]);
      const erased = await store.erase(`user:6f1c/${cara}`);
      expect(erased).toEqual({
        ok: true,
        keyIds: expect.arrayContaining([own, first, second].map((key) => key?.keyId)),
      });
      const left = await find(
        store,
        [own, first, second, others, group].map((key) => key?.keyId ?? ''),
      );
      expect([...left.keys()]).toEqual([others?.keyId, group?.keyId]);
      expect((await keysOf(store, [chatOf(cara, dora)]))[0]?.keyId).not.toBe(first?.keyId);
    });

    it('erases the chats of somebody who has no key of an own, by whatever tenant, and again once there is a new one', async () => {
      const [chat] = await keysOf(store, [chatOf(cara, dora).toUpperCase()]);
      expect(await store.erase(`USER:other/${dora}`)).toEqual({ ok: true, keyIds: [chat?.keyId] });
      const [next] = await keysOf(store, [chatOf(cara, dora)]);
      expect(await store.erase(`user:6f1c/${dora}`)).toEqual({ ok: true, keyIds: [chat?.keyId, next?.keyId] });
      expect((await find(store, [chat?.keyId ?? '', next?.keyId ?? ''])).size).toBe(0);
    });

    it.each<DayKeyPurpose>(['commitment', 'quarantine'])('keeps one %s key of 32 bytes per day', async (purpose) => {
      const key = await dayKeyOf(store, purpose, '2026-03-01');
      expect(key).toHaveLength(32);
      expect(await dayKeyOf(store, purpose, '2026-03-01')).toEqual(key);
      expect(await dayKeyOf(store, purpose, '2026-03-02')).not.toEqual(key);
    });

    it('keeps the purposes of day keys apart', async () => {
      const commitment = await dayKeyOf(store, 'commitment', '2026-03-01');
      expect(await dayKeyOf(store, 'quarantine', '2026-03-01')).not.toEqual(commitment);
    });

    it('destroys the day keys before a day, once, and makes none for such a day again', async () => {
      await dayKeyOf(store, 'quarantine', '2026-03-01');
      await dayKeyOf(store, 'quarantine', '2026-03-02');
      const kept = await dayKeyOf(store, 'quarantine', '2026-03-03');
      expect(await store.destroyDayKeys('quarantine', '2026-03-03')).toEqual({ ok: true, destroyed: 2 });
      expect(await store.destroyDayKeys('quarantine', '2026-03-03')).toEqual({ ok: true, destroyed: 0 });
      expect(await store.dayKey('quarantine', '2026-03-01')).toEqual({ ok: false, reason: 'destroyed' });
      expect(await store.dayKey('quarantine', '2026-02-27')).toEqual({ ok: false, reason: 'destroyed' });
      expect(await dayKeyOf(store, 'quarantine', '2026-03-03')).toEqual(kept);
    });

    it('forgets nothing of what was destroyed when an earlier day is named afterwards', async () => {
      await store.destroyDayKeys('quarantine', '2026-03-03');
      await store.destroyDayKeys('quarantine', '2026-01-01');
      expect(await store.dayKey('quarantine', '2026-03-02')).toEqual({ ok: false, reason: 'destroyed' });
    });

    it('destroys the keys of one purpose only', async () => {
      const key = await dayKeyOf(store, 'commitment', '2026-03-01');
      await store.destroyDayKeys('quarantine', '2026-03-03');
      expect(await dayKeyOf(store, 'commitment', '2026-03-01')).toEqual(key);
    });

    it('gives the same text the same token of 43 characters, and another text another', () => {
      const [a, b, again] = store.token(['oid:1', 'oid:2', 'oid:1']);
      expect(a).toMatch(/^[\w-]{43}$/);
      expect(again).toBe(a);
      expect(b).not.toBe(a);
    });

    it('answers that it is unavailable once it is closed', async () => {
      await store.close();
      const away = { ok: false, reason: 'unavailable', detail: expect.any(String) };
      expect(await store.subjectKeys([anna])).toEqual(away);
      expect(await store.find(['x'])).toEqual(away);
      expect(await store.erase(anna)).toEqual(away);
      expect(await store.dayKey('commitment', '2026-03-01')).toEqual(away);
      expect(await store.destroyDayKeys('commitment', '2026-03-01')).toEqual(away);
    });

    it('is the same store with the same keys after it was opened again', async ({ skip }) => {
      if (subject.reopen === undefined) return skip('the keys live as long as the process');
      const [a] = await keysOf(store, [anna]);
      const day = await dayKeyOf(store, 'commitment', '2026-03-01');
      const token = store.token(['oid:1']);
      const again = await subject.reopen();
      expect(again.id).toBe(store.id);
      expect(await keysOf(again, [anna])).toEqual([a]);
      expect(await dayKeyOf(again, 'commitment', '2026-03-01')).toEqual(day);
      expect(again.token(['oid:1'])).toEqual(token);
    });

    it('shares keys, tokens and identity with another process', async ({ skip }) => {
      const { other } = subject;
      if (other === undefined) return skip('the keys live in one process');
      expect(other.id).toBe(store.id);
      expect(await keysOf(other, [anna])).toEqual(await keysOf(store, [anna]));
      expect(await dayKeyOf(other, 'commitment', '2026-03-01')).toEqual(
        await dayKeyOf(store, 'commitment', '2026-03-01'),
      );
      expect(other.token(['oid:1'])).toEqual(store.token(['oid:1']));
    });

    it('notices what another process destroyed, though it had the keys in memory', async ({ skip }) => {
      const { other } = subject;
      if (other === undefined) return skip('the keys live in one process');
      const [a] = await keysOf(store, [anna]);
      await dayKeyOf(store, 'quarantine', '2026-03-01');
      expect((await find(store, [a?.keyId ?? ''])).size).toBe(1);
      await other.erase(anna);
      await other.destroyDayKeys('quarantine', '2026-03-02');
      expect((await find(store, [a?.keyId ?? ''])).size).toBe(0);
      expect((await keysOf(store, [anna]))[0]?.keyId).not.toBe(a?.keyId);
      expect(await store.dayKey('quarantine', '2026-03-01')).toEqual({ ok: false, reason: 'destroyed' });
    });
  });
}

async function keysOf(store: KeyStore, subjects: readonly string[]) {
  const answer = await store.subjectKeys(subjects);
  if (!answer.ok) throw new Error(answer.detail);
  return answer.keys;
}

async function find(store: KeyStore, keyIds: readonly string[]) {
  const answer = await store.find(keyIds);
  if (!answer.ok) throw new Error(answer.detail);
  return answer.keys;
}

async function dayKeyOf(store: KeyStore, purpose: DayKeyPurpose, day: string) {
  const answer = await store.dayKey(purpose, day);
  if (!answer.ok) throw new Error(answer.reason);
  return answer.key;
}
