import {
  binaryAttributes,
  checkCloudEvent,
  claimsCloudEvent,
  dataDespite,
} from '#domain/notices/decode-cloud-event.ts';
import {
  type Arrival,
  collectionOf,
  decodeNotification,
  looksLikeNotification,
} from '#domain/notices/decode-notification.ts';
import type { Item } from '#domain/notices/item.ts';
import { readJson } from '#domain/notices/read-json.ts';
import { isJsonObject, type Json, type JsonObject } from '#kernel/json.ts';

/** How many items of one message are read one by one; the rest counts as one item that nobody knows. Graph sends far fewer than a thousand. */
const itemsBound = 10_000;

/** What of a hub's message is needed to read it. */
export interface MessageToDecode {
  readonly body: Uint8Array;
  readonly contentType: string | undefined;
  /** Application properties; CloudEvents in binary mode keep their attributes here. */
  readonly properties: Readonly<Record<string, Json>>;
}

/**
 * The items that a message of the hub holds, in their order: at least one, whatever the bytes are. Never throws.
 *
 * Reads Graph's change notification collections, the notifications of the calling API, CloudEvents 1.0 in structured, batch and binary mode, and what
 * Tocsin itself fetched and published (application property `tocsin-recovered: true`). What is JSON but nothing of these is `unrecognised`, what is not JSON `undecodable`.
 * What claims to be a CloudEvent and is none is read without its envelope where its data says something.
 */
export function decodeMessage(message: MessageToDecode): readonly Item[] {
  const read = readJson(message.body);
  const structured = message.contentType?.toLowerCase().includes('application/cloudevents') ?? false;
  const attributes = structured ? undefined : binaryAttributes(message.properties);
  if (!read.ok) {
    if (attributes === undefined || read.why !== 'empty-body') return [{ kind: 'undecodable', why: read.why }];
    return bounded(fromCloudEvent(attributes));
  }
  if (attributes !== undefined) return bounded(fromCloudEvent({ ...attributes, data: read.value }));
  const delivery = isTrue(property(message.properties, 'tocsin-recovered')) ? 'recovered' : 'direct';
  return bounded(fromValue(read.value, { delivery }));
}

function fromValue(value: Json, arrival: Arrival): readonly Item[] {
  if (Array.isArray(value)) {
    if (value.length === 0) return [{ kind: 'empty' }];
    // Elements are CloudEvents of a batch, notifications, or whole collections that somebody batched.
    return upTo(value).flatMap((each) =>
      Array.isArray(each) ? [decodeNotification(each, arrival)] : fromValue(each, arrival),
    );
  }
  if (!isJsonObject(value)) return [{ kind: 'unrecognised', value, why: 'not-an-object' }];
  if (claimsCloudEvent(value)) return fromCloudEvent(value);
  const collection = fromCollection(value, arrival);
  if (collection !== undefined) return collection;
  if (!looksLikeNotification(value)) return [{ kind: 'unrecognised', value, why: 'unknown-shape' }];
  return [decodeNotification(value, arrival)];
}

function fromCollection(value: JsonObject, arrival: Arrival): readonly Item[] | undefined {
  const collection = collectionOf(value);
  if (collection === undefined) return undefined;
  if (collection.length === 0) return [{ kind: 'empty' }];
  return upTo(collection).map((each, index) => decodeNotification(each, nth(arrival, index)));
}

/** Ids of CloudEvents are unique within their source: those of further items in the same envelope are numbered. */
function nth(arrival: Arrival, index: number): Arrival {
  if (index === 0 || arrival.envelope === undefined) return arrival;
  return { ...arrival, envelope: { ...arrival.envelope, id: `${arrival.envelope.id}/${index}` } };
}

function fromCloudEvent(raw: JsonObject): readonly Item[] {
  const checked = checkCloudEvent(raw);
  if (!checked.ok) return despiteEnvelope(raw, checked.why);
  const { envelope, data } = checked;
  const items = itemsOf(data, { delivery: 'event-grid', envelope });
  return whole(raw, items ?? [{ kind: 'unrecognised', value: raw, why: 'cloudevent-without-data' }]);
}

/** A fault of the envelope must not hide a call: what is in it is read as if it had come without one, of which nothing is believed, and the fault stays on record. */
function despiteEnvelope(raw: JsonObject, envelopeFault: string): readonly Item[] {
  const items = itemsOf(dataDespite(raw), { delivery: 'event-grid', envelopeFault }) ?? [];
  if (items.some(saysSomething)) return whole(raw, items);
  const only = items.length === 1 && items[0]?.kind === 'unrecognised' ? items[0] : undefined;
  return [{ ...only, kind: 'unrecognised', value: raw, why: envelopeFault }];
}

function saysSomething(item: Item): boolean {
  return item.kind === 'unrecognised' ? !['unknown-shape', 'not-an-object'].includes(item.why) : item.kind !== 'empty';
}

function itemsOf(data: Json | undefined, arrival: Arrival): readonly Item[] | undefined {
  if (isJsonObject(data)) return fromCollection(data, arrival) ?? [decodeNotification(data, arrival)];
  if (!Array.isArray(data) || data.length === 0) return undefined;
  return upTo(data).map((each, index) => decodeNotification(each, nth(arrival, index)));
}

/** What is kept of an unknown event is the whole of it, so that a later decoder finds what this one had. */
function whole(raw: JsonObject, items: readonly Item[]): readonly Item[] {
  return items.length === 1 && items[0]?.kind === 'unrecognised' ? [{ ...items[0], value: raw }] : items;
}

function upTo(values: readonly Json[]): readonly Json[] {
  return values.length > itemsBound ? [...values.slice(0, itemsBound), [...values.slice(itemsBound)]] : values;
}

/** The same bound over nested lists: whatever their structure, a message never yields more than `itemsBound` and one. */
function bounded(items: readonly Item[]): readonly Item[] {
  if (items.length <= itemsBound) return items;
  const rest = items.length - itemsBound;
  return [
    ...items.slice(0, itemsBound),
    { kind: 'unrecognised', value: { itemsBeyondBound: rest }, why: 'too-many-items' },
  ];
}

function property(properties: Readonly<Record<string, Json>>, name: string): Json | undefined {
  for (const [key, value] of Object.entries(properties)) if (key.toLowerCase() === name) return value;
  return undefined;
}

function isTrue(value: Json | undefined): boolean {
  return value === true || (typeof value === 'string' && value.toLowerCase() === 'true');
}
