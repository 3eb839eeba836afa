import type { AlarmFacts, WatchRecord } from '#cli/roles/alarm-conditions.ts';
import { notWatched, signInEndsAt, subscriptionEndsAt } from '#cli/roles/alarm-conditions.ts';
import { createAlarms } from '#cli/roles/alarms.ts';
import type { RunContext } from '#cli/roles/context.ts';
import type { ListeningState } from '#cli/roles/listening.ts';
import type { Metrics } from '#cli/roles/metrics.ts';
import { createUnreadLines } from '#cli/roles/unread-lines.ts';
import type { WatchTarget } from '#processor/watch/watch.ts';
import type { WatchQueries } from '#projections/watch/queries.ts';

export interface AlarmsOptions {
  readonly context: Pick<RunContext, 'clock' | 'log' | 'metrics'>;
  /** What the settings want to be watched; none: somebody else stays subscribed, and only the hub is looked at. */
  readonly targets: readonly WatchTarget[];
  /** The record, where this process reads it. */
  readonly watch?: { readonly queries: WatchQueries; readonly known: () => boolean };
  /** Whether the hub is read, where this process knows. */
  readonly listening?: () => ListeningState;
  readonly signal: AbortSignal;
}

const lookMs = 5_000;

/** Writes a line for each alarm and for each partition where something has waited for long, and sets the gauges of sign-in, subscriptions and watch; resolves when the signal was aborted. */
export async function runAlarms({ context, targets, watch, listening, signal }: AlarmsOptions): Promise<void> {
  const { clock, log, metrics } = context;
  const startedAt = clock.now();
  const alarms = createAlarms(startedAt);
  const unread = createUnreadLines();
  while (!signal.aborted) {
    const record = watch === undefined || !watch.known() ? undefined : await recordOf(watch.queries);
    const now = clock.now();
    const heard = listening?.();
    const facts: AlarmFacts = {
      targets,
      ...(record === undefined ? {} : { watch: record }),
      ...(heard === undefined ? {} : { listening: heard }),
    };
    if (record !== undefined) setGauges(metrics, { ...facts, watch: record }, now, startedAt);
    for (const line of alarms.look(facts, now)) {
      // The word is the message: `alarm` and the rest are what machines look for.
      if ('alarm' in line) log.error(line, `${line.of}: ${line.word}`);
      else log.info(line, `${line.of}: it is over`);
    }
    // An error like the lines of alarms: alarms read this one, too, and have to find it however little is logged.
    for (const line of unread.look(heard?.partitions ?? [], now))
      log.error(line, `messages of the hub wait in partition ${line.unreadPartition}`);
    await clock.sleep(lookMs, signal);
  }
}

/** Undefined while it cannot be read. */
async function recordOf(queries: WatchQueries): Promise<WatchRecord | undefined> {
  try {
    return {
      credentials: await queries.credentials(),
      subscriptions: await queries.subscriptions(),
      current: await queries.current(),
    };
  } catch {
    return undefined;
  }
}

function setGauges(
  metrics: Pick<Metrics, 'credentialExpiry' | 'subscriptionExpiry' | 'feedWatched'>,
  facts: AlarmFacts & { readonly watch: WatchRecord },
  now: number,
  startedAt: number,
): void {
  const { targets, watch } = facts;
  metrics.credentialExpiry.reset();
  metrics.subscriptionExpiry.reset();
  metrics.feedWatched.reset();
  for (const target of targets) {
    const { feed, policy = '' } = target;
    const credential = watch.credentials.find(({ id }) => id === target.credential);
    const ends = credential === undefined || credential.state === 'revoked' ? undefined : signInEndsAt(credential);
    if (ends !== undefined) metrics.credentialExpiry.set({ credential: target.credential, feed }, ends / 1000);
    const subscription = watch.subscriptions.find(({ id }) => id === target.subscription);
    const until = subscription === undefined ? undefined : subscriptionEndsAt(subscription, now);
    if (until !== undefined) metrics.subscriptionExpiry.set({ subscription: target.subscription, feed }, until / 1000);
    const watched = notWatched(target, { ...facts, now, startedAt }) === undefined;
    metrics.feedWatched.set({ feed, policy }, watched ? 1 : 0);
  }
}
