import { againOf, bytesOf, toQuarantine } from '#domain/notices/envelope.ts';
import { present } from '#domain/notices/fields.ts';
import { plainId } from '#domain/notices/identify.ts';
import type { CallReport, Content, DraftContext, EventDraft, Item, Notice, Opened } from '#domain/notices/item.ts';
import { canonicalJson, nestedTooDeeply } from '#domain/notices/read-json.ts';
import type { Reason } from '#domain/notices/reasons.ts';
import type { CloudEventType } from '#domain/notices/types.ts';
import type { PersonalValue } from '#domain/personal.ts';
import type { JsonObject } from '#kernel/json.ts';
import { sha256 } from '#kernel/sha256.ts';

/** What `tocsincontent` says: what became of the content. */
type ContentState = 'inline' | 'encrypted' | 'referred' | 'minimised';

/** What one kind of item puts into its event. */
export interface DraftParts extends Omit<EventDraft, 'cloudEvent'> {
  readonly type: CloudEventType;
  readonly content: ContentState;
  readonly data: { readonly [name: string]: unknown };
  readonly subject?: string;
  /** When it happened, ISO 8601 UTC. */
  readonly time?: string;
}

/** The content of an item as far as it can be read. */
type Readable =
  | { readonly state: 'read'; readonly resource: JsonObject }
  | { readonly state: 'referred'; readonly content: Extract<Content, { at: 'referred' }> }
  | { readonly state: 'unreadable'; readonly reason: Extract<Opened, { ok: false }>['reason'] };

export function readable(content: Content, opened: Opened | undefined): Readable {
  if (content.at === 'referred') return { state: 'referred', content };
  const result: Opened =
    content.at === 'inline'
      ? { ok: true, resource: content.resource }
      : (opened ?? { ok: false, reason: 'key-unknown' });
  if (!result.ok) return { state: 'unreadable', reason: result.reason };
  if (nestedTooDeeply(result.resource)) return { state: 'unreadable', reason: 'cannot-decrypt' };
  return { state: 'read', resource: result.resource };
}

/** What is kept of an item that cannot be decrypted: why, and the item itself, sealed until its key is destroyed. */
export function undecryptableParts(
  item: Extract<Item, { content: Content }>,
  reason: string,
): {
  readonly data: { readonly [name: string]: unknown };
  readonly quarantine?: Uint8Array;
  readonly commitTo?: Uint8Array;
} {
  const { notice, content } = item;
  if (content.at !== 'encrypted') return { data: { undecryptable: reason } };
  const encrypted: JsonObject = { ...content.encrypted };
  return {
    data: present({
      undecryptable: reason,
      encryptionCertificateId: plainId(content.encrypted.encryptionCertificateId),
    }),
    quarantine: toQuarantine(bytesOf(canonicalJson(againOf(notice, encrypted)))),
    commitTo: bytesOf(canonicalJson(encrypted)),
  };
}

/** The type that an item's event has when its `clientState` is right: what carries a wrong one is suspicious, whatever it is. */
export function typeOr(type: CloudEventType, context: DraftContext): CloudEventType {
  return context.clientState === 'mismatch' ? 'tocsin.suspicious' : type;
}

/** Adds what is known about the secret of a notice to the judgement of a call: one with a wrong secret is never more than a doubt. */
export function withClientState(call: CallReport<PersonalValue>, context: DraftContext): CallReport<PersonalValue> {
  if (context.clientState === 'match') return call;
  const reason: Reason = context.clientState === 'mismatch' ? 'client-state-mismatch' : 'client-state-unchecked';
  const confidence = context.clientState === 'mismatch' ? 'low' : call.confidence;
  return { ...call, confidence, reasons: [...call.reasons, reason] };
}

/** The tenant that a notice is about, for ids and subjects. */
export function tenantOf(notice: Notice): string {
  return plainId(notice.tenantId) ?? 'unknown';
}

/** The name of the blob that holds an item's content; in the clear, so only what can be one. */
export function blobIdOf(content: Extract<Content, { at: 'referred' }>): string | undefined {
  return content.why === 'blob' && /^[A-Za-z0-9._/=:+-]{1,1024}$/.test(content.blobId) ? content.blobId : undefined;
}

/** Longest name of a resource that is kept as it is, characters: Graph's have a few hundred. */
const referenceBound = 2048;

/** The name of a resource as an event keeps it: of one that nobody means seriously only the beginning, and what shows which one it was. */
export function boundedReference(text: string | undefined): string | undefined {
  if (text === undefined || text.length <= referenceBound) return text;
  return `${text.slice(0, referenceBound).toWellFormed()}… [cut: ${text.length} characters, SHA-256 ${sha256(text)}]`;
}
