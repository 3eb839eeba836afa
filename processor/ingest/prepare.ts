import type { RecordedBy } from '#domain/metadata.ts';
import { inboxEventId } from '#domain/names.ts';
import { decodeMessage } from '#domain/notices/decode.ts';
import { draftEvent } from '#domain/notices/draft.ts';
import type { DraftContext, EventDraft, Feed, Item, Opened, Phrase } from '#domain/notices/item.ts';
import { isoTime } from '#domain/notices/times.ts';
import { isPersonal } from '#domain/personal.ts';
import type { JsonObject } from '#kernel/json.ts';
import { turn } from '#kernel/turn.ts';
import type { Clock } from '#ports/clock.ts';
import type { NewEvent } from '#ports/event-log.ts';
import type { ReceivedMessage } from '#ports/event-source.ts';
import type { KeyStore, KeyStoreFailure } from '#ports/key-store.ts';
import type { NotificationOpener } from '#ports/notification-keys.ts';
import type { Sealer } from '#ports/sealer.ts';
import { type Cut, cutData, fits, textOfCut } from '#processor/ingest/fit.ts';
import { type MetadataTemplate, metadataTemplate } from '#processor/ingest/metadata-template.ts';
import { type EventTexts, serialise } from '#processor/ingest/serialised.ts';
import { recoveryProof } from '#processor/recovery-proof.ts';

export interface PrepareDeps {
  readonly opener: NotificationOpener;
  readonly sealer: Sealer;
  readonly keyStore: Pick<KeyStore, 'token'>;
  readonly clock: Clock;
  readonly recordedBy: RecordedBy;
  readonly testNumbers: readonly string[];
  readonly phrases: readonly Phrase[];
  /** Asked before a batch is judged, where what judging needs may have changed; undefined where nothing has to be waited for. */
  readonly refresh?: () => Promise<void> | undefined;
  /** Judges the `clientState` of a notice in constant time; never stores it. */
  readonly judgeClientState: (
    subscriptionId: string | undefined,
    clientState: string | undefined,
    /** What proves that the notice is one that we fetched ourselves. */
    proof: string | undefined,
  ) => DraftContext['clientState'];
  /** The feed of the subscription that a notice came for; undefined where that is not known. Asked only about notices that do not say what they are about. */
  readonly feedOf?: (subscriptionId: string | undefined, clientState: string | undefined) => Feed | undefined;
}

/** An event that is ready to be appended, with what metrics want to know of it. */
export interface PreparedEvent {
  readonly event: NewEvent;
  readonly enqueuedAt: number;
  /** Bytes of its data as JSON: what the server's limit counts. */
  readonly size: number;
}

export type PrepareResult = { readonly ok: true; readonly events: readonly PreparedEvent[] } | KeyStoreFailure;

interface Drafted {
  readonly id: string;
  readonly day: string;
  readonly draft: EventDraft;
  /** JSON. */
  readonly metadata: string;
  readonly enqueuedAt: number;
}

/** What is the same for all messages of a batch. */
interface Batch {
  readonly deps: PrepareDeps;
  readonly incarnation: string;
  /** What the metadata of all its events have in common. */
  readonly metadata: MetadataTemplate;
}

/** Items that are worked on together: few enough that what is made of them on the way dies young, so many that asking for keys does not count. */
const itemsAtOnce = 128;
/** Milliseconds for which everybody else waits. Batches of ordinary messages take less: whatever waits half made meanwhile costs more than it did to make. */
const longestMs = 25;

/** Items of one message that are worked on together, whatever else it holds. */
interface Piece {
  readonly message: ReceivedMessage;
  readonly items: readonly Item[];
  /** Index of the first of them in the message. */
  readonly first: number;
  /** Of all items of the message. */
  readonly count: number;
}

/**
 * Makes one event of every item of every message: decoded, decrypted, judged, minimised, sealed. Everybody else in the process has his turn now and then: a message may
 * hold thousands of items, and a call may be waiting in another partition.
 * @param resume items of that message below that index are in the log already
 */
export async function prepareBatch(
  deps: PrepareDeps,
  incarnation: string,
  messages: readonly ReceivedMessage[],
  resume?: { readonly sequenceNumber: number; readonly index: number },
): Promise<PrepareResult> {
  const refreshing = deps.refresh?.();
  if (refreshing !== undefined) await refreshing;
  const metadata = metadataTemplate(deps.recordedBy, deps.clock.now(), incarnation, messages[0]?.partitionId ?? '');
  const batch: Batch = { deps, incarnation, metadata };
  const parts: (readonly PreparedEvent[])[] = [];
  let since = deps.clock.monotonic();
  for (const pieces of piecesOf(messages, resume)) {
    if (deps.clock.monotonic() - since > longestMs) {
      await turn();
      since = deps.clock.monotonic();
    }
    const prepared = await prepareSome(batch, pieces);
    if (!prepared.ok) return prepared;
    parts.push(prepared.events);
  }
  return { ok: true, events: parts.flat() };
}

/** @yields pieces of as many items as are worked on together */
function* piecesOf(
  messages: readonly ReceivedMessage[],
  resume: { readonly sequenceNumber: number; readonly index: number } | undefined,
): Generator<readonly Piece[]> {
  let pieces: Piece[] = [];
  let room = itemsAtOnce;
  for (const message of messages) {
    const all = decodeMessage(message);
    let first = resume?.sequenceNumber === message.sequenceNumber ? resume.index : 0;
    while (first < all.length) {
      const items = first === 0 && all.length <= room ? all : all.slice(first, first + room);
      pieces.push({ message, items, first, count: all.length });
      first += items.length;
      room -= items.length;
      if (room > 0) continue;
      yield pieces;
      pieces = [];
      room = itemsAtOnce;
    }
  }
  if (pieces.length > 0) yield pieces;
}

async function prepareSome(batch: Batch, pieces: readonly Piece[]): Promise<PrepareResult> {
  const { deps } = batch;
  const drafts = pieces.map((piece) => draftPiece(batch, piece));
  // Without encrypted items nothing has to be waited for, and a promise for each of thousands would cost as much as the work.
  const drafted = (drafts.every(Array.isArray) ? (drafts as Drafted[][]) : await Promise.all(drafts)).flat();
  const sealed = await deps.sealer.seal(drafted.map(({ id, draft }) => ({ eventId: id, document: draft.cloudEvent })));
  if (!sealed.ok) return sealed;
  const texts: EventTexts[] = [];
  for (const [index, item] of drafted.entries()) {
    const finished = finish(deps, item, sealed.documents[index] as JsonObject);
    const settled = finished instanceof Promise ? await finished : finished;
    if (!settled.ok) return settled;
    const { id, draft, metadata } = item;
    texts.push({ id, type: draft.type, metadata, data: settled.data });
  }
  const events = serialise(texts).map((event, index) => ({
    event,
    enqueuedAt: drafted[index]?.enqueuedAt ?? 0,
    size: event.json.end - event.json.middle,
  }));
  return { ok: true, events };
}

function draftPiece(batch: Batch, piece: Piece): Drafted[] | Promise<Drafted[]> {
  const draft = (opened: readonly (Opened | undefined)[]) => draftItems(batch, piece, opened);
  const opening = piece.items.map((item) => open(batch.deps.opener, item));
  return opening.every((one) => one === undefined) ? draft([]) : Promise.all(opening).then(draft);
}

function draftItems(
  { deps, incarnation, metadata }: Batch,
  { message, items, first, count }: Piece,
  opened: readonly (Opened | undefined)[],
): Drafted[] {
  const { enqueuedAt, body, partitionId, sequenceNumber } = message;
  const enqueued = isoTime(enqueuedAt);
  const { testNumbers, phrases } = deps;
  const original =
    message.properties['tocsin-recovered'] === true ? message.properties['tocsin-original-event'] : undefined;
  const proof = typeof original === 'string' ? recoveryProof(deps.keyStore, original) : undefined;
  const recovered = typeof original === 'string' ? { recoveredFrom: original } : {};
  return items.map((item, offset) => {
    const index = first + offset;
    const id = inboxEventId(incarnation, partitionId, sequenceNumber, index);
    const clientState =
      'notice' in item && item.notice !== undefined
        ? deps.judgeClientState(item.notice.subscriptionId, item.notice.clientState, proof)
        : 'unchecked';
    const silent =
      (item.kind === 'chat-message' && item.guessed) || item.kind === 'unrecognised' ? item.notice : undefined;
    const feed = silent && deps.feedOf?.(silent.subscriptionId, silent.clientState);
    const draft = draftEvent(item, opened[offset], {
      ...{ eventId: id, enqueuedAt, body, clientState, testNumbers, phrases },
      ...recovered,
      ...(feed === undefined ? {} : { feed }),
    });
    const call = draft.cloudEvent.data['call'] as { emergencyId?: string } | undefined;
    const place = { offset: message.offset, sequenceNumber, enqueuedAt: enqueued, index, count };
    const described = metadata(call?.emergencyId ?? id, id, place);
    return { id, day: enqueued.slice(0, 10), draft, enqueuedAt, metadata: described };
  });
}

function open(opener: NotificationOpener, item: Item): Promise<Opened> | undefined {
  return 'content' in item && item.content.at === 'encrypted' ? opener.open(item.content.encrypted) : undefined;
}

/** `data` is the whole CloudEvent as JSON. */
type Finished = { readonly ok: true; readonly data: string } | KeyStoreFailure;

/** Adds what only keys can make (tokens, commitment, quarantine), and cuts what would be too large to store. */
function finish(deps: PrepareDeps, item: Drafted, cloudEvent: JsonObject): Finished | Promise<Finished> {
  let data = cloudEvent['data'] as JsonObject;
  const { draft } = item;
  const call = data['call'] as JsonObject | undefined;
  if (call !== undefined) {
    const chat = draft.chatKey === undefined ? {} : { chatToken: deps.keyStore.token([draft.chatKey])[0] ?? '' };
    // Sealed values differ each time: only a token of the plain ones tells a repetition from an edit.
    const contentToken = deps.keyStore.token([`content|${inTheClear(draft.cloudEvent.data['call'])}`])[0] ?? '';
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

/** Without the subjects: of a caller whom nothing but a name tells it is the event's own, another one each time Graph says the same again. */
function inTheClear(call: unknown): string {
  return JSON.stringify(call, (_, value: unknown) => (isPersonal(value) ? value.$personal.value : value));
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
  const whole = textOf(cloudEvent, data);
  if (fits(whole)) return { ok: true, data: whole };
  return withCommittedCut(deps, item, cutData(data)).then((cut) =>
    cut.ok ? { ok: true, data: textOf(cloudEvent, cut.data) } : cut,
  );
}

function textOf(cloudEvent: JsonObject, data: JsonObject): string {
  return JSON.stringify(cloudEvent['data'] === data ? cloudEvent : { ...cloudEvent, data });
}

/** The call itself stays; what was too large is replaced by a commitment to it. */
async function withCommittedCut(deps: PrepareDeps, item: Drafted, cut: Cut): Promise<WithData> {
  const bytes = new TextEncoder().encode(textOfCut(item.draft.cloudEvent.data as JsonObject, cut));
  const committed = await deps.sealer.commit(item.day, item.id, bytes);
  if (!committed.ok) return committed;
  const commitment = { algorithm: 'HMAC-SHA-256', day: item.day, value: committed.commitment };
  return {
    ok: true,
    data: { ...cut.data, contentCut: { bytes: bytes.length, members: cut.members, commitment } },
  };
}
