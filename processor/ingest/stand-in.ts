import { emergencyIdOf } from '#domain/names.ts';
import { isJsonObject, type JsonObject } from '#kernel/json.ts';
import { sha256 } from '#kernel/sha256.ts';
import type { NewEvent } from '#ports/event-log.ts';

/** Of an event's data: what triage judges by, what is fetched by, and what proves the rest. */
const needed = [
  ...['kind', 'delivery', 'subscriptionId', 'tenantId', 'clientStateCheck', 'call'],
  ...['referred', 'reference', 'blobId', 'commitment'],
];

/**
 * What is stored in the place of an event that the log refuses whatever is done: ever less of it, under its id and at its place in the hub, with a hash of all that
 * was to be stored. First what makes it a call or lets it be fetched; then only that there was something, and, unless it is known to have been no call, a call
 * of which nothing else is known. The one event must not be in the way of all behind it, and no call may be lost in it.
 * @param reason why the log refused it
 */
export function* standIns({ id, type, data, metadata }: NewEvent, reason: string): Generator<NewEvent> {
  const inner = isJsonObject(data['data']) ? data['data'] : {};
  const text = JSON.stringify(data);
  const notStored = { reason, bytes: text.length, hash: { algorithm: 'SHA-256', value: sha256(text) } };
  const kept = Object.fromEntries(Object.entries(inner).filter(([name]) => needed.includes(name)));
  yield { id, type, metadata, data: { ...data, data: { ...kept, notStored } } };
  const call = bareCall(id, data, inner);
  const kind = wordOf(inner['kind']);
  const bare: JsonObject = {
    ...(kind === undefined ? {} : { kind }),
    ...(call === undefined ? {} : { call }),
    notStored,
  };
  const { enqueuedAt } = metadata;
  yield {
    ...{ id, type, metadata },
    data: {
      ...{ specversion: '1.0', id, source: '/tenants/unknown/subscriptions/unknown', type },
      ...(typeof enqueuedAt === 'string' ? { time: enqueuedAt } : {}),
      ...{ datacontenttype: 'application/json', tocsincontent: 'minimised', data: bare },
    },
  };
}

/** The call without anything that came from outside; of a notice that only named what it is about, a call as well: nobody will fetch it any more. */
function bareCall(eventId: string, cloudEvent: JsonObject, inner: JsonObject): JsonObject | undefined {
  const { call } = inner;
  if (isJsonObject(call)) {
    const { feed, emergencyId, test, reasons } = call;
    const known = Array.isArray(reasons) ? reasons.filter((reason) => wordOf(reason) !== undefined) : [];
    const bare = { confidence: 'low', reasons: [...known, 'not-stored'], callerTokens: [] };
    return { feed: feed ?? 'chat', emergencyId: emergencyId ?? eventId, test: test === true, ...bare };
  }
  if (cloudEvent['tocsincontent'] !== 'referred') return undefined;
  const emergencyId = emergencyIdOf('chat', 'unknown', eventId);
  return { feed: 'chat', emergencyId, test: false, confidence: 'low', reasons: ['not-stored'], callerTokens: [] };
}

function wordOf(value: unknown): string | undefined {
  return typeof value === 'string' && /^[a-z-]{1,64}$/.test(value) ? value : undefined;
}
