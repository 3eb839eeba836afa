import { isUriReference } from '#domain/notices/decode-cloud-event.ts';
import { present, textField } from '#domain/notices/fields.ts';
import { plainId } from '#domain/notices/identify.ts';
import type { DraftContext, Notice } from '#domain/notices/item.ts';
import { toIso } from '#domain/notices/times.ts';
import { isJsonObject, type Json, type JsonObject } from '#kernel/json.ts';

/** What may be kept of any notice, in the clear: ids of subscription and tenant, members of closed lists, a date. */
interface Envelope {
  readonly delivery?: Notice['delivery'];
  readonly subscriptionId?: string;
  readonly tenantId?: string;
  readonly changeType?: string;
  readonly odataType?: string;
  readonly subscriptionExpiresAt?: string;
  /** The type of the CloudEvent that it came in, as the sender wrote it. */
  readonly receivedType?: string;
  /** What kept what it came in from being a CloudEvent, so that nothing of it was taken. */
  readonly envelopeFault?: string;
}

/** The allow-list. A value that is not of its list becomes `other`, an id that is none is left out: nothing that a person wrote can pass. */
export function envelopeOf(notice: Notice | undefined): Envelope {
  if (notice === undefined) return {};
  return present({
    delivery: notice.delivery,
    subscriptionId: plainId(notice.subscriptionId),
    tenantId: plainId(notice.tenantId),
    changeType: changeTypeOf(notice.changeType),
    odataType: microsoftType(textField(notice.resourceData, '@odata.type')),
    subscriptionExpiresAt: toIso(notice.subscriptionExpiresAt),
    receivedType: microsoftType(notice.envelope?.type),
    envelopeFault: notice.envelopeFault,
  });
}

function changeTypeOf(text: string | undefined): string | undefined {
  if (text?.toLowerCase().startsWith('validation:')) return 'validation';
  return oneOf(text, ['created', 'updated', 'deleted', 'unknownFutureValue']);
}

/** The member of a closed list that a text is, whatever its case; `other` when it is none of them. */
export function oneOf(text: string | undefined, list: readonly string[]): string | undefined {
  if (text === undefined) return undefined;
  return list.find((each) => each.toLowerCase() === text.toLowerCase()) ?? 'other';
}

/** A type of Microsoft's as it was written, `other` for all else. */
function microsoftType(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  return /^#?microsoft\.[A-Za-z0-9.]{1,96}$/i.test(text) ? text : 'other';
}

/** What may be kept in the clear of a chat message besides. */
export function messageEnvelopeOf(message: JsonObject | undefined): JsonObject {
  return present({
    messageType: oneOf(textField(message, 'messageType'), [
      'message',
      'chatEvent',
      'typing',
      'systemEventMessage',
      'unknownFutureValue',
    ]),
    importance: oneOf(textField(message, 'importance'), ['normal', 'high', 'urgent', 'unknownFutureValue']),
  });
}

/** `/tenants/…/subscriptions/…`, or Event Grid's own source; `unknown` where the sender said nothing that can be an id. */
export function sourceOf(notice: Notice | undefined): string {
  const own = notice?.envelope?.source;
  if (own !== undefined && own.length <= 256 && isUriReference(own) && namesNobody(own)) return own;
  return `/tenants/${plainId(notice?.tenantId) ?? 'unknown'}/subscriptions/${plainId(notice?.subscriptionId) ?? 'unknown'}`;
}

/** The sender's own id of the event, else that of the stored event. */
export function idOf(notice: Notice | undefined, context: DraftContext): string {
  const own = notice?.envelope?.id ?? notice?.id;
  return own !== undefined && /^[A-Za-z0-9._/:=+-]{1,256}$/.test(own) && namesNobody(own) && own !== 'NA'
    ? own
    : context.eventId;
}

/** False for what holds an address or the id of a chat (`19:…@…`), escaped or not. */
function namesNobody(text: string): boolean {
  return !/[@%'[\]]|19:/.test(text);
}

const encoder = new TextEncoder();

export function bytesOf(text: string): Uint8Array {
  return encoder.encode(text);
}

/** How much of what could not be read is kept, sealed, until its key is destroyed: 64 KiB. */
const quarantineBound = 64 * 1024;

export function toQuarantine(bytes: Uint8Array): Uint8Array {
  return bytes.slice(0, quarantineBound);
}

const secrets = new Set(['clientstate', 'validationtokens']);

/** The same value without the secrets that a notice carries, wherever in it they stand: not even sealed are they stored. */
export function withoutSecrets(value: Json): Json {
  if (Array.isArray(value)) return value.map(withoutSecrets);
  if (!isJsonObject(value)) return value;
  const kept = Object.entries(value).filter(([name, each]) => each !== undefined && !secrets.has(name.toLowerCase()));
  // Own members by definition, never assignment: a member may be called `__proto__`.
  return Object.fromEntries(kept.map(([name, each]) => [name, withoutSecrets(each as Json)]));
}

/** A notice whose content nobody could decrypt as a collection that can be published again once its key is there; without its secret. */
export function againOf(notice: Notice, encryptedContent: JsonObject): JsonObject {
  return {
    value: [
      present({
        subscriptionId: notice.subscriptionId,
        tenantId: notice.tenantId,
        changeType: notice.changeType,
        resource: notice.resource,
        resourceData: notice.resourceData as Json | undefined,
        subscriptionExpirationDateTime: notice.subscriptionExpiresAt,
        encryptedContent,
      }),
    ],
  };
}
