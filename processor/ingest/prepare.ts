import { eventMetadata, type InboxMetadata, type RecordedBy } from '#domain/metadata.ts';
import { inboxEventId } from '#domain/names.ts';
import { decodeMessage } from '#domain/notices/decode.ts';
import { draftEvent } from '#domain/notices/draft.ts';
import type { DraftContext, EventDraft, Item, Opened, Phrase } from '#domain/notices/item.ts';
import type { JsonObject } from '#kernel/json.ts';
import type { Clock } from '#ports/clock.ts';
import type { NewEvent } from '#ports/event-log.ts';
import type { ReceivedMessage } from '#ports/event-source.ts';
import type { KeyStore, KeyStoreFailure } from '#ports/key-store.ts';
import type { NotificationOpener } from '#ports/notification-keys.ts';
import type { Sealer } from '#ports/sealer.ts';

export interface PrepareDeps {
  readonly opener: NotificationOpener;
  readonly sealer: Sealer;
  readonly keyStore: Pick<KeyStore, 'token'>;
  readonly clock: Clock;
  readonly recordedBy: RecordedBy;
  readonly testNumbers: readonly string[];
  readonly phrases: readonly Phrase[];
  /** Judges the `clientState` of a notice in constant time; never stores it. */
  readonly judgeClientState: (
    subscriptionId: string | undefined,
    clientState: string | undefined,
  ) => DraftContext['clientState'];
}

/** An event that is ready to be appended, with what metrics want to know of it. */
export interface PreparedEvent {
  readonly event: NewEvent;
  readonly enqueuedAt: number;
  /** Bytes of its data and metadata as JSON. */
  readonly size: number;
}

export type PrepareResult = { readonly ok: true; readonly events: readonly PreparedEvent[] } | KeyStoreFailure;

interface Drafted {
  readonly id: string;
  readonly day: string;
  readonly draft: EventDraft;
  readonly metadata: InboxMetadata;
  readonly enqueuedAt: number;
}

/** Largest event that is stored: below the server's limit of 1 MiB for a whole append (servers before 25.1), with room for what the server adds. */
export const maxEventBytes = 900 * 1024;

/**
 * Makes one event of every item of every message: decoded, decrypted, judged, minimised, sealed.
 * @param resume items of that message below that index are in the log already
 */
export async function prepareBatch(
  deps: PrepareDeps,
  incarnation: string,
  messages: readonly ReceivedMessage[],
  resume?: { readonly sequenceNumber: number; readonly index: number },
): Promise<PrepareResult> {
  const drafted = (
    await Promise.all(messages.map((message) => draftMessage(deps, incarnation, message, resume)))
  ).flat();
  const sealed = await deps.sealer.seal(drafted.map(({ id, draft }) => ({ eventId: id, document: draft.cloudEvent })));
  if (!sealed.ok) return sealed;
  const events: PreparedEvent[] = [];
  for (const [index, item] of drafted.entries()) {
    const finished = await finish(deps, item, sealed.documents[index] as JsonObject);
    if (!finished.ok) return finished;
    events.push(finished.event);
  }
  return { ok: true, events };
}

async function draftMessage(
  deps: PrepareDeps,
  incarnation: string,
  message: ReceivedMessage,
  resume: { readonly sequenceNumber: number; readonly index: number } | undefined,
): Promise<Drafted[]> {
  const items = decodeMessage(message);
  const first = resume !== undefined && resume.sequenceNumber === message.sequenceNumber ? resume.index : 0;
  const day = new Date(message.enqueuedAt).toISOString().slice(0, 10);
  const opened = await Promise.all(items.map((item, index) => (index < first ? undefined : open(deps.opener, item))));
  return items.slice(first).map((item, offset) => {
    const index = first + offset;
    const id = inboxEventId(incarnation, message.partitionId, message.sequenceNumber, index);
    const draft = draftEvent(item, opened[index], {
      eventId: id,
      enqueuedAt: message.enqueuedAt,
      body: message.body,
      clientState:
        'notice' in item && item.notice !== undefined
          ? deps.judgeClientState(item.notice.subscriptionId, item.notice.clientState)
          : 'unchecked',
      testNumbers: deps.testNumbers,
      phrases: deps.phrases,
    });
    return {
      id,
      day,
      draft,
      enqueuedAt: message.enqueuedAt,
      metadata: metadataOf(deps, incarnation, message, id, draft, index, items.length),
    };
  });
}

function open(opener: NotificationOpener, item: Item): Promise<Opened> | undefined {
  return 'content' in item && item.content.at === 'encrypted' ? opener.open(item.content.encrypted) : undefined;
}

function metadataOf(
  deps: PrepareDeps,
  incarnation: string,
  message: ReceivedMessage,
  id: string,
  draft: EventDraft,
  index: number,
  count: number,
): InboxMetadata {
  const call = draft.cloudEvent.data['call'] as { emergencyId?: string } | undefined;
  return {
    ...eventMetadata(deps.recordedBy, deps.clock.now(), call?.emergencyId ?? id, id),
    incarnation,
    partition: message.partitionId,
    offset: message.offset,
    sequenceNumber: message.sequenceNumber,
    enqueuedAt: new Date(message.enqueuedAt).toISOString(),
    index,
    count,
  };
}

/** Adds what only keys can make (tokens, commitment, quarantine), and cuts what would be too large to store. */
async function finish(
  deps: PrepareDeps,
  item: Drafted,
  cloudEvent: JsonObject,
): Promise<{ readonly ok: true; readonly event: PreparedEvent } | KeyStoreFailure> {
  let data: JsonObject = cloudEvent['data'] as JsonObject;
  const { draft } = item;
  const call = data['call'] as JsonObject | undefined;
  if (call !== undefined) {
    const chat = draft.chatKey === undefined ? {} : { chatToken: deps.keyStore.token([draft.chatKey])[0] ?? '' };
    data = { ...data, call: { ...call, callerTokens: deps.keyStore.token(draft.callerKeys ?? []), ...chat } };
  }
  if (draft.commitTo !== undefined) {
    const committed = await deps.sealer.commit(item.day, item.id, draft.commitTo);
    if (!committed.ok) return committed;
    data = { ...data, commitment: { algorithm: 'HMAC-SHA-256', day: item.day, value: committed.commitment } };
  }
  if (draft.quarantine !== undefined) {
    const quarantined = await deps.sealer.quarantine(item.day, item.id, draft.quarantine);
    if (!quarantined.ok) return quarantined;
    data = { ...data, quarantine: { day: item.day, box: quarantined.box } };
  }
  let size = sizeOf(data) + sizeOf(item.metadata) + 512;
  if (size > maxEventBytes) {
    const cut = await withoutContent(deps, item, data);
    if (!cut.ok) return cut;
    data = cut.data;
    size = sizeOf(data) + sizeOf(item.metadata) + 512;
  }
  const event: NewEvent = { id: item.id, type: draft.type, data: { ...cloudEvent, data }, metadata: item.metadata };
  return { ok: true, event: { event, enqueuedAt: item.enqueuedAt, size } };
}

/** The call itself stays; what it was taken from is replaced by a commitment to it. */
async function withoutContent(
  deps: PrepareDeps,
  item: Drafted,
  data: JsonObject,
): Promise<{ readonly ok: true; readonly data: JsonObject } | KeyStoreFailure> {
  const { content, ...rest } = data;
  const bytes = new TextEncoder().encode(JSON.stringify(item.draft.cloudEvent.data['content'] ?? content ?? null));
  const committed = await deps.sealer.commit(item.day, item.id, bytes);
  if (!committed.ok) return committed;
  return {
    ok: true,
    data: {
      ...rest,
      contentCut: {
        bytes: bytes.length,
        commitment: { algorithm: 'HMAC-SHA-256', day: item.day, value: committed.commitment },
      },
    },
  };
}

function sizeOf(value: JsonObject): number {
  return Buffer.byteLength(JSON.stringify(value), 'utf8');
}
