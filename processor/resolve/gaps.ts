import { streamPrefixes } from '#domain/names.ts';
import { isJsonObject, type Json, type JsonObject } from '#kernel/json.ts';
import type { RecordedEvent } from '#ports/event-log.ts';

/** A gap of a feed that ended, and how far it was read again. Plain JSON: it stands in the memo. */
export interface Gap {
  readonly feed: string;
  readonly policy?: string;
  /** ISO 8601 UTC. */
  readonly from: string;
  readonly to: string;
  /** The event by which it ended. */
  readonly opened: { readonly stream: string; readonly revision: number; readonly id: string };
  readonly chats: number;
  readonly chatsNotRead: number;
  readonly messages: number;
  readonly messagesNotPublished: number;
  /** Every chat whose last message is older is read, ISO 8601 UTC; chats are read in the order of their last message. */
  readonly after?: string;
  /**
   * Since when only chats are left that Graph refuses to let us read, ISO 8601 UTC. Figures and `after` are those from before the first of them: which they are names
   * people, and so whoever takes over reads again from there.
   */
  readonly refusedSince?: string;
  /** Nothing more of it is to be had. */
  readonly isOver?: true;
  /** It is on record that some of it is lost. */
  readonly isTold?: true;
}

/** The gaps of all feeds, from the record of the watch. */
export interface Gaps {
  /** An event of any stream; one of `watch-<feed>` may end a gap. */
  take(event: RecordedEvent): void;
  all(): readonly Gap[];
  /** The one to fill next. */
  first(isPossible: (gap: Gap) => boolean): Gap | undefined;
  advance(gap: Gap, change: Partial<Omit<Gap, 'feed' | 'policy' | 'from' | 'to' | 'opened'>>): Gap;
  done(gap: Gap): void;
  count(): number;
  memo(): JsonObject;
  restore(memo: JsonObject): void;
}

export function createGaps(): Gaps {
  let gaps: Gap[] = [];
  /** Since when a feed is not watched. */
  const open = new Map<string, { readonly feed: string; readonly policy?: string; readonly at: string }>();
  const same = (a: Gap, b: Gap) => a.opened.id === b.opened.id;

  return {
    take({ stream, revision, id, type, data }) {
      if (!stream.startsWith(streamPrefixes.watch)) return;
      const feed = stream.slice(streamPrefixes.watch.length);
      const policy = text(data['policy']);
      const at = time(data['at']);
      if (at === undefined) return;
      const key = `${feed}|${policy ?? ''}`;
      const named = { feed, ...(policy === undefined ? {} : { policy }) };
      // What comes to light in a gap can have begun before it.
      const known = open.get(key);
      if (type === 'WatchClosed' && (known === undefined || at < known.at)) open.set(key, { ...named, at });
      if (type !== 'WatchOpened') return;
      const since = open.get(key);
      open.delete(key);
      if (since === undefined || since.at >= at || gaps.some(({ opened }) => opened.id === id)) return;
      gaps.push({
        ...{ ...named, from: since.at, to: at, opened: { stream, revision, id } },
        ...{ chats: 0, chatsNotRead: 0, messages: 0, messagesNotPublished: 0 },
      });
    },
    all: () => gaps,
    first: (isPossible) => gaps.find(isPossible),
    advance(gap, change) {
      const advanced = { ...(gaps.find((each) => same(each, gap)) ?? gap), ...change };
      gaps = gaps.map((each) => (same(each, gap) ? advanced : each));
      return advanced;
    },
    done(gap) {
      gaps = gaps.filter((each) => !same(each, gap));
    },
    count: () => gaps.length,
    memo: () =>
      gaps.length === 0 && open.size === 0
        ? {}
        : {
            backFill: { gaps: gaps.map((gap) => ({ ...gap })), open: [...open.values()].map((each) => ({ ...each })) },
          },
    restore({ backFill }) {
      open.clear();
      gaps = [];
      if (!isJsonObject(backFill)) return;
      for (const each of list(backFill['open'])) {
        const [feed, policy, at] = [text(each['feed']), text(each['policy']), time(each['at'])];
        if (feed !== undefined && at !== undefined)
          open.set(`${feed}|${policy ?? ''}`, { feed, at, ...(policy === undefined ? {} : { policy }) });
      }
      gaps = list(backFill['gaps']).filter((each) => isGap(each)) as unknown as Gap[];
    },
  };
}

function isGap({ feed, from, to, opened, chats, chatsNotRead, messages, messagesNotPublished }: JsonObject): boolean {
  return (
    typeof feed === 'string' &&
    time(from) !== undefined &&
    time(to) !== undefined &&
    isJsonObject(opened) &&
    typeof opened['stream'] === 'string' &&
    typeof opened['revision'] === 'number' &&
    typeof opened['id'] === 'string' &&
    [chats, chatsNotRead, messages, messagesNotPublished].every((each) => typeof each === 'number')
  );
}

function list(value: Json | undefined): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}

function text(value: Json | undefined): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function time(value: Json | undefined): string | undefined {
  return typeof value === 'string' && !Number.isNaN(Date.parse(value)) ? value : undefined;
}
