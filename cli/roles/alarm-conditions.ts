import type { AlarmName } from '#cli/roles/alarm-names.ts';
import type { ListeningState } from '#cli/roles/listening.ts';
import { gapWord } from '#domain/watch/words.ts';
import type { WatchTarget } from '#processor/watch/watch.ts';
import type { CredentialRecord, SubscriptionRecord, WatchSpan } from '#projections/watch/queries.ts';

/** What is on record of staying subscribed. */
export interface WatchRecord {
  readonly credentials: readonly CredentialRecord[];
  readonly subscriptions: readonly SubscriptionRecord[];
  /** How it is now, one for each feed and policy. */
  readonly current: readonly WatchSpan[];
}

/** What alarms are made from; a part that is absent is not known to this process at the moment. */
export interface AlarmFacts {
  /** What the settings want to be watched. */
  readonly targets: readonly WatchTarget[];
  readonly watch?: WatchRecord;
  readonly listening?: Pick<ListeningState, 'ok' | 'since' | 'word'>;
}

/** With the time, and when this process began; milliseconds since 1970 UTC. */
export interface KnownFacts extends AlarmFacts {
  readonly now: number;
  readonly startedAt: number;
}

/** Something that is the matter. Times are milliseconds since 1970 UTC. */
export interface Condition {
  readonly alarm: AlarmName;
  /** Credential, subscription, feed or policy; names of settings, never of people. */
  readonly of: string;
  readonly since: number;
  readonly word: string;
}

/** A sign-in that ends within this time has to be looked at: there may be a weekend before it. */
const signInSoonMs = 3 * 86_400_000;
/** Tokens are replaced earlier: at less than this something is wrong. */
const subscriptionSoonMs = 15 * 60_000;
/** Watching is proved every minute. */
const staleMs = 180_000;
/** Of a subscription that was just adopted nobody knows until when it delivers: it is renewed at once. */
const adoptedMs = 60_000;

/** Everything that is the matter now, however short. Pure. */
export function alarmConditions(facts: KnownFacts): readonly Condition[] {
  const { targets, watch, listening, now } = facts;
  const conditions: Condition[] = [];
  if (listening?.ok === false)
    conditions.push({
      ...{ alarm: 'reading-behind', of: 'hub', since: listening.since },
      word: listening.word ?? 'the hub is not read',
    });
  if (watch === undefined) return conditions;
  for (const id of new Set(targets.map(({ credential }) => credential)))
    conditions.push(...signIn(credentialOf(watch, id), now));
  for (const target of targets) {
    const subscription = watch.subscriptions.find(({ id }) => id === target.subscription);
    conditions.push(
      ...ending(subscription, now),
      ...unwatched(target, facts),
      ...uncovered(target, subscription, facts),
    );
  }
  return conditions;
}

const credentialOf = (watch: WatchRecord, id: string) => watch.credentials.find((each) => each.id === id);

/** When a sign-in ends or ended; undefined where nobody knows an end. Milliseconds since 1970 UTC. */
export function signInEndsAt(record: CredentialRecord): number | undefined {
  const { state, since, grantExpiresAt } = record;
  // That somebody was given a code has ended nothing: while the grant before serves, the state stays as it was.
  return state === 'waiting-for-sign-in' || state === 'sign-in-again' || state === 'admin-must-act'
    ? since
    : grantExpiresAt;
}

function signIn(record: CredentialRecord | undefined, now: number): readonly Condition[] {
  // Who revokes it does so on purpose; that the feed is not watched is said by another alarm.
  if (record === undefined || record.state === 'revoked') return [];
  const end = signInEndsAt(record);
  if (end === undefined || end - now >= signInSoonMs) return [];
  const word =
    end > now
      ? `the sign-in ends at ${new Date(end).toISOString()}`
      : record.state === 'admin-must-act'
        ? 'an administrator has to change something first'
        : 'somebody has to sign in';
  return [{ alarm: 'sign-in-ends', of: record.id, since: Math.min(end > now ? end - signInSoonMs : end, now), word }];
}

/** Until when Graph delivers; when it was lost. Undefined where there is none, or nobody knows yet. Milliseconds since 1970 UTC. */
export function subscriptionEndsAt(record: SubscriptionRecord, now: number): number | undefined {
  const { state, since, provedAt, expiresAt, deliversUntil } = record;
  if (state === 'removed') return undefined;
  if (state === 'lost') return since;
  const adopted = provedAt !== undefined && now - provedAt < adoptedMs;
  const ends = [expiresAt, adopted ? undefined : deliversUntil].filter((at) => at !== undefined);
  return ends.length === 0 ? undefined : Math.min(...ends);
}

function ending(record: SubscriptionRecord | undefined, now: number): readonly Condition[] {
  const end = record === undefined ? undefined : subscriptionEndsAt(record, now);
  if (record === undefined || end === undefined || end - now >= subscriptionSoonMs) return [];
  const word = record.state === 'lost' ? 'Graph has it no more' : `Graph delivers until ${new Date(end).toISOString()}`;
  const since = record.state === 'lost' ? end : end - subscriptionSoonMs;
  return [{ alarm: 'subscription-ends', of: record.id, since: Math.min(since, now), word }];
}

/** Since when a target is not provably watched, and why; undefined where it is watched. */
export function notWatched(
  { feed, policy }: Pick<WatchTarget, 'feed' | 'policy'>,
  { watch, now, startedAt }: KnownFacts,
): { readonly since: number; readonly word: string } | undefined {
  const span = watch?.current.find((each) => each.feed === feed && each.policy === policy);
  if (span === undefined) return { since: startedAt, word: 'it never was' };
  if (!span.watching) return { since: span.from, word: gapWord(span.cause) };
  const proved = span.provedAt ?? span.from;
  // A process that just began has not heard of the latest proof yet.
  if (now - Math.max(proved, startedAt) < staleMs) return undefined;
  return { since: proved, word: 'nothing proves it any more' };
}

function unwatched(target: WatchTarget, facts: KnownFacts): readonly Condition[] {
  const why = notWatched(target, facts);
  const { feed, policy } = target;
  return why === undefined
    ? []
    : [{ alarm: 'feed-not-watched', of: policy === undefined ? feed : `${feed}: ${policy}`, ...why }];
}

function uncovered(
  { policy }: WatchTarget,
  record: SubscriptionRecord | undefined,
  { now, startedAt }: KnownFacts,
): readonly Condition[] {
  if (policy === undefined) return [];
  const alive = record !== undefined && record.state !== 'lost' && record.state !== 'removed';
  if (alive && (record.expiresAt ?? 0) > now) return [];
  return [
    {
      ...{ alarm: 'policy-not-covered', of: policy, since: record?.since ?? startedAt },
      word: record === undefined ? 'it was never subscribed' : 'it has no subscription now',
    },
  ];
}
