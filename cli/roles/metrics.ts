import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/** What the roles of a process count and time. Labels have few values and never name anybody. */
export interface Metrics {
  readonly registry: Registry;
  /** Everything in the text format of Prometheus, with those of the process itself, which are first taken when somebody asks. */
  readonly text: () => Promise<string>;
  /** Calls this before every answer: for gauges of what changes by itself. */
  readonly beforeAnswer: (refresh: () => void) => void;
  readonly ingestEvents: Counter<'partition' | 'type'>;
  readonly ingestGaps: Counter<'partition' | 'cause'>;
  readonly ingestLagMessages: Gauge<'partition'>;
  readonly ingestLagSeconds: Gauge<'partition'>;
  readonly ingestProofAge: Gauge<'partition'>;
  readonly unjudged: Gauge;
  readonly diskFree: Gauge<'of'>;
  readonly enqueueToAppend: Histogram;
  readonly enqueueToScreen: Histogram;
  readonly appendRetries: Counter<'reason'>;
  readonly errors: Counter<'code'>;
  readonly triageEvents: Counter<'outcome'>;
  readonly credentialExpiry: Gauge<'credential' | 'feed'>;
  readonly subscriptionExpiry: Gauge<'subscription' | 'feed'>;
  readonly feedWatched: Gauge<'feed' | 'policy'>;
}

const latencyBuckets = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60, 600];

export function createMetrics(version: string): Metrics {
  const registry = new Registry();
  const registers = [registry];
  new Gauge({
    name: 'tocsin_build_info',
    help: 'Constant 1, labelled with the version.',
    labelNames: ['version'],
    registers,
  }).set({ version }, 1);
  const refreshers: (() => void)[] = [];
  let ofProcess = false;
  return {
    registry,
    text: () => {
      // The lag of the event loop is measured a hundred times a second, which wakes an idle process as often: not before somebody wants to know.
      if (!ofProcess) collectDefaultMetrics({ register: registry });
      ofProcess = true;
      return registry.metrics();
    },
    beforeAnswer: (refresh) => void refreshers.push(refresh),
    ingestEvents: new Counter({
      name: 'tocsin_ingest_events_total',
      help: 'Events appended to the inbox streams.',
      labelNames: ['partition', 'type'],
      registers,
    }),
    ingestGaps: new Counter({
      name: 'tocsin_ingest_gaps_total',
      help: 'Gaps put on record.',
      labelNames: ['partition', 'cause'],
      registers,
    }),
    ingestLagMessages: new Gauge({
      name: 'tocsin_ingest_lag_messages',
      help: 'Messages that the hub has and the log has not.',
      labelNames: ['partition'],
      registers,
    }),
    ingestLagSeconds: new Gauge({
      name: 'tocsin_ingest_lag_seconds',
      help: 'Age of the oldest message that the hub has and the log has not; 0 when there is none.',
      labelNames: ['partition'],
      registers,
    }),
    ingestProofAge: new Gauge({
      name: 'tocsin_ingest_proof_age_seconds',
      help: 'Time since it was last proved that the partition is read: the hub answered, and nothing was missing.',
      labelNames: ['partition'],
      registers,
      collect() {
        for (const refresh of refreshers) refresh();
      },
    }),
    unjudged: new Gauge({
      name: 'tocsin_unjudged_seconds',
      help: 'How long the oldest message has waited in the log for triage to judge it, as the desk saw it; 0 when there is none.',
      registers,
    }),
    diskFree: new Gauge({
      name: 'tocsin_disk_free_bytes',
      help: 'Room that is left on the disk of what this process keeps in files.',
      labelNames: ['of'],
      registers,
    }),
    enqueueToAppend: new Histogram({
      name: 'tocsin_enqueue_to_append_seconds',
      help: 'From the hub taking a message until its events are in the log.',
      buckets: latencyBuckets,
      registers,
    }),
    enqueueToScreen: new Histogram({
      name: 'tocsin_enqueue_to_screen_seconds',
      help: 'From the hub taking a notice until its emergency was sent to the open pages.',
      buckets: latencyBuckets,
      registers,
    }),
    appendRetries: new Counter({
      name: 'tocsin_append_retries_total',
      help: 'Appends that had to be repeated.',
      labelNames: ['reason'],
      registers,
    }),
    errors: new Counter({ name: 'tocsin_errors_total', help: 'Errors by code.', labelNames: ['code'], registers }),
    triageEvents: new Counter({
      name: 'tocsin_triage_notices_total',
      help: 'Notices judged, by what came of them.',
      labelNames: ['outcome'],
      registers,
    }),
    credentialExpiry: new Gauge({
      name: 'tocsin_credential_expiry_timestamp_seconds',
      help: 'When the sign-in ends, or ended; absent where no end is known.',
      labelNames: ['credential', 'feed'],
      registers,
    }),
    subscriptionExpiry: new Gauge({
      name: 'tocsin_subscription_expiry_timestamp_seconds',
      help: 'Until when Graph delivers on the subscription, or when it was lost.',
      labelNames: ['subscription', 'feed'],
      registers,
    }),
    feedWatched: new Gauge({
      name: 'tocsin_feed_watched',
      help: '1 while the feed is provably watched, 0 while it is not.',
      labelNames: ['feed', 'policy'],
      registers,
    }),
  };
}
