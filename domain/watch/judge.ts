import type { GapCause } from '#domain/watch/events.ts';
import { assertNever } from '#kernel/assert-never.ts';

/** All that the watch of one feed (and policy) hangs on, as it is known at one moment. Times are milliseconds since 1970 UTC. */
export interface WatchFacts {
  readonly now: number;
  readonly hub: HubFacts;
  readonly credential?: {
    readonly trouble?: 'sign-in-again' | 'admin-must-act' | 'back-off' | 'our-fault' | 'revoked';
  };
  readonly subscription?: SubscriptionFacts;
}

/** Whether the hub is read and what is read reaches the log. */
export type HubFacts =
  | { readonly ok: true; readonly provedAt: number }
  | {
      readonly ok: false;
      readonly cause: 'hub-unreachable' | 'partition-not-read' | 'event-log-unreachable';
      readonly provedAt?: number;
      readonly detail?: string;
    };

export interface SubscriptionFacts {
  readonly state: 'live' | 'lost' | 'removed';
  /** Of a live one, when Graph last said so; else since when nobody can say that it lived. */
  readonly at: number;
  /** When it was gone and came back, oldest first. */
  readonly losses?: readonly SubscriptionLoss[];
  readonly expiresAt?: number;
  /** Until when Graph delivers without a new token. */
  readonly deliversUntil?: number;
  /** When Graph asked for a new token, and got none since. */
  readonly askedAt?: number;
  /** What Graph answers while it cannot be renewed. */
  readonly trouble?: string;
}

/** A time in which nothing shows that a subscription lived. Milliseconds since 1970 UTC. */
export interface SubscriptionLoss {
  readonly from: number;
  readonly until: number;
  readonly cause: GapCause;
}

export type WatchVerdict =
  /** `at`: since when it may be called watched, where it was not. `provedAt`: until when that is proved, which may be before it. Neither is in the future. */
  | { readonly watching: true; readonly at: number; readonly provedAt: number }
  /** `at`: since when, never later than the truth. */
  | { readonly watching: false; readonly at: number; readonly cause: GapCause; readonly detail?: string };

/** Milliseconds in which Graph is answered that asks for a new token, where nothing is in the way. */
const answerMs = 60_000;

/**
 * Until when a live subscription provably delivers. Graph asks for a new token where the one that it has ends soon, or is worth nothing any more (Microsoft Learn,
 * "Reduce missing subscriptions and change notifications"): it does not say which, and holds notifications back in the second case.
 */
export function deliveredUntil(
  { deliversUntil, askedAt }: Pick<SubscriptionFacts, 'deliversUntil' | 'askedAt'>,
  now: number,
): number | undefined {
  const unanswered = askedAt !== undefined && now - askedAt > answerMs ? [askedAt] : [];
  const ends = [...unanswered, ...(deliversUntil === undefined ? [] : [deliversUntil])];
  return ends.length === 0 ? undefined : Math.min(...ends);
}

/**
 * Whether a feed is provably watched. It is when a subscription lives, Graph delivers on it with a token that has not run out, and every partition of the hub is
 * read into the log; what cannot be proved is a gap (architecture 3.9).
 */
export function judgeWatch({ now, hub, credential, subscription }: WatchFacts): WatchVerdict {
  if (!hub.ok)
    return {
      watching: false,
      at: Math.min(hub.provedAt ?? now, now),
      cause: hub.cause,
      ...(hub.detail === undefined ? {} : { detail: hub.detail }),
    };
  const signIn = signInCause(credential);
  if (subscription === undefined) return { watching: false, at: now, cause: signIn ?? 'subscription-missing' };
  if (subscription.state !== 'live')
    return {
      watching: false,
      at: Math.min(subscription.at, now),
      cause: subscription.state === 'removed' ? 'subscription-removed' : (signIn ?? 'subscription-missing'),
      ...(subscription.trouble === undefined ? {} : { detail: subscription.trouble }),
    };
  const { expiresAt } = subscription;
  const deliversUntil = deliveredUntil(subscription, now);
  const graph = subscription.trouble === undefined ? undefined : ('graph-unreachable' as const);
  if (expiresAt !== undefined && expiresAt <= now)
    return { watching: false, at: expiresAt, cause: signIn ?? graph ?? 'subscription-expired' };
  if (deliversUntil !== undefined && deliversUntil <= now)
    return { watching: false, at: deliversUntil, cause: signIn ?? graph ?? 'delivery-paused' };
  return {
    watching: true,
    at: Math.min(Math.max(hub.provedAt, subscription.at), now),
    // That a subscription was renewed shows nothing about who reads the hub.
    provedAt: Math.min(hub.provedAt, now),
  };
}

function signInCause(credential: WatchFacts['credential']): GapCause | undefined {
  const trouble = credential?.trouble;
  switch (trouble) {
    case 'sign-in-again':
    case 'revoked':
      return 'sign-in-needed';
    case 'admin-must-act':
      return 'admin-must-act';
    case 'back-off':
    case 'our-fault':
    case undefined:
      return undefined;
    default:
      return assertNever(trouble);
  }
}
