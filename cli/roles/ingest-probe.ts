import type { Logger } from 'pino';
import { type Backlog, createBacklog } from '#cli/roles/backlog.ts';
import type { Metrics } from '#cli/roles/metrics.ts';
import type { PartitionHealth } from '#cli/roles/partition-health.ts';
import { showProofAge } from '#cli/roles/proof-age.ts';
import type { Clock } from '#ports/clock.ts';
import type { EventSource, LastEnqueued, SourceFailure } from '#ports/event-source.ts';
import type { IngestObserver } from '#processor/ingest/ingest.ts';

export interface IngestProbe {
  readonly observer: IngestObserver;
  /** Those that this process reads, or did. */
  partitions(): readonly PartitionHealth[];
  /**
   * All that the hub has, also where this process does not read them. One that the hub got later counts as heard when the hub was last asked and did not have it: until
   * then nothing of it was missed.
   */
  ofHub(): readonly PartitionHealth[];
  /** Asks the hub for the ends of the partitions every few seconds, until the signal is aborted: lag is measured, never assumed. */
  pollLag(source: Pick<EventSource, 'partition'>, signal: AbortSignal): Promise<void>;
}

/** What is known of a partition when the hub first says that it has it. */
type NewPartition = Pick<PartitionHealth, 'since' | 'heardAt'>;
type Mutable<T> = { -readonly [K in keyof T]: T[K] };
const pollMs = 3000;

export function createIngestProbe(clock: Clock, metrics: Metrics, log: Logger): IngestProbe {
  const all = new Map<string, Mutable<PartitionHealth>>();
  const backlogs = new Map<string, Backlog>();
  const backlogOf = (partition: string): Backlog => {
    const backlog = backlogs.get(partition) ?? createBacklog();
    backlogs.set(partition, backlog);
    return backlog;
  };
  // Before that nobody knows what the log has, so nobody knows what it lacks.
  const opened = new Set<string>();
  const of = (partition: string): Mutable<PartitionHealth> => {
    const known = all.get(partition);
    if (known !== undefined) return known;
    const fresh: Mutable<PartitionHealth> = { partition, state: 'waiting', since: clock.now(), appendedTo: -1 };
    all.set(partition, fresh);
    return fresh;
  };
  /** Partitions of the hub as it last said, when; undefined before it did. */
  let hub: { readonly at: number; readonly partitions: ReadonlyMap<string, NewPartition> } | undefined;
  const noLag = (partition: string) => {
    for (const gauge of [metrics.ingestLagMessages, metrics.ingestLagSeconds]) gauge.remove({ partition });
  };
  const forget = (partition: string) => {
    for (const each of [all, backlogs, opened, endKnownAt, unanswered]) each.delete(partition);
    noLag(partition);
  };
  const partitions = () =>
    [...all.values()]
      .filter(({ partition }) => partition === '*' || hub?.partitions.has(partition) !== false)
      .map((health) => ({ ...health }));
  const measure = (health: Mutable<PartitionHealth>) => {
    const { lastEnqueued } = health;
    if (lastEnqueued === undefined || !opened.has(health.partition)) return;
    health.lagMessages = Math.max(0, lastEnqueued.sequenceNumber - health.appendedTo);
    const oldestAt = backlogOf(health.partition).oldestUnreadAt() ?? lastEnqueued.enqueuedAt;
    health.lagMs = health.lagMessages === 0 ? 0 : Math.max(0, clock.now() - oldestAt);
    // Who reads it now says how it is.
    if (health.state === 'stopped') return;
    metrics.ingestLagMessages.set({ partition: health.partition }, health.lagMessages);
    metrics.ingestLagSeconds.set({ partition: health.partition }, health.lagMs / 1000);
  };
  /** When the hub last said where a partition ends. */
  const endKnownAt = new Map<string, number>();
  const newest = (a: LastEnqueued | undefined, b: LastEnqueued) =>
    a === undefined || b.sequenceNumber >= a.sequenceNumber ? b : a;
  const ends = (health: Mutable<PartitionHealth>, at: LastEnqueued) => {
    health.lastEnqueued = newest(health.lastEnqueued, at);
    endKnownAt.set(health.partition, clock.now());
    backlogOf(health.partition).end(at.sequenceNumber, at.enqueuedAt, clock.now());
  };

  // The vendor's client tries again by itself, for ever and silently: nothing else says why.
  const unanswered = new Map<string, SourceFailure['reason']>();
  const didNotAnswer = (health: Mutable<PartitionHealth>, { reason, detail }: Omit<SourceFailure, 'ok'>) => {
    const { partition } = health;
    if (unanswered.get(partition) !== reason)
      log.warn({ partition, reason, detail }, 'the hub does not say where a partition ends');
    unanswered.set(partition, reason);
    Object.assign(health, { away: 'hub', detail });
  };
  const didAnswer = (health: Mutable<PartitionHealth>) => {
    const { partition } = health;
    if (unanswered.delete(partition)) log.info({ partition }, 'the hub says again where a partition ends');
    delete health.away;
    delete health.detail;
  };

  showProofAge(metrics, clock, partitions);
  return {
    observer: {
      described(partitionIds) {
        const at = clock.now();
        for (const partition of all.keys())
          if (partition !== '*' && !partitionIds.includes(partition)) forget(partition);
        const found: NewPartition = { since: at, ...(hub === undefined ? {} : { heardAt: hub.at }) };
        hub = { at, partitions: new Map(partitionIds.map((id) => [id, hub?.partitions.get(id) ?? found])) };
      },
      state(partition, state, detail, away) {
        const health = of(partition);
        if (health.state !== state) health.since = clock.now();
        health.state = state;
        if (detail === undefined) delete health.detail;
        else health.detail = detail;
        if (away === undefined) delete health.away;
        else health.away = away;
        if (state === 'stopped') noLag(partition);
        if (state === 'waiting') log.warn({ partition, detail }, 'a partition cannot be read now');
        else log.debug({ partition, state }, 'partition');
        if (state === 'reading') all.delete('*');
      },
      opened(partition, sequenceNumber, end) {
        const health = of(partition);
        // The hub is a new one: where the old one ended says nothing any more.
        if (sequenceNumber < health.appendedTo) delete health.lastEnqueued;
        health.appendedTo = sequenceNumber;
        opened.add(partition);
        backlogOf(partition).read(sequenceNumber);
        ends(health, end);
        measure(health);
      },
      heard(partition, lastEnqueued) {
        const health = of(partition);
        health.heardAt = clock.now();
        if (lastEnqueued !== undefined) ends(health, lastEnqueued);
        measure(health);
      },
      received(partition, first, { sequenceNumber, enqueuedAt }) {
        const health = of(partition);
        // After the hub was away its end is not known, and old messages are no proof that no more of them wait; new ones are, as they come in order.
        const now = clock.now();
        if (now - Math.max(enqueuedAt, endKnownAt.get(partition) ?? 0) <= 2 * pollMs) health.heardAt = now;
        backlogOf(partition).seen(first.sequenceNumber, first.enqueuedAt);
        health.lastEnqueued = newest(health.lastEnqueued, { sequenceNumber, enqueuedAt });
        measure(health);
      },
      appended(partition, events, sequenceNumber, offset) {
        const health = of(partition);
        health.appendedTo = sequenceNumber;
        health.appendedOffset = offset;
        backlogOf(partition).read(sequenceNumber, events.at(-1)?.enqueuedAt);
        const now = clock.now();
        // Counted by type first: finding the counter of a set of labels costs more than counting.
        const types = new Map<string, number>();
        for (const { event, enqueuedAt } of events) {
          types.set(event.type, (types.get(event.type) ?? 0) + 1);
          metrics.enqueueToAppend.observe(Math.max(0, now - enqueuedAt) / 1000);
        }
        for (const [type, count] of types) metrics.ingestEvents.inc({ partition, type }, count);
        measure(health);
      },
      gap(partition, cause) {
        metrics.ingestGaps.inc({ partition, cause });
        log.error({ partition, cause }, 'messages of the hub are lost for ever; the gap is on record');
      },
      refused(partition, reason, detail) {
        metrics.errors.inc({ code: `append-${reason}` });
        log.error({ partition, reason, detail }, 'the log refuses an append');
      },
      ownership(event) {
        if (event.event === 'ownership-unavailable')
          log.warn({ detail: event.detail, owned: event.owned }, 'the ownership store is away; it only spares work');
        else log.info('the ownership store is back');
      },
    },
    partitions,
    ofHub: () =>
      hub === undefined
        ? partitions()
        : [...hub.partitions].map(([partition, found]) => ({
            ...{ partition, state: 'waiting' as const, appendedTo: -1 },
            ...{ ...found, ...all.get(partition) },
          })),
    async pollLag(source, signal) {
      while (!signal.aborted) {
        await clock.sleep(pollMs, signal);
        for (const health of all.values()) {
          if (signal.aborted || health.partition === '*' || health.state === 'stopped') continue;
          const answer = await source.partition(health.partition, signal).catch(() => undefined);
          if (answer?.ok !== true) {
            if (health.state === 'reading')
              didNotAnswer(health, answer ?? { reason: 'unavailable', detail: 'no answer' });
            // What is known to wait grows older meanwhile.
            measure(health);
            continue;
          }
          if (health.state === 'reading') didAnswer(health);
          const { lastEnqueuedSequenceNumber, lastEnqueuedAt } = answer.partition;
          ends(health, { sequenceNumber: lastEnqueuedSequenceNumber, enqueuedAt: lastEnqueuedAt ?? 0 });
          // An answer of the hub and nothing missing is the proof that we listen.
          if (health.state === 'reading' && (health.lastEnqueued?.sequenceNumber ?? 0) <= health.appendedTo)
            health.heardAt = clock.now();
          measure(health);
        }
      }
    },
  };
}
