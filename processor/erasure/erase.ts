import { type ErasureEvent, subjectStream } from '#domain/erasure/events.ts';
import { eventMetadata, type RecordedBy } from '#domain/metadata.ts';
import { isSealed } from '#domain/personal.ts';
import { isJsonObject, type Json, type JsonObject } from '#kernel/json.ts';
import type { NewEvent } from '#ports/event-log.ts';
import type { Ids } from '#ports/ids.ts';
import type { KeyStore } from '#ports/key-store.ts';
import type { Sealer } from '#ports/sealer.ts';
import { type AppendBehindDeps, appendBehind } from '#processor/append-behind.ts';
import type { FoundPerson } from '#processor/erasure/find.ts';
import { type Actor, sealWho } from '#processor/who.ts';

export interface EraseDeps extends AppendBehindDeps {
  readonly sealer: Pick<Sealer, 'seal'>;
  readonly keyStore: Pick<KeyStore, 'token' | 'erase' | 'find'>;
  readonly ids: Ids;
  readonly recordedBy: RecordedBy;
}

export type Erased =
  | { readonly ok: true; readonly keys: number; readonly left: number }
  /** What was destroyed by then is destroyed; asked again, the rest is. */
  | { readonly ok: false; readonly reason: 'unavailable'; readonly detail: string };

/**
 * Destroys every key of a person. That somebody asked for it is on record before, and that it is done behind it; nothing on record says who it was.
 * @param key what the person was named by, as `callerKeyOf` makes it
 */
export async function erasePerson(deps: EraseDeps, key: string, found: FoundPerson, actor: Actor): Promise<Erased> {
  const { keyStore, clock, ids, recordedBy } = deps;
  const stream = subjectStream(keyStore.token([key])[0] ?? '');
  const requestId = ids.random();
  const sealed = await sealWho(deps, requestId, actor);
  if (!sealed.ok) return away(sealed.detail);
  const eventOf = (id: string, type: ErasureEvent['type'], data: object): NewEvent => {
    const at = new Date(clock.now()).toISOString();
    const whole = { ...data, at } as unknown as JsonObject;
    return { id, type, data: whole, metadata: eventMetadata(recordedBy, clock.now(), requestId, requestId) };
  };
  const { callerTokens, extent } = found;
  const asked = eventOf(requestId, 'ErasureRequested', { ...sealed.who, callerTokens, ...extent });
  const requested = await appendBehind(deps, stream, asked);
  if (!requested.ok) return away('detail' in requested ? requested.detail : requested.reason);

  const destroyed = new Set<string>();
  for (const subject of found.subjects) {
    const gone = await keyStore.erase(subject);
    if (!gone.ok) return away(gone.detail);
    for (const keyId of gone.keyIds) destroyed.add(keyId);
  }
  const left = await notErased(deps, found);
  if (left === undefined) return away('the keys are destroyed, but the key store does not say what is left');
  const done = await appendBehind(deps, stream, eventOf(ids.random(), 'PersonErased', { keys: destroyed.size, left }));
  if (!done.ok) return away('the keys are destroyed, but that is not on record');
  return { ok: true, keys: destroyed.size, left };
}

/** Of how many notices something can still be opened. The id of a chat that many talk in is nobody's. */
async function notErased({ keyStore }: EraseDeps, { notices }: FoundPerson): Promise<number | undefined> {
  const keysOf = notices.map((cloudEvent) => {
    const data = isJsonObject(cloudEvent['data']) ? cloudEvent['data'] : {};
    const { call, content, sender } = data;
    return keyIdsIn([call ?? null, content ?? null, sender ?? null]);
  });
  const found = await keyStore.find([...new Set(keysOf.flat())]);
  return found.ok ? keysOf.filter((keys) => keys.some((key) => found.keys.has(key))).length : undefined;
}

function keyIdsIn(value: Json): string[] {
  if (typeof value !== 'object' || value === null) return [];
  if (isSealed(value)) return [value.key];
  return Object.values(value).flatMap((each) => (each === undefined ? [] : keyIdsIn(each as Json)));
}

function away(detail: string): Erased {
  return { ok: false, reason: 'unavailable', detail };
}
