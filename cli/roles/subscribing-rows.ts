import { asProved, isLeft } from '#cli/roles/watched-spans.ts';
import type { GapCause } from '#domain/watch/events.ts';
import { gapWords } from '#domain/watch/words.ts';
import type { WatchSpan } from '#projections/watch/queries.ts';
import type { HealthRow } from '#web/health-report.ts';
import type { CredentialView, SubscriptionView } from '#web/subscribing.ts';

const dayMs = 86_400_000;
/** A sign-in that ends sooner than this is worth a look. */
const soonMs = 14 * dayMs;
/** The first sign-in and the first subscription may take this long. */
const beginningMs = 120_000;

/** Rows of the admin page about sign-in, subscriptions and the watch. */
export function subscribingRows(
  credentials: readonly CredentialView[],
  subscriptions: readonly SubscriptionView[],
  current: readonly WatchSpan[],
  now: number,
): HealthRow[] {
  return [
    ...credentials.map((one) => credentialRow(one, now)),
    ...subscriptions.filter(({ state }) => state !== 'removed').map(subscriptionRow),
    ...current.filter((span) => !isLeft(span, subscriptions)).map((span) => watchRow(asProved(span, now), now)),
  ];
}

function credentialRow(view: CredentialView, now: number): HealthRow {
  const { id, feed, state, word, grantExpiresAt, permissions, since, lastProofAt, next } = view;
  const { reminders, remindedUrgency } = view;
  const endsSoon = grantExpiresAt !== undefined && Date.parse(grantExpiresAt) - now < soonMs;
  const missing = permissions.filter(({ needed, granted }) => needed && !granted).map(({ name }) => name);
  const more = permissions.filter(({ needed }) => !needed).map(({ name }) => name);
  const well = state === 'ok' && missing.length === 0;
  const step =
    next ??
    (missing.length > 0
      ? `Grant ${missing.join(', ')} to the application in Entra ID, and sign in again.`
      : more.length > 0
        ? `Take ${more.join(', ')} away from the application: Tocsin does not need it.`
        : endsSoon
          ? 'Sign in again before it ends.'
          : undefined);
  return {
    kind: 'credential',
    name: id,
    state: well ? (endsSoon || more.length > 0 ? 'warning' : 'ok') : state === 'back-off' ? 'warning' : 'trouble',
    word: missing.length > 0 && state === 'ok' ? `permission ${missing.join(', ')} is missing` : word,
    ...(since === undefined ? {} : { since }),
    ...(lastProofAt === undefined ? {} : { lastProofAt }),
    ...(grantExpiresAt === undefined ? {} : { expiresAt: grantExpiresAt }),
    ...(reminders === undefined
      ? {}
      : { figures: { reminders: String(reminders), urgency: `${remindedUrgency ?? 1} of 5` } }),
    ...(step === undefined ? {} : { next: step }),
    actions: feed === 'events' ? [] : [{ act: 'sign-in', of: id, word: state === 'ok' ? 'Sign in again' : 'Sign in' }],
  };
}

function subscriptionRow(view: SubscriptionView): HealthRow {
  const { id, state, word, since, lastProofAt, deliversUntil, expiresAt, next, policy, content, apiVersion } = view;
  const until = [deliversUntil, expiresAt].filter((time) => time !== undefined).sort()[0];
  return {
    kind: 'subscription',
    name: policy ?? id,
    state: state === 'ok' ? 'ok' : 'trouble',
    word,
    ...(since === undefined ? {} : { since }),
    ...(lastProofAt === undefined ? {} : { lastProofAt }),
    ...(until === undefined ? {} : { expiresAt: until }),
    figures: {
      ...(content === undefined ? {} : { content }),
      ...(apiVersion === undefined ? {} : { Graph: apiVersion }),
    },
    ...(next === undefined ? {} : { next }),
    actions: [
      { act: 'renew', of: id, word: 'Renew now' },
      { act: 'recreate', of: id, word: 'Make anew' },
    ],
  };
}

function watchRow({ feed, policy, watching, from, to, provedAt, cause }: WatchSpan, now: number): HealthRow {
  const beginning = cause === 'not-started' && now - from < beginningMs;
  const words = gapWords[cause as GapCause];
  const name = policy === undefined ? feed : `${feed}: ${policy}`;
  if (to !== undefined)
    return {
      ...{ kind: 'watch', name, state: 'trouble', word: 'nothing proves any more that it is watched' },
      ...{ since: new Date(to).toISOString(), lastProofAt: new Date(to).toISOString() },
      next: gapWords['tocsin-not-running'].next,
    };
  return {
    ...{ kind: 'watch', name },
    state: watching ? 'ok' : beginning ? 'warning' : 'trouble',
    word: watching ? 'watched' : `not watched: ${words?.word ?? cause ?? 'the cause is not known'}`,
    since: new Date(from).toISOString(),
    ...(provedAt === undefined ? {} : { lastProofAt: new Date(provedAt).toISOString() }),
    ...(watching || words === undefined ? {} : { next: words.next }),
  };
}
