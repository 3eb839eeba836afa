import { namespace } from '#domain/names.ts';
import { uuid5 } from '#kernel/uuid.ts';

/**
 * What is on record in `fetch-<uuid>`, one stream for each time in which notices waited too long for what they only referred to. Times are ISO 8601 UTC.
 */
export type FetchEvent =
  | {
      readonly type: 'FetchDelayed';
      readonly data: {
        /** When that was found. */
        readonly at: string;
        /** When the hub got the oldest of them. */
        readonly since: string;
        /** How many waited too long so far, at least: what is behind them in the log is not counted. */
        readonly count: number;
        /**
         * Ids of the CloudEvents of those that are new since the event before, at most {@link mostDelayedIds}; and of back-fills (`back-fill-<uuid>`) that gave chats or
         * messages up, each of which counts as one notice.
         */
        readonly notices: readonly string[];
        /** How many of them are given up for good so far though they may be calls; absent: none. */
        readonly lost?: number;
      };
    }
  /** None waits too long any more: they were fetched, or are gone. */
  | { readonly type: 'FetchResumed'; readonly data: { readonly at: string; readonly since: string } };

export const mostDelayedIds = 1_000;

/** What is on record in `back-fill-<uuid>`: what came of one gap of a feed (`watch-<feed>`). */
export interface GapBackFilled {
  readonly type: 'GapBackFilled';
  readonly data: {
    readonly feed: string;
    readonly policy?: string;
    /** The gap, ISO 8601 UTC. */
    readonly from: string;
    readonly to: string;
    /** `impossible`: this feed has nothing that could be read again, and the gap stays one. `incomplete`: some of it could not be read. */
    readonly outcome: 'complete' | 'incomplete' | 'impossible';
    /** How many chats were read, and how many of them could not be. */
    readonly chats: number;
    readonly chatsNotRead: number;
    /** How many messages were published, and how many could not be. */
    readonly messages: number;
    readonly messagesNotPublished: number;
  };
}

export const fetchStreams = 'fetch-';
export const backFillStreams = 'back-fill-';

/** Id of the time of waiting that began with that notice. */
export function delayIdOf(noticeId: string): string {
  return uuid5(namespace, `fetch-delayed|${noticeId}`);
}

/** Id of the back-fill that the event asks for by which a gap ended. */
export function backFillIdOf(openedId: string): string {
  return uuid5(namespace, `back-fill|${openedId}`);
}
