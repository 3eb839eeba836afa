import { field, listField, objectField, present, textField } from '#domain/notices/fields.ts';
import type { Content, EncryptedContent, Item, Notice } from '#domain/notices/item.ts';
import { isJsonObject, type Json, type JsonObject } from '#kernel/json.ts';

/** What is known of a notification from what it came in. */
export interface Arrival {
  readonly delivery: 'direct' | 'event-grid' | 'recovered';
  readonly envelope?: NonNullable<Notice['envelope']>;
  readonly envelopeFault?: string;
}

/** One `changeNotification` of Graph ("changeNotification resource type") or one notification of the calling API. Never throws. */
export function decodeNotification(value: Json, arrival: Arrival): Item {
  if (!isJsonObject(value)) return { kind: 'unrecognised', value, why: 'not-an-object' };
  const notice = noticeOf(value, arrival);
  const hint = arrival.envelope?.type.toLowerCase() ?? '';
  if (isProbe(notice)) return { kind: 'probe', notice };

  const lifecycle = lifecycleOf(textField(value, 'lifecycleEvent'), hint);
  if (lifecycle === 'unknown') return { kind: 'unrecognised', value, why: 'unknown-lifecycle-event', notice };
  if (lifecycle !== undefined) return { kind: 'lifecycle', event: lifecycle, notice };

  const odataType = odataTypeOf(value, notice);
  const resource = notice.resource?.toLowerCase() ?? '';
  const content = contentOf(value, notice);
  if (
    odataType.endsWith('graph.emergencycallevent') ||
    resource.includes('getemergencyeventsbypolicy') ||
    isAboutCall(content, arrival) ||
    hint.endsWith('.emergencycallevent')
  )
    return { kind: 'emergency-call', notice, content };
  if (odataType.endsWith('graph.chatmessage') || isMessage(resource) || hint.includes('graph.chatmessage'))
    return { kind: 'chat-message', change: changeOf(notice.changeType, hint), notice, content };
  if (
    odataType.endsWith('graph.call') ||
    odataType.endsWith('graph.commsnotification') ||
    /^\/?(app|communications)\/(calls|onlinemeetings)\//.test(resource)
  )
    return {
      kind: 'comms',
      notice: { ...notice, delivery: 'comms' },
      resource: objectField(value, 'resourceData') ?? {},
    };
  // A payload in blob storage takes type and resource with it, and encrypted content may name neither: it has to be opened to know.
  if (
    content.at === 'encrypted'
      ? odataType === '' && resource === ''
      : content.at === 'referred' && content.why === 'blob'
  )
    return { kind: 'chat-message', change: changeOf(notice.changeType, hint), guessed: true, notice, content };
  return {
    kind: 'unrecognised',
    value,
    why: looksLikeNotification(value) ? 'unknown-resource' : 'unknown-shape',
    notice,
  };
}

/** A payload in blob storage takes the resource with it; what names it besides is the subject of the envelope, where there is one. */
function isAboutCall(content: Content, { envelope }: Arrival): boolean {
  if (content.at !== 'referred' || content.why !== 'blob') return false;
  const subject = envelope?.subject?.toLowerCase() ?? '';
  return subject.includes('getemergencyeventsbypolicy') || subject.includes('emergencycallevent');
}

/** True for an object that may be a notification by itself, outside of a collection. */
export function looksLikeNotification(value: JsonObject): boolean {
  const has = (name: string) => field(value, name) !== undefined;
  return has('resource')
    ? has('changeType') || has('subscriptionId')
    : has('subscriptionId') && (has('changeType') || has('lifecycleEvent'));
}

function noticeOf(value: JsonObject, { delivery, envelope, envelopeFault }: Arrival): Notice {
  return present({
    delivery,
    id: textField(value, 'id'),
    subscriptionId: textField(value, 'subscriptionId'),
    tenantId: textField(value, 'tenantId') ?? textField(value, 'organizationId') ?? tenantOf(envelope?.source),
    clientState: textField(value, 'clientState'),
    changeType: textField(value, 'changeType'),
    resource: textField(value, 'resource'),
    resourceData: objectField(value, 'resourceData'),
    subscriptionExpiresAt:
      textField(value, 'subscriptionExpirationDateTime') ?? textField(value, 'subscriptionExpirationTime'),
    envelope,
    envelopeFault,
  });
}

function tenantOf(source: string | undefined): string | undefined {
  return source === undefined ? undefined : /\/tenants\/([^/]+)/i.exec(source)?.[1];
}

/** "Validation: Testing client application reachability …", every id of which is "NA". */
function isProbe({ subscriptionId, changeType }: Notice): boolean {
  return subscriptionId?.toUpperCase() === 'NA' && changeType?.toLowerCase().startsWith('validation:') === true;
}

const lifecycleEvents = ['reauthorizationRequired', 'subscriptionRemoved', 'missed'] as const;

function lifecycleOf(
  event: string | undefined,
  hint: string,
): (typeof lifecycleEvents)[number] | 'unknown' | undefined {
  if (event !== undefined)
    return lifecycleEvents.find((known) => known.toLowerCase() === event.toLowerCase()) ?? 'unknown';
  if (!hint.startsWith('microsoft.graph.subscription')) return undefined;
  const named = hint.slice('microsoft.graph.'.length);
  return lifecycleEvents.find(
    (known) => named === known.toLowerCase() || named === `subscription${known.toLowerCase()}`,
  );
}

function odataTypeOf(value: JsonObject, { resourceData }: Notice): string {
  const type = textField(resourceData, '@odata.type') ?? textField(value, '@odata.type') ?? '';
  // Event Grid's `data` has a type of its own, which says nothing about the resource.
  return /changenotification$/i.test(type) ? '' : type.toLowerCase();
}

function isMessage(resource: string): boolean {
  return /(^|\/)(chats|teams)\b.*\/messages\b/.test(resource);
}

/** Members that enumerations gained later (`unknownFutureValue`) count as an update: nothing is known but that it is now so. */
function changeOf(changeType: string | undefined, hint: string): 'created' | 'updated' | 'deleted' {
  const named = changeType?.toLowerCase() ?? hint.slice(hint.lastIndexOf('chatmessage') + 'chatmessage'.length);
  return named === 'created' || named === 'deleted' ? named : 'updated';
}

function contentOf(value: JsonObject, { resourceData }: Notice): Content {
  const encrypted = field(value, 'encryptedContent');
  if (isJsonObject(encrypted)) return { at: 'encrypted', encrypted: encryptedOf(encrypted) };
  // Something is there but has lost its shape: the opener fails on it, and an emergency is raised all the same.
  if (encrypted !== undefined && encrypted !== null) return { at: 'encrypted', encrypted: encryptedOf({}) };
  const blobId = textField(value, 'additionalPayloadStorageId');
  if (blobId !== undefined) return { at: 'referred', why: 'blob', blobId };
  if (resourceData !== undefined && inline.some((name) => field(resourceData, name) !== undefined))
    return { at: 'inline', resource: resourceData };
  return { at: 'referred', why: 'basic' };
}

/** Members that only the resource itself has, not a reference to it. */
const inline = ['body', 'emergencyCallEvent', 'callerInfo', 'callEventType'];

function encryptedOf(value: JsonObject): EncryptedContent {
  const text = (name: string) => {
    const member = field(value, name);
    return typeof member === 'string' ? member : undefined;
  };
  return present({
    data: text('data') ?? '',
    dataSignature: text('dataSignature'),
    dataKey: text('dataKey') ?? '',
    encryptionCertificateId: text('encryptionCertificateId') ?? '',
    encryptionCertificateThumbprint: text('encryptionCertificateThumbprint'),
  });
}

/** The notifications of a collection; undefined when it is none. */
export function collectionOf(value: JsonObject): readonly Json[] | undefined {
  const only = objectField(value, 'value');
  // Programs that pass messages on may make of a list of one its only item.
  return only !== undefined && looksLikeNotification(only) ? [only] : listField(value, 'value');
}
