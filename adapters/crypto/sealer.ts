import { randomBytes } from 'node:crypto';
import type { SealedValue } from '#domain/personal.ts';
import type { Json } from '#kernel/json.ts';
import type { DayKeyPurpose, KeyStore, KeyStoreFailure } from '#ports/key-store.ts';
import type { DocumentToSeal, QuarantineResult, Sealer, SealResult } from '#ports/sealer.ts';
import { nonceBytes, openBox, type RandomBytes, sealBox } from './aes-gcm.ts';
import { copyWithSlots, type PersonalSlot } from './personal-values.ts';
import { hmacSha256 } from './secret-key.ts';
import { keyIdsOf, openAll } from './unseal.ts';

export interface SealerDeps {
  readonly keyStore: KeyStore;
  /** Source of nonces; `node:crypto` without it. */
  readonly random?: RandomBytes;
}

/**
 * Seals with AES-256-GCM under the keys of a key store. What is encrypted is the JSON text of the value, so that every value comes back
 * exactly as it was. Numbers and objects that cannot be opened are absent (`null` in arrays) whatever the reason.
 *
 * Of a day whose keys are destroyed nothing may be kept: `quarantine` and `commit` then answer an empty string, because
 * a message of that day must not stop the others.
 */
export function createSealer({ keyStore, random = randomBytes }: SealerDeps): Sealer {
  const keyToWrite = onceATurn((purpose: DayKeyPurpose, day: string) => keyStore.dayKey(purpose, day));
  return {
    seal: (documents) => seal(keyStore, random, documents),

    async unseal(document) {
      const keyIds = keyIdsOf(document);
      const found = keyIds.size === 0 ? noKeys : await keyStore.find([...keyIds]);
      return openAll(document, found) ?? null;
    },

    async quarantine(day, eventId, bytes) {
      const key = await keyToWrite('quarantine', day);
      if (!key.ok) return key.reason === 'destroyed' ? { ok: true, box: '' } : key;
      const box = sealBox(key.key, quarantined(eventId), bytes, random(nonceBytes));
      return { ok: true, box: box.toString('base64url') };
    },

    async openQuarantine(day, eventId, box): Promise<QuarantineResult> {
      const key = await keyStore.dayKey('quarantine', day);
      if (!key.ok) return key;
      const bytes = openBox(key.key, quarantined(eventId), Buffer.from(box, 'base64url'));
      return bytes === undefined ? { ok: false, reason: 'damaged' } : { ok: true, bytes };
    },

    async commit(day, eventId, content): Promise<{ ok: true; commitment: string } | KeyStoreFailure> {
      const key = await keyToWrite('commitment', day);
      if (!key.ok) return key.reason === 'destroyed' ? { ok: true, commitment: '' } : key;
      const own = hmacSha256(key.key, eventId).digest();
      return { ok: true, commitment: hmacSha256(own, content).digest('base64url') };
    },
  };
}

/**
 * Asks once for all that is asked in one turn of the event loop: a batch writes under the same key for every message, and each question
 * looks into the file whether keys were destroyed meanwhile. Not for reading: what is destroyed must not be readable a moment longer.
 */
function onceATurn<T>(ask: (purpose: DayKeyPurpose, day: string) => Promise<T>): typeof ask {
  const answers = new Map<string, Promise<T>>();
  return (purpose, day) => {
    const name = `${purpose} ${day}`;
    const known = answers.get(name);
    if (known !== undefined) return known;
    if (answers.size === 0) setImmediate(() => answers.clear());
    const answer = ask(purpose, day);
    answers.set(name, answer);
    return answer;
  };
}

const noKeys = { ok: true, keys: new Map<string, Uint8Array>() } as const;

const quarantined = (eventId: string) => Buffer.from(`${eventId}#quarantine`);

interface Slot extends PersonalSlot {
  readonly eventId: string;
}

async function seal(
  keyStore: KeyStore,
  random: RandomBytes,
  documents: readonly DocumentToSeal[],
): Promise<SealResult> {
  const slots: Slot[] = [];
  const copies = documents.map(({ eventId, document }) =>
    copyWithSlots(document, (slot) => slots.push({ ...slot, eventId })),
  );
  if (slots.length > 0) {
    const subjects = [...new Set(slots.map((slot) => slot.subject))];
    const answer = await keyStore.subjectKeys(subjects);
    if (!answer.ok) return answer;
    const keys = new Map(subjects.map((subject, index) => [subject, answer.keys[index]]));
    // One draw for the whole batch: a draw per value costs a quarter of the time.
    const nonces = random(nonceBytes * slots.length);
    slots.forEach((slot, index) => {
      const key = keys.get(slot.subject);
      if (key === undefined) throw new Error('the key store left out a subject');
      const nonce = nonces.subarray(index * nonceBytes, (index + 1) * nonceBytes);
      slot.put(sealOne(key.keyId, key.key, nonce, slot) as unknown as Json);
    });
  }
  return { ok: true, documents: copies.map((copy) => copy.root) };
}

function sealOne(keyId: string, key: Uint8Array, nonce: Uint8Array, slot: Slot): SealedValue {
  const of = `${slot.eventId}#${slot.pointer}`;
  const box = sealBox(key, Buffer.from(of), JSON.stringify(slot.value), nonce);
  return { $sealed: 1, key: keyId, of, as: kindOf(slot.value), box: box.toString('base64url') };
}

function kindOf(value: Json): SealedValue['as'] {
  return typeof value === 'string' || typeof value === 'number' ? (typeof value as 'string' | 'number') : 'json';
}
