import { field, present } from '#domain/notices/fields.ts';
import type { Notice } from '#domain/notices/item.ts';
import { parse } from '#domain/notices/read-json.ts';
import { isJsonObject, type Json, type JsonObject } from '#kernel/json.ts';

type CheckedCloudEvent =
  | { readonly ok: true; readonly envelope: NonNullable<Notice['envelope']>; readonly data: Json | undefined }
  | { readonly ok: false; readonly why: CloudEventFault };

/** What keeps an object from being a CloudEvent 1.0. */
type CloudEventFault =
  | 'cloudevent-specversion'
  | 'cloudevent-id'
  | 'cloudevent-source'
  | 'cloudevent-type'
  | 'cloudevent-time'
  | 'cloudevent-subject'
  | 'cloudevent-attribute-name'
  | 'cloudevent-attribute-value'
  | 'cloudevent-data';

/**
 * Checks an object strictly against CloudEvents 1.0 (section "Context Attributes", and the JSON format's rule that an attribute without a value may be null)
 * before anything else is done with it: libraries invent missing ids and times and accept other versions.
 */
export function checkCloudEvent(raw: JsonObject): CheckedCloudEvent {
  for (const [name, value] of Object.entries(raw)) {
    if (name === 'data' || name === 'data_base64') continue;
    if (!/^[a-z0-9]+$/.test(name)) return { ok: false, why: 'cloudevent-attribute-name' };
    if (typeof value === 'object' && value !== null) return { ok: false, why: 'cloudevent-attribute-value' };
  }
  const { specversion, id, source, type, time, subject } = raw;
  if (specversion !== '1.0') return { ok: false, why: 'cloudevent-specversion' };
  if (!isText(id)) return { ok: false, why: 'cloudevent-id' };
  if (!isText(source) || !isUriReference(source)) return { ok: false, why: 'cloudevent-source' };
  if (!isText(type)) return { ok: false, why: 'cloudevent-type' };
  if (time !== undefined && time !== null && !(isText(time) && isTimestamp(time)))
    return { ok: false, why: 'cloudevent-time' };
  if (subject !== undefined && subject !== null && !isText(subject)) return { ok: false, why: 'cloudevent-subject' };
  const data = dataOf(raw);
  if (!data.ok) return { ok: false, why: 'cloudevent-data' };
  return {
    ok: true,
    envelope: { id, source, type, ...(isText(time) && { time }), ...(isText(subject) && { subject }) },
    data: data.value,
  };
}

function dataOf(raw: JsonObject): { readonly ok: true; readonly value: Json | undefined } | { readonly ok: false } {
  const base64 = raw['data_base64'];
  if (base64 !== undefined && base64 !== null) {
    if (typeof base64 !== 'string') return { ok: false };
    const text = textOfBase64(base64);
    const read = text === undefined ? undefined : parse(text);
    return read?.ok ? read : { ok: false };
  }
  const { data } = raw;
  if (typeof data !== 'string') return { ok: true, value: data };
  const read = parse(data);
  return { ok: true, value: read.ok ? read.value : data };
}

/** The data of what claims to be a CloudEvent and is none, whatever else is wrong with it; undefined where there is none that can be read. */
export function dataDespite(raw: JsonObject): Json | undefined {
  const bytes = dataOf(present({ data_base64: field(raw, 'data_base64') }));
  if (bytes.ok && bytes.value !== undefined) return bytes.value;
  const plain = dataOf(present({ data: field(raw, 'data') }));
  return plain.ok ? plain.value : undefined;
}

function textOfBase64(base64: string): string | undefined {
  try {
    const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function isText(value: Json | undefined): value is string {
  return typeof value === 'string' && value !== '';
}

const pchar = "(?:[A-Za-z0-9\\-._~!$&'()*+,;=:@]|%[0-9A-Fa-f]{2})";
const uriReference = new RegExp(
  `^(?:[A-Za-z][A-Za-z0-9+.-]*:)?(?://(?:\\[[0-9A-Fa-f:.]+\\](?::\\d*)?(?=[/?#]|$))?)?(?:${pchar}|/)*(?:\\?(?:${pchar}|[/?])*)?(?:#(?:${pchar}|[/?])*)?$`,
);

/** RFC 3986 section 4.1, of at most 2,048 characters. */
export function isUriReference(text: string): boolean {
  if (text.length > 2048 || !uriReference.test(text)) return false;
  // A colon before the first slash ends a scheme, or it is no reference at all.
  const first = text.split(/[/?#]/, 1)[0] ?? '';
  return !first.includes(':') || /^[A-Za-z][A-Za-z0-9+.-]*:/.test(first);
}

// Every part but the day is within its range by the pattern; 60 is the second that leaps.
const timestamp =
  /^(\d{4})-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])[Tt](?:[01]\d|2[0-3]):[0-5]\d:(?:[0-5]\d|60)(?:\.\d+)?(?:[Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;

/** RFC 3339 section 5.6 `date-time` of a day that exists. */
export function isTimestamp(text: string): boolean {
  const parts = timestamp.exec(text);
  if (parts === null) return false;
  const day = Number(parts[3]);
  if (day <= 28) return true;
  const year = Number(parts[1]);
  const month = Number(parts[2]);
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return day <= (month === 2 ? (leap ? 29 : 28) : [4, 6, 9, 11].includes(month) ? 30 : 31);
}

/** Prefixes under which protocol bindings put attributes beside the body: AMQP (`cloudEvents:`, `cloudEvents_`), Kafka (`ce_`), HTTP (`ce-`). */
const prefixes = ['cloudevents:', 'cloudevents_', 'ce-', 'ce_', 'ce:'];

/** The attributes of a CloudEvent in binary mode, undefined when the message is none: then `specversion` is not among its properties. */
export function binaryAttributes(properties: Readonly<Record<string, Json>>): JsonObject | undefined {
  const entries = Object.entries(properties);
  if (entries.length === 0) return undefined;
  const attributes = new Map<string, Json>();
  for (const [name, value] of entries) {
    const lower = name.toLowerCase();
    const prefix = prefixes.find((each) => lower.startsWith(each));
    if (prefix === undefined) continue;
    const attribute = lower.slice(prefix.length);
    // AMQP has a type for times, which arrives as milliseconds.
    attributes.set(attribute, attribute === 'time' && typeof value === 'number' ? timeOf(value) : value);
  }
  if (!attributes.has('specversion')) return undefined;
  return Object.fromEntries(attributes);
}

function timeOf(milliseconds: number): Json {
  const date = new Date(milliseconds);
  return Number.isNaN(date.getTime()) ? milliseconds : date.toISOString();
}

/** True for an object that says that it is a CloudEvent, in whatever case. */
export function claimsCloudEvent(value: Json): value is JsonObject {
  return isJsonObject(value) && field(value, 'specversion') !== undefined;
}
