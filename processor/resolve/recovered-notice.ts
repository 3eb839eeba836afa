import { namespace } from '#domain/names.ts';
import { field, objectField, textField } from '#domain/notices/fields.ts';
import { messageResource } from '#domain/notices/identify.ts';
import type { EncryptedContent } from '#domain/notices/item.ts';
import { isJsonObject, type Json, type JsonObject } from '#kernel/json.ts';
import { uuid5 } from '#kernel/uuid.ts';
import type { RecordedEvent } from '#ports/event-log.ts';
import type { MessageToPublish } from '#ports/event-publisher.ts';

export interface RecoverDeps {
  /** Encrypts a resource as Graph encrypts a rich notification, to a certificate of our own. */
  readonly encrypt: (resource: JsonObject) => Promise<EncryptedContent> | EncryptedContent;
  /**
   * The `clientState` that ingest will take as proof that we made the notice; undefined where it knows none. Asked only about notices whose own one
   * was not wrong: what came with a wrong secret must not become trustworthy on the way.
   */
  readonly clientState?: (event: RecordedEvent) => string | undefined;
}

export type Recovered =
  | { readonly ok: true; readonly message: MessageToPublish }
  | { readonly ok: false; readonly reason: 'payload-unreadable' };

/**
 * The notice that a referred one would have been, had it held its content: a collection of one, of the same subscription and with the id of the first one's
 * CloudEvent, so that whoever reads the log sees which two belong together. Published twice it is the same message, and means the same call.
 */
export async function recoveredNotice(
  deps: RecoverDeps,
  event: RecordedEvent,
  payload: Uint8Array,
): Promise<Recovered> {
  const content = await contentOf(deps, payload);
  if (content === undefined) return { ok: false, reason: 'payload-unreadable' };
  const data = isJsonObject(event.data['data']) ? event.data['data'] : {};
  const clientState = data['clientStateCheck'] === 'mismatch' ? undefined : deps.clientState?.(event);
  const notice = {
    ...kept(event.data, { id: 'id' }),
    ...kept(data, {
      ...{ subscriptionId: 'subscriptionId', tenantId: 'tenantId', changeType: 'changeType' },
      subscriptionExpiresAt: 'subscriptionExpirationDateTime',
    }),
    ...(clientState === undefined ? {} : { clientState }),
    ...content,
  };
  return {
    ok: true,
    message: {
      body: new TextEncoder().encode(JSON.stringify({ value: [notice] })),
      contentType: 'application/json',
      messageId: uuid5(namespace, `recovered|${event.id}`),
      properties: {
        'tocsin-recovered': true,
        'tocsin-original-event': event.id,
        ...kept(event.metadata, { enqueuedAt: 'tocsin-original-enqueued-at' }),
      },
    },
  };
}

/** What a gap asks to be read again. */
export interface GapToFill {
  /** The event by which the gap ended: what is published for it carries its proof. */
  readonly opened: RecordedEvent;
  readonly tenantId: string;
  /** Milliseconds since 1970 UTC: what was posted before is an update. */
  readonly from: number;
}

/**
 * The notice that Graph would have sent of a message, had anybody been there. Named as Graph names it, so that it is the same call as whatever else tells of the
 * message.
 */
export async function backFilledNotice(
  deps: RecoverDeps,
  { opened, tenantId, from }: GapToFill,
  chatId: string,
  message: JsonObject,
): Promise<MessageToPublish> {
  const messageId = textField(message, 'id') ?? '';
  const resource = messageResource(chatId, messageId);
  const isDeleted = textField(message, 'deletedDateTime') !== undefined;
  const isOld = Date.parse(textField(message, 'createdDateTime') ?? '') < from;
  const clientState = deps.clientState?.(opened);
  const changed = textField(message, 'lastModifiedDateTime') ?? textField(message, 'etag') ?? '';
  const id = uuid5(namespace, `back-filled|${tenantId}|${chatId}/${messageId}|${changed}`);
  const notice = {
    ...{ id, tenantId, resource },
    changeType: isDeleted ? 'deleted' : isOld ? 'updated' : 'created',
    ...(clientState === undefined ? {} : { clientState }),
    resourceData: reference({ '@odata.type': '#Microsoft.Graph.chatMessage', '@odata.id': resource, ...message }),
    encryptedContent: { ...(await deps.encrypt(message)) },
  };
  return {
    body: new TextEncoder().encode(JSON.stringify({ value: [notice] })),
    contentType: 'application/json',
    messageId: id,
    properties: { 'tocsin-recovered': true, 'tocsin-original-event': opened.id },
  };
}

/** What the payload adds to the notice; content that is not encrypted yet is. Undefined where it is nothing of Graph's. */
async function contentOf({ encrypt }: RecoverDeps, payload: Uint8Array): Promise<JsonObject | undefined> {
  const found = parse(payload);
  if (found === undefined) return undefined;
  const resource = textField(found, 'resource');
  const resourceData = objectField(found, 'resourceData');
  const named = {
    ...(resource === undefined ? {} : { resource }),
    ...(resourceData === undefined ? {} : { resourceData: reference(resourceData) }),
  };
  const encrypted =
    objectField(found, 'encryptedContent') ?? (field(found, 'dataKey') === undefined ? undefined : found);
  if (encrypted !== undefined) return { ...named, encryptedContent: encrypted };
  const plain = resourceData ?? (resource === undefined ? found : undefined);
  if (plain === undefined || Object.keys(plain).length === 0) return undefined;
  const type = textField(plain, '@odata.type');
  const typed = type === undefined || resourceData !== undefined ? {} : { resourceData: { '@odata.type': type } };
  return { ...typed, ...named, encryptedContent: { ...(await encrypt(plain)) } };
}

/** The payload's object; of a collection the only one in it. */
function parse(payload: Uint8Array): JsonObject | undefined {
  let value: Json;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(payload));
  } catch {
    return undefined;
  }
  if (isJsonObject(value) && Array.isArray(value['value']) && value['value'].length === 1) value = value['value'][0];
  return isJsonObject(value) ? value : undefined;
}

/** What names a resource; all else of it stays encrypted. */
function reference(resourceData: JsonObject): JsonObject {
  return kept(resourceData, {
    '@odata.type': '@odata.type',
    '@odata.id': '@odata.id',
    '@odata.etag': '@odata.etag',
    id: 'id',
  });
}

/** Text members under new names. */
function kept(from: JsonObject, names: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(names).flatMap(([name, as]) => {
      const text = textField(from, name);
      return text === undefined ? [] : [[as, text]];
    }),
  );
}
