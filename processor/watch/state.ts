import { streamPrefixes } from '#domain/names.ts';
import type { OnRecord } from '#domain/watch/bring-up-to-date.ts';
import { deliveredUntil, type SubscriptionFacts, type SubscriptionLoss, type WatchFacts } from '#domain/watch/judge.ts';
import { isJsonObject, type Json } from '#kernel/json.ts';
import type { RecordedEvent } from '#ports/event-log.ts';

/** What the log says about the watch, as far as it was followed. */
export interface WatchState {
  take(event: RecordedEvent): void;
  credential(id: string): WatchFacts['credential'];
  subscription(id: string): SubscriptionFacts | undefined;
  /** How it was last put on record; undefined where nothing ever was. */
  onRecord(feed: string, policy: string | undefined): OnRecord | undefined;
}

export function createWatchState(): WatchState {
  const credentials = new Map<string, NonNullable<WatchFacts['credential']>>();
  const subscriptions = new Map<string, KnownSubscription>();
  const watches = new Map<string, OnRecord>();
  const keyOf = (feed: string, policy: string | undefined) => `${feed}|${policy ?? ''}`;
  return {
    take(event) {
      const { stream } = event;
      if (stream.startsWith(streamPrefixes.credential)) takeCredential(event, credentials);
      else if (stream.startsWith(streamPrefixes.subscription)) takeSubscription(event, subscriptions);
      else if (event.type === asksForToken) takeAsking(event, subscriptions);
      else if (stream.startsWith(streamPrefixes.watch)) {
        const key = keyOf(stream.slice(streamPrefixes.watch.length), text(event.data['policy']));
        takeWatch(event, key, watches);
      }
    },
    credential: (id) => credentials.get(id),
    subscription: (id) => subscriptions.get(id),
    onRecord: (feed, policy) => watches.get(keyOf(feed, policy)),
  };
}

/** Graph's notice that a subscription needs a new token; it stands in an inbox. */
export const asksForToken = 'Microsoft.Graph.SubscriptionReauthorizationRequired';
/** Such a notice may have been on its way when the token was given: milliseconds. */
const crossingMs = 10_000;

function takeAsking({ data, metadata, created }: RecordedEvent, known: Map<string, KnownSubscription>): void {
  const notice = data['data'];
  const graphId = isJsonObject(notice) ? text(notice['subscriptionId']) : undefined;
  if (graphId === undefined) return;
  // By the hub's clock: what waited there during an outage may have been answered long ago.
  const askedAt = time(metadata['enqueuedAt']) ?? created;
  for (const [id, one] of known)
    if (one.state === 'live' && one.graphId === graphId && askedAt - (one.touchedAt ?? 0) > crossingMs)
      known.set(id, { ...one, askedAt: Math.min(one.askedAt ?? askedAt, askedAt) });
}

function takeCredential(
  { type, stream, data }: RecordedEvent,
  known: Map<string, NonNullable<WatchFacts['credential']>>,
): void {
  const id = stream.slice(streamPrefixes.credential.length);
  if (type === 'CredentialSignedIn' || type === 'CredentialRefreshed') known.set(id, {});
  else if (type === 'CredentialRevoked') known.set(id, { trouble: 'revoked' });
  else if (type === 'CredentialTroubled') {
    const trouble = data['trouble'];
    const kind = isJsonObject(trouble) ? trouble['kind'] : undefined;
    if (kind === 'sign-in-again' || kind === 'admin-must-act' || kind === 'back-off' || kind === 'our-fault')
      known.set(id, { trouble: kind });
  }
}

/** With what tells whether a later word is still true. */
interface KnownSubscription extends SubscriptionFacts {
  readonly graphId?: string;
  /** When Graph was last given a token for it, milliseconds since 1970 UTC. */
  readonly touchedAt?: number;
  /** When it was decided that it is gone, milliseconds since 1970 UTC. */
  readonly goneAt?: number;
}

function takeSubscription(event: RecordedEvent, known: Map<string, KnownSubscription>): void {
  const { type, stream, data, created } = event;
  const id = stream.slice(streamPrefixes.subscription.length);
  const at = time(event.metadata['decidedAt']) ?? time(event.metadata['recordedAt']) ?? created;
  const before = known.get(id);
  switch (type) {
    case 'SubscriptionCreated':
    case 'SubscriptionAdopted':
    case 'SubscriptionRenewed':
    case 'SubscriptionConfirmed': {
      const graphId = text(data['graphId']);
      if (type === 'SubscriptionConfirmed' && before !== undefined) {
        // It may have been on its way when the subscription was lost, or was made anew.
        if (before.graphId !== undefined && before.graphId !== graphId) break;
        if (before.goneAt !== undefined && at <= before.goneAt) break;
        // Until when it delivers the last touch says, which may still be on its way.
        if (before.state === 'live') {
          const { trouble: _, ...live } = before;
          known.set(id, { ...live, at: Math.max(live.at, at) });
          break;
        }
      }
      const expiresAt = time(data['expiresAt']);
      const deliversUntil = time(data['deliversUntil']);
      known.set(id, {
        ...{ state: 'live', at, losses: lossesUntil(before, at) },
        ...(type === 'SubscriptionAdopted' && before?.graphId === graphId ? askingOf(before) : { touchedAt: at }),
        ...(graphId === undefined ? {} : { graphId }),
        ...(expiresAt === undefined ? {} : { expiresAt }),
        ...(deliversUntil === undefined ? {} : { deliversUntil }),
      });
      break;
    }
    case 'SubscriptionTroubled':
      known.set(id, { ...(before ?? { state: 'lost', at }), trouble: text(data['what']) ?? 'trouble' });
      break;
    case 'SubscriptionLost': {
      if (before !== undefined && before.state !== 'live') break;
      // Nobody knows when it went: what is proved ends when Graph last said that it lived.
      const from = data['cause'] === 'expired' ? Math.min(before?.expiresAt ?? at, at) : Math.min(before?.at ?? at, at);
      known.set(id, { ...gone(before, at), state: data['cause'] === 'removed' ? 'removed' : 'lost', at: from });
      break;
    }
    case 'SubscriptionRemoved':
      // One in whose place another stands already.
      if (before?.graphId !== undefined && before.graphId !== text(data['graphId'])) break;
      if (before === undefined || before.state === 'live') known.set(id, { ...gone(before, at), state: 'lost', at });
      break;
  }
}

/** Who finds it at Graph again gives it no token. */
const askingOf = (before: KnownSubscription | undefined) => ({
  ...(before?.touchedAt === undefined ? {} : { touchedAt: before.touchedAt }),
  ...(before?.askedAt === undefined ? {} : { askedAt: before.askedAt }),
});

const mostLosses = 16;

const gone = (before: KnownSubscription | undefined, goneAt: number) => ({
  goneAt,
  ...(before?.losses === undefined ? {} : { losses: before.losses }),
  ...(before?.graphId === undefined ? {} : { graphId: before.graphId }),
});

/** It was touched: when it did not live or deliver before, that is over now. */
function lossesUntil(before: SubscriptionFacts | undefined, until: number): readonly SubscriptionLoss[] {
  const losses = before?.losses ?? [];
  const loss = before === undefined ? undefined : lossOf(before, until);
  return loss === undefined ? losses : [...losses, loss].slice(-mostLosses);
}

function lossOf(subscription: SubscriptionFacts, until: number): SubscriptionLoss | undefined {
  const { state, at, expiresAt } = subscription;
  if (state !== 'live')
    return { from: at, until, cause: state === 'removed' ? 'subscription-removed' : 'subscription-missing' };
  if (expiresAt !== undefined && expiresAt < until) return { from: expiresAt, until, cause: 'subscription-expired' };
  const deliversUntil = deliveredUntil(subscription, until);
  if (deliversUntil !== undefined && deliversUntil < until)
    return { from: deliversUntil, until, cause: 'delivery-paused' };
  return undefined;
}

function takeWatch({ type, data }: RecordedEvent, key: string, known: Map<string, OnRecord>): void {
  const at = time(data['at']);
  if (at === undefined) return;
  const before = known.get(key);
  const lossesTo = time(data['lossesTo']) ?? before?.lossesTo;
  const weighed = lossesTo === undefined ? {} : { lossesTo };
  if (type === 'WatchClosed') {
    // It may not have been watched from earlier on than was known.
    const since = before?.watching === false ? Math.min(before.since, at) : at;
    const proved = before?.provedAt === undefined ? {} : { provedAt: before.provedAt };
    known.set(key, { watching: false, since, ...proved, ...weighed });
  } else if (type === 'WatchOpened' || type === 'WatchProved') {
    const since = before?.watching === true ? before.since : (time(data['since']) ?? at);
    // What ended long ago may have come to light after later proofs.
    known.set(key, { watching: true, since, provedAt: Math.max(before?.provedAt ?? at, at), ...weighed });
  }
}

function text(value: Json | undefined): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function time(value: Json | undefined): number | undefined {
  const parsed = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  return Number.isNaN(parsed) ? undefined : parsed;
}
