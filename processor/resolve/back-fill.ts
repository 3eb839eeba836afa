import { backFillIdOf, backFillStreams, fetchStreams, type GapBackFilled } from '#domain/fetching/events.ts';
import type { EventMetadata } from '#domain/metadata.ts';
import { namespace } from '#domain/names.ts';
import type { Json, JsonObject } from '#kernel/json.ts';
import { uuid5 } from '#kernel/uuid.ts';
import type { RecordedEvent } from '#ports/event-log.ts';
import { type Chat, type ChatReaderDeps, createChatReader, type Fill } from '#processor/resolve/chat-reader.ts';
import type { Loss } from '#processor/resolve/delays.ts';
import { refusedMs } from '#processor/resolve/fetch.ts';
import { createGaps, type Gap } from '#processor/resolve/gaps.ts';
import { appendSurely, type RetryDeps } from '#processor/retry.ts';

export interface BackFillDeps extends ChatReaderDeps, RetryDeps {
  readonly metadata: (causationId: string, correlationId: string) => EventMetadata;
}

export interface BackFillHealth {
  /** Gaps that are still to be filled. */
  readonly gaps: number;
  /** The one that is being filled. */
  readonly filling?: { readonly from: string; readonly to: string; readonly chats: number; readonly messages: number };
  readonly waitingFor?: string;
  /** Chats that Graph refuses to let us read, and why: they are asked for again for a day. */
  readonly refused?: { readonly chats: number; readonly detail: string };
}

/** Reads again what a gap of the chat feed swallowed, beside whatever else goes on. */
export interface BackFill {
  take(event: RecordedEvent): void;
  kick(signal: AbortSignal): void;
  idle(): Promise<void>;
  /** Something is left that can be read now. */
  isBusy(): boolean;
  /** Milliseconds until what Graph refuses is asked for again; undefined where there is no such thing. */
  dueIn(): number | undefined;
  /** What is given up of gaps, and is not on record as lost yet: it may be calls. They are done once an event of `fetch-*` names them. */
  losses(): readonly Loss[];
  /** True once after the memo changed by itself. */
  changed(): boolean;
  health(): BackFillHealth;
  memo(): JsonObject;
  restore(memo: JsonObject): void;
}

/** Chats that are read side by side; what was read is put on record after each round. */
const together = 4;

/** What this process alone knows of a gap of which everything was read but chats that Graph refuses. */
interface Refused {
  /** With the figures of all that was read. */
  readonly gap: Gap;
  /** The chats, the one that was asked for longest ago first. */
  readonly chatIds: readonly string[];
  /** When they are asked for again, by the monotonic clock, and how often they were in vain. */
  readonly againAt: number;
  readonly times: number;
}

export function createBackFill(deps: BackFillDeps): BackFill {
  const { clock, graph, tenantId } = deps;
  const isOver = (signal: AbortSignal) => signal.aborted || !deps.isActive();
  const reader = createChatReader(deps);
  const gaps = createGaps();
  let running: Promise<void> | undefined;
  let filling: Gap | undefined;
  let isChanged = false;
  /** By the event that ended the gap. */
  const refused = new Map<string, Refused>();

  const isPossible = ({ feed }: Gap) => feed !== 'chat' || (graph !== undefined && tenantId !== undefined);
  const againAt = ({ opened }: Gap) => refused.get(opened.id)?.againAt ?? 0;
  const isDue = (gap: Gap) => isPossible(gap) && !isUntold(gap) && againAt(gap) <= clock.monotonic();

  /** The gap with all figures once nothing more of it is to be had; `later` while Graph refuses chats of it. Undefined when the signal came first. */
  async function fillChats(start: Gap, signal: AbortSignal): Promise<Gap | 'later' | undefined> {
    const known = refused.get(start.opened.id);
    if (known !== undefined) return askAgain(start, known, signal);
    let gap = start;
    const chats = await reader.chats(gap, signal);
    if (chats === undefined) return undefined;
    const order = ({ lastMessageAt }: Partial<Chat>) => lastMessageAt ?? '';
    const left = chats
      .filter((chat) => gap.after === undefined || order(chat) === '' || order(chat) >= gap.after)
      .sort((a, b) => (order(a) < order(b) ? -1 : 1));
    const chatIds: string[] = [];
    for (let at = 0; at < left.length; at += together) {
      const round = left.slice(at, at + together);
      const result = await reader.read(gap, idsOf(round), signal);
      if (result === undefined) return undefined;
      chatIds.push(...result.refused);
      const after = order(round.at(-1) ?? {});
      const change = {
        chats: gap.chats + round.length,
        chatsNotRead: gap.chatsNotRead + round.length - result.fills.length,
        ...withMessages(gap, result.fills),
        ...(after === '' ? {} : { after }),
      };
      // Whoever takes over has to come to the first one that is refused again.
      filling = gap = chatIds.length === 0 ? gaps.advance(gap, change) : { ...gap, ...change };
      isChanged = true;
    }
    return settle(start, gap, chatIds, 0);
  }

  async function askAgain(start: Gap, known: Refused, signal: AbortSignal): Promise<Gap | 'later' | undefined> {
    let { gap, chatIds } = known;
    for (let isInVain = false; !isInVain && chatIds.length > 0; ) {
      const round = chatIds.slice(0, together);
      const result = await reader.read(gap, round, signal);
      if (result === undefined) return undefined;
      chatIds = [...chatIds.slice(together), ...result.refused];
      const chatsNotRead = gap.chatsNotRead - result.fills.length;
      filling = gap = { ...gap, chatsNotRead, ...withMessages(gap, result.fills) };
      // Probably the others are refused, too: their turn comes, but what is posted now must not wait for them.
      isInVain = result.refused.length === round.length;
    }
    return settle(start, gap, chatIds, chatIds.length < known.chatIds.length ? 0 : known.times);
  }

  /**
   * @param gap with the figures of all that was read
   * @param chatIds of those that Graph refuses
   * @param times how often all of them were asked for in vain
   */
  function settle(start: Gap, gap: Gap, chatIds: readonly string[], times: number): Gap | 'later' {
    const { opened, refusedSince = new Date(clock.now()).toISOString() } = start;
    refused.delete(opened.id);
    if (chatIds.length === 0 || clock.now() - Date.parse(refusedSince) >= refusedMs) return gap;
    if (start.refusedSince === undefined) gaps.advance(start, { refusedSince });
    refused.set(opened.id, { gap, chatIds, againAt: clock.monotonic() + reader.pauseMs(times), times: times + 1 });
    isChanged = true;
    return 'later';
  }

  /** False when the signal came first. */
  async function fill(gap: Gap, signal: AbortSignal): Promise<boolean> {
    const isRead = gap.feed !== 'chat' || gap.isOver === true;
    const read = isRead ? gap : await fillChats(gap, signal);
    if (read === undefined) return false;
    if (read === 'later') return true;
    const filled = lostOf(read) > 0 ? gaps.advance(gap, { ...read, isOver: true }) : read;
    isChanged = true;
    // Somebody has to be told first: until that is on record it is in the memo, and whoever takes over comes to know of it.
    if (isUntold(filled)) return true;
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
    for (let gap = gaps.first(isDue); gap !== undefined && !isOver(signal); gap = gaps.first(isDue)) {
      filling = gap;
      if (!(await fill(gap, signal))) return;
    }
  }

  const refusedChats = () => [...refused.values()].reduce((total, { chatIds }) => total + chatIds.length, 0);

  /** What is on record as lost need not be said again, whoever put it there. */
  function takeTold({ stream, type, data: { notices } }: RecordedEvent): void {
    if (!stream.startsWith(fetchStreams) || type !== 'FetchDelayed' || !Array.isArray(notices)) return;
    const named = new Set<Json>(notices);
    for (const gap of gaps.all().filter(({ opened }) => named.has(backFillIdOf(opened.id)))) {
      gaps.advance(gap, { isTold: true });
      isChanged = true;
    }
  }

  return {
    take(event) {
      gaps.take(event);
      takeTold(event);
    },
    kick(signal) {
      if (gaps.first(isDue) === undefined) return;
      running ??= work(signal)
        // What is wrong here must not stop what is fetched now; it is tried again with the next kick.
        .catch((error: unknown) => reader.pause(error instanceof Error ? error.message : 'failed', 5, signal))
        .finally(() => {
          running = undefined;
          filling = undefined;
        });
    },
    idle: () => running ?? Promise.resolve(),
    isBusy: () => running !== undefined || gaps.first(isDue) !== undefined,
    dueIn() {
      if (running !== undefined) return undefined;
      const first = Math.min(...[...refused.values()].map((each) => each.againAt));
      return Number.isFinite(first) ? Math.max(0, Math.ceil(first - clock.monotonic())) : undefined;
    },
    losses: () =>
      gaps
        .all()
        .filter(isUntold)
        .map((gap) => ({ id: backFillIdOf(gap.opened.id), cause: gap.opened.id, since: gap.from, count: lostOf(gap) })),
    changed() {
      const was = isChanged;
      isChanged = false;
      return was;
    },
    health() {
      const waitingFor = reader.waitingFor();
      return {
        gaps: gaps.count(),
        ...(filling === undefined
          ? {}
          : { filling: { from: filling.from, to: filling.to, chats: filling.chats, messages: filling.messages } }),
        ...(waitingFor === undefined ? {} : { waitingFor }),
        ...(refused.size === 0 ? {} : { refused: { chats: refusedChats(), detail: reader.refusal() } }),
      };
    },
    memo: gaps.memo,
    restore(memo) {
      refused.clear();
      gaps.restore(memo);
    },
  };
}

function idsOf(chats: readonly Chat[]): readonly string[] {
  return chats.map(({ id }) => id);
}

function summaryOf(gap: Gap): GapBackFilled {
  const { opened: _, after: __, refusedSince: ___, isOver: ____, isTold: _____, ...data } = gap;
  const outcome = gap.feed !== 'chat' ? 'impossible' : lostOf(gap) > 0 ? 'incomplete' : 'complete';
  return { type: 'GapBackFilled', data: { ...data, outcome } };
}

/** How many chats and messages of it are given up, each of which may hold a call. */
function lostOf(gap: Gap): number {
  return gap.chatsNotRead + gap.messagesNotPublished;
}

function isUntold(gap: Gap): boolean {
  return gap.isOver === true && gap.isTold !== true;
}

function withMessages(gap: Gap, fills: readonly Fill[]): Fill {
  return {
    messages: gap.messages + sum(fills, 'messages'),
    messagesNotPublished: gap.messagesNotPublished + sum(fills, 'messagesNotPublished'),
  };
}

function sum(fills: readonly Fill[], name: keyof Fill): number {
  return fills.reduce((total, each) => total + each[name], 0);
}
