import { backFillIdOf, backFillStreams, type GapBackFilled } from '#domain/fetching/events.ts';
import type { EventMetadata } from '#domain/metadata.ts';
import { namespace } from '#domain/names.ts';
import type { JsonObject } from '#kernel/json.ts';
import { uuid5 } from '#kernel/uuid.ts';
import type { RecordedEvent } from '#ports/event-log.ts';
import type { EventPublisher, MessageToPublish } from '#ports/event-publisher.ts';
import type { Graph, GraphResult } from '#ports/graph.ts';
import { asMessage, beforeAbort, detailOf, isServiceAway } from '#processor/resolve/fetch.ts';
import { createGaps, type Gap } from '#processor/resolve/gaps.ts';
import { backFilledNotice, type RecoverDeps } from '#processor/resolve/recovered-notice.ts';
import { appendSurely, type RetryDeps } from '#processor/retry.ts';

export interface BackFillDeps extends RecoverDeps, RetryDeps {
  readonly metadata: (causationId: string, correlationId: string) => EventMetadata;
  readonly publisher: Pick<EventPublisher, 'publish'>;
  /** Of the chat feed's sign-in, and the tenant that its chats belong to; absent while there is none: gaps of it wait. */
  readonly graph?: Pick<Graph, 'chats' | 'messages'>;
  readonly tenantId?: string;
  /** False once another process is the active one. */
  readonly isActive: () => boolean;
}

export interface BackFillHealth {
  /** Gaps that are still to be filled. */
  readonly gaps: number;
  /** The one that is being filled. */
  readonly filling?: { readonly from: string; readonly to: string; readonly chats: number; readonly messages: number };
  readonly waitingFor?: string;
}

/** Reads again what a gap of the chat feed swallowed, beside whatever else goes on. */
export interface BackFill {
  take(event: RecordedEvent): void;
  kick(signal: AbortSignal): void;
  idle(): Promise<void>;
  /** Something is left that can be read. */
  isBusy(): boolean;
  /** True once after the memo changed by itself. */
  changed(): boolean;
  health(): BackFillHealth;
  memo(): JsonObject;
  restore(memo: JsonObject): void;
}

/** A notice may be lost that was on its way when the gap began, and clocks differ: what is read too much is known already. */
const edgeMs = 60_000;
/** Chats that are read side by side; what was read is put on record after each round. */
const together = 4;
/** Messages in one batch; the largest that Teams takes has 28 KB. */
const batchSize = 10;
const firstPauseMs = 1_000;
const longestPauseMs = 60_000;

type Fill = Pick<Gap, 'messages' | 'messagesNotPublished'>;

export function createBackFill(deps: BackFillDeps): BackFill {
  const { clock, ids, graph, tenantId, publisher } = deps;
  const isOver = (signal: AbortSignal) => signal.aborted || !deps.isActive();
  const gaps = createGaps();
  let running: Promise<void> | undefined;
  let filling: Gap | undefined;
  let waitingFor: string | undefined;
  let isChanged = false;

  const isPossible = ({ feed }: Gap) => feed !== 'chat' || (graph !== undefined && tenantId !== undefined);

  /** Asks until there is an answer that waiting does not change; undefined when the signal came first. */
  async function ask<T>(
    question: () => Promise<GraphResult<T>>,
    isLater: (failure: Extract<GraphResult<T>, { ok: false }>) => boolean,
    signal: AbortSignal,
  ): Promise<GraphResult<T> | undefined> {
    for (let n = 0; !isOver(signal); n++) {
      const answer = await beforeAbort(question(), signal);
      if (answer === 'aborted') break;
      if (answer.ok || !isLater(answer)) return answer;
      await pause(detailOf(answer), n, signal);
    }
    return undefined;
  }

  async function pause(detail: string, n: number, signal: AbortSignal): Promise<void> {
    waitingFor = detail;
    const ms = Math.min(longestPauseMs, firstPauseMs * 2 ** Math.min(n, 10));
    await clock.sleep(ms * (0.5 + ids.fraction() / 2), signal);
    waitingFor = undefined;
  }

  /** True when they are in the hub, false when they cannot be, undefined when the signal came first. */
  async function publish(messages: readonly MessageToPublish[], signal: AbortSignal): Promise<boolean | undefined> {
    for (let n = 0; !isOver(signal); n++) {
      // Said twice it is the same call: an unknown outcome is repeated like any other.
      const published = await publisher.publish(messages);
      if (published.ok) return true;
      if (published.reason === 'too-large') return false;
      await pause(`${published.reason}: ${published.detail}`, n, signal);
    }
    return undefined;
  }

  async function publishAll(
    gap: Gap,
    chatId: string,
    found: readonly JsonObject[],
    signal: AbortSignal,
  ): Promise<Fill | undefined> {
    const asked = { opened: openedBy(gap), tenantId: tenantId ?? '', from: Date.parse(gap.from) };
    let [messages, messagesNotPublished] = [0, 0];
    // Graph gives the newest first; people want to read them as they were said.
    const inOrder = found.toReversed();
    for (let at = 0; at < inOrder.length; at += batchSize) {
      const notices = await Promise.all(
        inOrder.slice(at, at + batchSize).map((each) => backFilledNotice(deps, asked, chatId, asMessage(each))),
      );
      const together = await publish(notices, signal);
      if (together === true) messages += notices.length;
      else if (together === false)
        for (const notice of notices) {
          const alone = await publish([notice], signal);
          if (alone === undefined) return undefined;
          if (alone) messages++;
          else messagesNotPublished++;
        }
      else return undefined;
    }
    return { messages, messagesNotPublished };
  }

  /** `not-read`: Graph refuses this chat. Undefined when the signal came first. */
  async function readChat(gap: Gap, chatId: string, signal: AbortSignal): Promise<Fill | 'not-read' | undefined> {
    const [since, until] = [Date.parse(gap.from) - edgeMs, Date.parse(gap.to) + edgeMs];
    const read = await ask(
      async () => graph?.messages(chatId, since, until) ?? nobody,
      (failure) => isServiceAway(failure),
      signal,
    );
    if (read === undefined) return undefined;
    return read.ok ? publishAll(gap, chatId, read.value, signal) : 'not-read';
  }

  async function fillChats(start: Gap, signal: AbortSignal): Promise<Gap | undefined> {
    let gap = start;
    // Whatever refuses the list of chats is to be repaired by somebody: a gap that nobody reads would be forgotten.
    const chats = await ask(
      async () => graph?.chats(Date.parse(gap.from) - edgeMs) ?? nobody,
      () => true,
      signal,
    );
    if (chats?.ok !== true) return undefined;
    const order = ({ lastMessageAt }: { readonly lastMessageAt?: string }) => lastMessageAt ?? '';
    const left = chats.value
      .filter((chat) => gap.after === undefined || order(chat) === '' || order(chat) >= gap.after)
      .sort((a, b) => (order(a) < order(b) ? -1 : 1));
    for (let at = 0; at < left.length; at += together) {
      const round = left.slice(at, at + together);
      const results = await Promise.all(round.map(({ id }) => readChat(gap, id, signal)));
      if (isOver(signal) || results.includes(undefined)) return undefined;
      const fills = results.filter((each) => each !== undefined && each !== 'not-read');
      const after = order(round.at(-1) ?? {});
      filling = gap = gaps.advance(gap, {
        chats: gap.chats + round.length,
        chatsNotRead: gap.chatsNotRead + round.length - fills.length,
        messages: gap.messages + sum(fills, 'messages'),
        messagesNotPublished: gap.messagesNotPublished + sum(fills, 'messagesNotPublished'),
        ...(after === '' ? {} : { after }),
      });
      isChanged = true;
    }
    return gap;
  }

  async function fill(gap: Gap, signal: AbortSignal): Promise<boolean> {
    const filled = gap.feed === 'chat' ? await fillChats(gap, signal) : gap;
    if (filled === undefined) return false;
    const id = backFillIdOf(gap.opened.id);
    const { type, data } = summaryOf(filled);
    const result = await appendSurely(deps, signal, `${backFillStreams}${id}`, 'no-stream', [
      { id: uuid5(namespace, `${type}|${id}`), type, data: { ...data }, metadata: deps.metadata(gap.opened.id, id) },
    ]);
    // Written already by a process that was displaced, it is on record as well.
    if (result === undefined) return false;
    gaps.done(gap);
    isChanged = true;
    return true;
  }

  async function work(signal: AbortSignal): Promise<void> {
    for (let gap = gaps.first(isPossible); gap !== undefined && !isOver(signal); gap = gaps.first(isPossible)) {
      filling = gap;
      if (!(await fill(gap, signal))) return;
    }
  }

  return {
    take: gaps.take,
    kick(signal) {
      if (gaps.first(isPossible) === undefined) return;
      running ??= work(signal)
        // What is wrong here must not stop what is fetched now; it is tried again with the next kick.
        .catch((error: unknown) => pause(error instanceof Error ? error.message : 'failed', 5, signal))
        .finally(() => {
          running = undefined;
          filling = undefined;
        });
    },
    idle: () => running ?? Promise.resolve(),
    isBusy: () => gaps.first(isPossible) !== undefined,
    changed() {
      const was = isChanged;
      isChanged = false;
      return was;
    },
    health: () => ({
      gaps: gaps.count(),
      ...(filling === undefined
        ? {}
        : { filling: { from: filling.from, to: filling.to, chats: filling.chats, messages: filling.messages } }),
      ...(waitingFor === undefined ? {} : { waitingFor }),
    }),
    memo: gaps.memo,
    restore: gaps.restore,
  };
}

const nobody = { ok: false, reason: 'unavailable', detail: 'nobody is signed in to Microsoft Graph' } as const;

function summaryOf(gap: Gap): GapBackFilled {
  const { opened: _, after: __, ...data } = gap;
  const lacks = gap.chatsNotRead > 0 || gap.messagesNotPublished > 0;
  const outcome = gap.feed !== 'chat' ? 'impossible' : lacks ? 'incomplete' : 'complete';
  return { type: 'GapBackFilled', data: { ...data, outcome } };
}

function sum(fills: readonly Fill[], name: keyof Fill): number {
  return fills.reduce((total, each) => total + each[name], 0);
}

/** What is asked of the event that ended a gap: its id, for the proof. */
function openedBy({ opened }: Gap): RecordedEvent {
  return { ...opened, position: '', type: 'WatchOpened', data: {}, metadata: {}, created: 0 };
}
