import { asLeft, asProved, isLeft } from '#cli/roles/watched-spans.ts';
import { applicationPermissions, comparePermissions, delegatedPermissions } from '#domain/identity/permissions.ts';
import { gapWord } from '#domain/watch/words.ts';
import type { Clock } from '#ports/clock.ts';
import type { CredentialRecord, SubscriptionRecord, WatchQueries, WatchSpan } from '#projections/watch/queries.ts';
import type {
  CredentialView,
  LeavingView,
  PendingSignIn,
  RenewalView,
  Started,
  Subscribing,
  SubscriptionView,
  WatchedFeed,
} from '#web/subscribing.ts';

/** What can be asked of the workflows; absent where Temporal is off. */
export interface SubscribingActs {
  signIn(id: string, method: PendingSignIn['method'] | undefined): Promise<Started<PendingSignIn>>;
  completeSignIn(id: string, address: string): Promise<Started<undefined>>;
  revoke(id: string, why: string): Promise<Started<undefined>>;
  renew(id: string): Promise<Started<RenewalView | undefined>>;
  recreate(id: string): Promise<Started<undefined>>;
  leave(): Promise<Started<LeavingView>>;
  /** The sign-in that waits for a person, if one does. */
  pending(id: string): Promise<PendingSignIn | undefined>;
}

export interface SubscribingDeps {
  readonly queries: () => WatchQueries | undefined;
  readonly acts: SubscribingActs | undefined;
  readonly clock: Pick<Clock, 'now' | 'monotonic' | 'sleep'>;
}

/** Milliseconds that a revocation is given to be in the record; measured: less than 300, the command included, and up to 2,000 where a sign-in that waits has to be called off. */
const recordedMs = 5_000;

/** Somebody ended it in Temporal, or it is not wanted any more. */
const noWorkflow = {
  ok: false,
  reason: 'workflows-away',
  detail:
    'No workflow runs for it now: it was ended, as in the pages of Temporal. If the settings want it, it begins anew by itself within five minutes.',
} as const;

const iso = (ms: number) => new Date(ms).toISOString();

/** What operators see of sign-in, subscriptions and the watch: from the record, and from the workflows what is not in it. */
export function createSubscribing({ queries, acts, clock }: SubscribingDeps): Subscribing {
  const { now } = clock;
  const away = {
    ok: false,
    reason: 'workflows-away',
    detail: 'Temporal is off (TOCSIN_TEMPORAL); start Tocsin with it to sign in and to subscribe.',
  } as const;
  /** What is on record is known, though no workflow runs for it now. */
  async function orEnded<T>(id: string, asked: Promise<Started<T>> | undefined): Promise<Started<T>> {
    const answer = (await asked) ?? away;
    if (answer.ok || answer.reason !== 'not-found') return answer;
    const records = [...((await queries()?.credentials()) ?? []), ...((await queries()?.subscriptions()) ?? [])];
    return records.some((record) => record.id === id) ? noWorkflow : answer;
  }
  async function isRecorded(id: string, state: CredentialRecord['state']): Promise<boolean> {
    for (const end = clock.monotonic() + recordedMs; clock.monotonic() < end; await clock.sleep(50)) {
      const record = (await queries()?.credentials())?.find((one) => one.id === id);
      if (record?.state === state) return true;
    }
    return false;
  }

  return {
    async credentials() {
      const records = (await queries()?.credentials()) ?? [];
      return Promise.all(records.map(async (record) => credentialView(record, await acts?.pending(record.id))));
    },
    subscriptions: async () =>
      ((await queries()?.subscriptions()) ?? []).map((record) => subscriptionView(record, now())),
    async watch(from, to) {
      const end = Math.min(to, now());
      const spans = (await queries()?.spans(from, end)) ?? [];
      const records = (await queries()?.subscriptions()) ?? [];
      const feeds = Map.groupBy(spans, ({ feed, policy }) => JSON.stringify([feed, policy ?? '']));
      return {
        ...{ from: iso(from), to: iso(to) },
        feeds: [...feeds.values()].flatMap((own) => {
          if (!own.some((span) => isLeft(span, records)))
            return watchedFeed(
              own.map((span) => asProved(span, now())),
              from,
              end,
            );
          const past = own.map((span) => asLeft(span, now()));
          const last = Math.max(...past.map(({ to: until = end }) => until));
          return last <= from ? [] : { ...watchedFeed(past, from, Math.min(last, end)), left: true };
        }),
      };
    },
    signIn: (id, method) => orEnded(id, acts?.signIn(id, method)),
    completeSignIn: (id, address) => orEnded(id, acts?.completeSignIn(id, address)),
    async revoke(id, why) {
      const revoked = await orEnded(id, acts?.revoke(id, why));
      // Who looks right after it is not to read that it is still signed in.
      return revoked.ok ? { ok: true, value: { started: true, recorded: await isRecorded(id, 'revoked') } } : revoked;
    },
    renew: (id) => orEnded(id, acts?.renew(id)),
    recreate: (id) => orEnded(id, acts?.recreate(id)),
    leave: async () => (await acts?.leave()) ?? (await isNothingLive(queries(), now())) ?? away,
  };
}

/** Without Temporal nothing can be ended; where nothing lives by the record, nothing has to be. */
async function isNothingLive(
  queries: WatchQueries | undefined,
  now: number,
): Promise<Started<LeavingView> | undefined> {
  const subscriptions = (await queries?.subscriptions()) ?? [];
  const credentials = (await queries?.credentials()) ?? [];
  const live =
    subscriptions.some(({ state, expiresAt }) => state !== 'removed' && (expiresAt === undefined || expiresAt > now)) ||
    credentials.some(({ state }) => state !== 'revoked');
  return live ? undefined : { ok: true, value: { ended: true, subscriptions: [], credentials: [], waiting: [] } };
}

/** Milliseconds in which what was just begun may still be under way. */
const settlingMs = 60_000;

const credentialWords: Readonly<Record<string, string>> = {
  ok: 'signed in',
  'waiting-for-sign-in': 'waits for somebody to sign in',
  'sign-in-again': 'somebody has to sign in again',
  'admin-must-act': 'an administrator has to change something first',
  'back-off': 'Entra ID does not answer as it should; it is tried again',
  'our-fault': 'a fault of ours: please report it',
  revoked: 'the sign-in was forgotten on purpose',
};

function credentialView(record: CredentialRecord, pending: PendingSignIn | undefined): CredentialView {
  const { id, feed, state, trouble, permissions, signIn, signInWhat, signInNext, reminders, remindedUrgency } = record;
  const needed = feed === 'events' ? applicationPermissions : delegatedPermissions;
  const next =
    trouble?.next ?? (state === 'ok' || state === 'back-off' ? undefined : 'Sign in: `tocsin sign-in`, or the button.');
  return {
    ...{ id, feed: feed ?? id, state, since: iso(record.since) },
    word: trouble?.what ?? credentialWords[state] ?? state,
    // Those of the sign-in itself are not listed in a token; a grant that there is has them.
    permissions: comparePermissions(needed, permissions, permissions.length > 0 && feed !== 'events'),
    ...times(record, { lastProofAt: 'provedAt', tokenExpiresAt: 'tokenExpiresAt' }),
    // Of a sign-in that is not taken any more nobody is told that it ends in three months.
    ...(state === 'sign-in-again' || state === 'waiting-for-sign-in'
      ? {}
      : times(record, { grantExpiresAt: 'grantExpiresAt' })),
    ...times(record, { signInAt: 'signInAt', remindedAt: 'remindedAt' }),
    ...(reminders === undefined ? {} : { reminders }),
    ...(remindedUrgency === undefined ? {} : { remindedUrgency }),
    ...(trouble?.supportId === undefined ? {} : { supportId: trouble.supportId }),
    ...(signIn === undefined ? {} : { signIn }),
    ...(signInWhat === undefined ? {} : { signInWord: [signInWhat, signInNext].filter(Boolean).join(' ') }),
    ...(next === undefined ? {} : { next }),
    ...(pending === undefined ? {} : { pending }),
  };
}

function subscriptionView(record: SubscriptionRecord, now: number): SubscriptionView {
  const { provedAt, expiresAt, deliversUntil, trouble, since, ...rest } = record;
  const ended = expiresAt !== undefined && expiresAt <= now;
  // Of one that was just adopted nobody knows until when it delivers: it is renewed at once.
  const adopted = provedAt !== undefined && now - provedAt < settlingMs;
  const paused = deliversUntil !== undefined && deliversUntil <= now && !adopted;
  const state = record.state === 'ok' && (ended || paused) ? (ended ? 'expired' : 'paused') : record.state;
  const word: Readonly<Record<string, string>> = {
    ok: 'live',
    expired: 'it ended before it was renewed',
    paused: 'Graph holds deliveries back until it gets a new token',
    lost: 'Graph has it no more; it is made anew',
    removed: 'ended by us',
  };
  return {
    ...rest,
    ...{ feed: record.feed ?? record.id, state, since: iso(since), word: trouble?.what ?? word[state] ?? state },
    ...times(record, { lastProofAt: 'provedAt', expiresAt: 'expiresAt', deliversUntil: 'deliversUntil' }),
    ...(trouble?.next === undefined ? {} : { next: trouble.next }),
    ...(trouble?.supportId === undefined ? {} : { supportId: trouble.supportId }),
  };
}

function watchedFeed(spans: readonly WatchSpan[], from: number, to: number): WatchedFeed {
  const [first] = spans;
  const last = spans.at(-1);
  const within = spans
    .map((span) => ({ span, start: Math.max(span.from, from), end: Math.min(span.to ?? to, to) }))
    .filter(({ start, end }) => start <= end);
  const seconds = (watching: boolean) =>
    within
      .filter(({ span }) => span.watching === watching)
      .reduce((sum, { start, end }) => sum + Math.max(0, end - start), 0) / 1000;
  const watchedSeconds = Math.round(seconds(true));
  const gapSeconds = Math.round(seconds(false));
  return {
    feed: first?.feed ?? '',
    ...(first?.policy === undefined ? {} : { policy: first.policy }),
    watching: last?.watching === true && last.to === undefined,
    ...(last?.provedAt === undefined ? {} : { lastProofAt: iso(last.provedAt) }),
    ...{ watchedSeconds, gapSeconds },
    unknownSeconds: Math.max(0, Math.round((to - from) / 1000) - watchedSeconds - gapSeconds),
    spans: within.map(({ span, start, end }) => ({
      ...{ watching: span.watching, from: iso(start), to: iso(end), open: span.to === undefined },
      ...(span.watching ? {} : { word: gapWord(span.cause) }),
      ...(span.cause === undefined ? {} : { cause: span.cause }),
    })),
  };
}

/** Those of the times that are known, by new names, as ISO 8601. */
function times<From extends object, Name extends string>(
  record: From,
  names: Readonly<Record<Name, keyof From>>,
): { [N in Name]?: string } {
  const found: { [N in Name]?: string } = {};
  for (const [name, key] of Object.entries(names) as [Name, keyof From][]) {
    const value = record[key];
    if (typeof value === 'number') found[name] = iso(value);
  }
  return found;
}
