import type { JsonObject } from '#kernel/json.ts';
import type { Clock } from '#ports/clock.ts';
import type { RecordedEvent } from '#ports/event-log.ts';
import type { EventPublisher, MessageToPublish } from '#ports/event-publisher.ts';
import type { Graph, GraphResult } from '#ports/graph.ts';
import type { Ids } from '#ports/ids.ts';
import { asMessage, beforeAbort, detailOf, isServiceAway } from '#processor/resolve/fetch.ts';
import type { Gap } from '#processor/resolve/gaps.ts';
import { backFilledNotice, type RecoverDeps } from '#processor/resolve/recovered-notice.ts';

export interface ChatReaderDeps extends RecoverDeps {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly publisher: Pick<EventPublisher, 'publish'>;
  /** Of the chat feed's sign-in, and the tenant that its chats belong to; absent while there is none: gaps of it wait. */
  readonly graph?: Pick<Graph, 'chats' | 'messages'>;
  readonly tenantId?: string;
  /** False once another process is the active one. */
  readonly isActive: () => boolean;
}

/** What was published, and what could not be. */
export type Fill = Pick<Gap, 'messages' | 'messagesNotPublished'>;

/** What came of chats that were read side by side. Of one that is in neither nothing is to be had. */
export interface ReadChats {
  readonly fills: readonly Fill[];
  /** Ids of those that Graph refuses to let us read: a permission is missing, and may be granted tomorrow. */
  readonly refused: readonly string[];
}

/** Reads what was posted in a gap, and publishes it to the hub. Whatever waiting helps against is waited for; undefined when the signal came first. */
export interface ChatReader {
  chats(gap: Gap, signal: AbortSignal): Promise<readonly Chat[] | undefined>;
  read(gap: Gap, chatIds: readonly string[], signal: AbortSignal): Promise<ReadChats | undefined>;
  /** @param n how often it was in vain before */
  pause(detail: string, n: number, signal: AbortSignal): Promise<void>;
  pauseMs(n: number): number;
  waitingFor(): string | undefined;
  /** Why Graph last refused a chat, for operators. */
  refusal(): string;
}

export interface Chat {
  readonly id: string;
  /** ISO 8601 UTC. */
  readonly lastMessageAt?: string;
}

/** A notice may be lost that was on its way when the gap began, and clocks differ: what is read too much is known already. */
const edgeMs = 60_000;
/** Messages in one batch; the largest that Teams takes has 28 KB. */
const batchSize = 10;
const firstPauseMs = 1_000;
const longestPauseMs = 60_000;

export function createChatReader(deps: ChatReaderDeps): ChatReader {
  const { clock, ids, graph, tenantId, publisher } = deps;
  const isOver = (signal: AbortSignal) => signal.aborted || !deps.isActive();
  let waitingFor: string | undefined;
  let refusal = '';

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
    await clock.sleep(pauseMs(n), signal);
    waitingFor = undefined;
  }

  function pauseMs(n: number): number {
    return Math.min(longestPauseMs, firstPauseMs * 2 ** Math.min(n, 10)) * (0.5 + ids.fraction() / 2);
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

  /** `not-read`: asking again would not help. Undefined when the signal came first. */
  async function readChat(
    gap: Gap,
    chatId: string,
    signal: AbortSignal,
  ): Promise<Fill | 'refused' | 'not-read' | undefined> {
    const [since, until] = [Date.parse(gap.from) - edgeMs, Date.parse(gap.to) + edgeMs];
    const read = await ask(
      async () => graph?.messages(chatId, since, until) ?? nobody,
      (failure) => isServiceAway(failure),
      signal,
    );
    if (read === undefined) return undefined;
    if (read.ok) return publishAll(gap, chatId, read.value, signal);
    if (read.reason !== 'forbidden') return 'not-read';
    refusal = detailOf(read);
    return 'refused';
  }

  return {
    async chats(gap, signal) {
      // Whatever refuses the list of chats is to be repaired by somebody: a gap that nobody reads would be forgotten.
      const chats = await ask(
        async () => graph?.chats(Date.parse(gap.from) - edgeMs) ?? nobody,
        () => true,
        signal,
      );
      return chats?.ok === true ? chats.value : undefined;
    },
    async read(gap, chatIds, signal) {
      const results = await Promise.all(chatIds.map((id) => readChat(gap, id, signal)));
      if (isOver(signal) || results.includes(undefined)) return undefined;
      return {
        fills: results.filter((each) => typeof each === 'object'),
        refused: chatIds.filter((_, n) => results[n] === 'refused'),
      };
    },
    ...{ pause, pauseMs, waitingFor: () => waitingFor, refusal: () => refusal },
  };
}

const nobody = { ok: false, reason: 'unavailable', detail: 'nobody is signed in to Microsoft Graph' } as const;

/** What is asked of the event that ended a gap: its id, for the proof. */
function openedBy({ opened }: Gap): RecordedEvent {
  return { ...opened, position: '', type: 'WatchOpened', data: {}, metadata: {}, created: 0 };
}
