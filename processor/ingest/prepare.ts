import { eventMetadata, type InboxMetadata, type RecordedBy } from '#domain/metadata.ts';
import { inboxEventId } from '#domain/names.ts';
import { decodeMessage } from '#domain/notices/decode.ts';
import { draftEvent } from '#domain/notices/draft.ts';
import type { DraftContext, EventDraft, Item, Opened, Phrase } from '#domain/notices/item.ts';
import type { Json, JsonObject } from '#kernel/json.ts';
import type { Clock } from '#ports/clock.ts';
import type { NewEvent } from '#ports/event-log.ts';
import type { ReceivedMessage } from '#ports/event-source.ts';
import type { KeyStore, KeyStoreFailure } from '#ports/key-store.ts';
import type { NotificationOpener } from '#ports/notification-keys.ts';
import type { Sealer } from '#ports/sealer.ts';
import { recoveryProof } from '#processor/recovery-proof.ts';

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
    /** What proves that the notice is one that we fetched ourselves. */
    proof: string | undefined,
  ) => DraftContext['clientState'];
}

/** An event that is ready to be appended, with what metrics want to know of it. */
export interface PreparedEvent {
  readonly event: NewEvent;
  readonly enqueuedAt: number;
  /** Bytes of its data as JSON, at most: what the server's limit counts. */
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

/** What is the same for all messages of a batch. */
interface Batch {
  readonly deps: PrepareDeps;
  readonly incarnation: string;
  /** Milliseconds since 1970 UTC. */
  readonly now: number;
}

/** Largest event that is stored: below the server's limit of 1 MiB for a whole append (servers before 25.1), with room for what the server adds. */
export const maxEventBytes = 900 * 1024;

/**
 * More bytes than the attributes of a CloudEvent take beside its data: ids, source and subject have at most 256 characters. Metadata is not counted by the
 * server's limit. Measuring it would mean to serialise every event once more.
 */
const attributeBytes = 1024;

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
  const batch: Batch = { deps, incarnation, now: deps.clock.now() };
  const drafts = messages.map((message) => draftMessage(batch, message, resume));
  // Without encrypted items nothing has to be waited for, and a promise for each of thousands would cost as much as the work.
  const drafted = (drafts.every(Array.isArray) ? (drafts as Drafted[][]) : await Promise.all(drafts)).flat();
  const sealed = await deps.sealer.seal(drafted.map(({ id, draft }) => ({ eventId: id, document: draft.cloudEvent })));
  if (!sealed.ok) return sealed;
  const events: PreparedEvent[] = [];
  for (const [index, item] of drafted.entries()) {
    const finished = finish(deps, item, sealed.documents[index] as JsonObject);
    const settled = finished instanceof Promise ? await finished : finished;
    if (!settled.ok) return settled;
    events.push(settled.event);
  }
  return { ok: true, events };
}

function draftMessage(
  batch: Batch,
  message: ReceivedMessage,
  resume: { readonly sequenceNumber: number; readonly index: number } | undefined,
): Drafted[] | Promise<Drafted[]> {
  const items = decodeMessage(message);
  const first = resume !== undefined && resume.sequenceNumber === message.sequenceNumber ? resume.index : 0;
  const draft = (opened: readonly (Opened | undefined)[]) => draftItems(batch, message, items, first, opened);
  const opening = items.map((item, index) => (index < first ? undefined : open(batch.deps.opener, item)));
  return opening.every((one) => one === undefined) ? draft([]) : Promise.all(opening).then(draft);
}

function draftItems(
  { deps, incarnation, now }: Batch,
  message: ReceivedMessage,
  items: readonly Item[],
  first: number,
  opened: readonly (Opened | undefined)[],
): Drafted[] {
  const { enqueuedAt, body, partitionId, sequenceNumber } = message;
  const enqueued = new Date(enqueuedAt).toISOString();
  const { recordedBy, testNumbers, phrases } = deps;
  const original =
    message.properties['tocsin-recovered'] === true ? message.properties['tocsin-original-event'] : undefined;
  const proof = typeof original === 'string' ? recoveryProof(deps.keyStore, original) : undefined;
  return items.slice(first).map((item, offset) => {
    const index = first + offset;
    const id = inboxEventId(incarnation, partitionId, sequenceNumber, index);
    const clientState =
      'notice' in item && item.notice !== undefined
        ? deps.judgeClientState(item.notice.subscriptionId, item.notice.clientState, proof)
        : 'unchecked';
    const draft = draftEvent(item, opened[index], {
      ...{ eventId: id, enqueuedAt, body, clientState, testNumbers, phrases },
    });
    const call = draft.cloudEvent.data['call'] as { emergencyId?: string } | undefined;
    const metadata: InboxMetadata = {
      ...eventMetadata(recordedBy, now, call?.emergencyId ?? id, id),
      ...{ incarnation, partition: partitionId, offset: message.offset, sequenceNumber },
      ...{ enqueuedAt: enqueued, index, count: items.length },
    };
    return { id, day: enqueued.slice(0, 10), draft, enqueuedAt, metadata };
  });
}

function open(opener: NotificationOpener, item: Item): Promise<Opened> | undefined {
  return 'content' in item && item.content.at === 'encrypted' ? opener.open(item.content.encrypted) : undefined;
}

type Finished = { readonly ok: true; readonly event: PreparedEvent } | KeyStoreFailure;

/** Adds what only keys can make (tokens, commitment, quarantine), and cuts what would be too large to store. */
function finish(deps: PrepareDeps, item: Drafted, cloudEvent: JsonObject): Finished | Promise<Finished> {
  let data: JsonObject = cloudEvent['data'] as JsonObject;
  const { draft } = item;
  const call = data['call'] as JsonObject | undefined;
  if (call !== undefined) {
    const chat = draft.chatKey === undefined ? {} : { chatToken: deps.keyStore.token([draft.chatKey])[0] ?? '' };
    // Sealed values differ each time: only a token of the plain ones tells a repetition from an edit.
    const contentToken = deps.keyStore.token([`content|${JSON.stringify(draft.cloudEvent.data['call'])}`])[0] ?? '';
    data = {
      ...data,
      call: { ...call, callerTokens: deps.keyStore.token(draft.callerKeys ?? []), ...chat, contentToken },
    };
  }
  if (draft.commitTo !== undefined || draft.quarantine !== undefined)
    return withCommitment(deps, item, data).then((made) =>
      made.ok ? fitted(deps, item, cloudEvent, made.data) : made,
    );
  return fitted(deps, item, cloudEvent, data);
}

type WithData = { readonly ok: true; readonly data: JsonObject } | KeyStoreFailure;

async function withCommitment(deps: PrepareDeps, item: Drafted, bare: JsonObject): Promise<WithData> {
  const { draft, day, id } = item;
  let data = bare;
  if (draft.commitTo !== undefined) {
    const committed = await deps.sealer.commit(day, id, draft.commitTo);
    if (!committed.ok) return committed;
    data = { ...data, commitment: { algorithm: 'HMAC-SHA-256', day, value: committed.commitment } };
  }
  if (draft.quarantine !== undefined) {
    const quarantined = await deps.sealer.quarantine(day, id, draft.quarantine);
    if (!quarantined.ok) return quarantined;
    data = { ...data, quarantine: { day, box: quarantined.box } };
  }
  return { ok: true, data };
}

function fitted(
  deps: PrepareDeps,
  item: Drafted,
  cloudEvent: JsonObject,
  data: JsonObject,
): Finished | Promise<Finished> {
  const size = sizeOf(data) + attributeBytes;
  if (size <= maxEventBytes) return finished(item, cloudEvent, data, size);
  return withoutContent(deps, item, data).then((cut) =>
    cut.ok ? finished(item, cloudEvent, cut.data, sizeOf(cut.data) + attributeBytes) : cut,
  );
}

function finished(item: Drafted, cloudEvent: JsonObject, data: JsonObject, size: number): Finished {
  const event: NewEvent = {
    id: item.id,
    type: item.draft.type,
    data: { ...cloudEvent, data },
    metadata: item.metadata,
  };
  return { ok: true, event: { event, enqueuedAt: item.enqueuedAt, size } };
}

/** The call itself stays; what it was taken from is replaced by a commitment to it. */
async function withoutContent(deps: PrepareDeps, item: Drafted, data: JsonObject): Promise<WithData> {
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

/** Bytes of a value as JSON, without making it: exact but for characters that JSON escapes, for which the bound leaves room. */
function sizeOf(value: Json | undefined): number {
  if (typeof value === 'string') return Buffer.byteLength(value, 'utf8') + 2;
  if (typeof value !== 'object' || value === null) return 24;
  let size = 2;
  if (Array.isArray(value)) for (const each of value) size += sizeOf(each) + 1;
  else for (const [name, each] of Object.entries(value as JsonObject)) size += name.length + 4 + sizeOf(each);
  return size;
}
