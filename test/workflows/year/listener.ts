import { createPrivateKey } from 'node:crypto';
import { encryptResource } from '#adapters/crypto/encrypt-resource.ts';
import { createNotificationOpener } from '#adapters/crypto/notification-opener.ts';
import { createSealer } from '#adapters/crypto/sealer.ts';
import { judgeListening } from '#cli/roles/listening.ts';
import type { PartitionHealth } from '#cli/roles/partition-health.ts';
import { createSubscriptionSecrets } from '#cli/roles/subscription-secrets.ts';
import { eventMetadata } from '#domain/metadata.ts';
import { defaultPhrases } from '#domain/notices/phrases.ts';
import type { HubFacts } from '#domain/watch/judge.ts';
import type { EventLog } from '#ports/event-log.ts';
import type { MessageToPublish } from '#ports/event-publisher.ts';
import type { Graph } from '#ports/graph.ts';
import type { Ids } from '#ports/ids.ts';
import type { KeyStore } from '#ports/key-store.ts';
import type { Secrets } from '#ports/secrets.ts';
import { type PartitionObserver, runPartition } from '#processor/ingest/partition.ts';
import { recoveryProof } from '#processor/recovery-proof.ts';
import { createResolve } from '#processor/resolve/resolve.ts';
import { createTriage } from '#processor/triage/triage.ts';
import { createWatch, type WatchTarget } from '#processor/watch/watch.ts';
import type { MemoryHub } from '#simulator/memory-event-source.ts';
import { createMortal, type Mortal } from '#test/workflows/year/mortal.ts';
import type { Timeline } from '#test/workflows/year/timeline.ts';
import type { YearLog } from '#test/workflows/year/year-log.ts';
import type { KeyAndCertificate } from '#workflows/activities/deps.ts';

export interface ListenerDeps {
  readonly timeline: Timeline;
  readonly log: YearLog;
  readonly hub: MemoryHub;
  readonly partitions: readonly string[];
  readonly publish: (messages: readonly MessageToPublish[]) => void;
  readonly secrets: Secrets;
  readonly keyStore: KeyStore;
  readonly ids: Ids;
  /** Of the chat feed's sign-in. */
  readonly graph: Pick<Graph, 'message' | 'chats' | 'messages'>;
  readonly tenantId: string;
  readonly certificate: KeyAndCertificate;
  readonly targets: readonly WatchTarget[];
}

/** The process that reads the hub: ingest, triage, resolve and the record of the watch, as the product runs them; one life after the other. */
export interface Listener {
  start(): void;
  isAlive(): boolean;
  /** At once, without a moment to finish anything. */
  kill(): void;
  /** In the middle of what it does with the next notice. */
  killAtNextNotice(random: () => number): void;
  /** Everything up to there in the hub is on record, and judged. */
  isBehind(published: ReadonlyMap<string, number>): boolean;
  /** Gaps that are still to be read again. */
  gapsToFill(): number;
  lives(): number;
  absences(): readonly Absence[];
}

/** A time in which there was none; milliseconds since 1970 UTC. */
export interface Absence {
  readonly from: number;
  readonly to: number;
}

export function createListener(deps: ListenerDeps): Listener {
  const { timeline, log, hub, ids, keyStore } = deps;
  const { clock } = timeline;
  const appendedTo = new Map<string, number>();
  let judgedTo = '';
  let life: Mortal | undefined;
  let lives = 0;
  let diedAt: number | undefined;
  const absences: Absence[] = [];
  let gapsToFill = () => 0;

  function start(): void {
    lives += 1;
    if (diedAt !== undefined) absences.push({ from: diedAt, to: clock.now() });
    const instanceId = ids.random();
    const mortal = createMortal(log, () => {
      diedAt = clock.now();
    });
    life = mortal;
    const metadata = (role: string) => (causation: string, correlation: string) =>
      eventMetadata({ role, build: 'test' }, clock.now(), correlation, causation);
    const common = { log: mortal.log, clock, ids, instanceId, keyStore };
    const probe = createProbe(clock.now, appendedTo);
    const ingesting = ingest(mortal, probe.observer);
    const triage = createTriage({
      ...{ ...common, metadata: metadata('triage') },
      observe: (_, { position, stream }) => {
        if (!mortal.isDead() && stream.startsWith('inbox-')) judgedTo = position > judgedTo ? position : judgedTo;
      },
    });
    const ownKey = createPrivateKey(deps.certificate.key);
    const resolve = createResolve({
      ...{ ...common, metadata: metadata('resolve'), graph: deps.graph, tenantId: deps.tenantId },
      sealer: createSealer({ keyStore }),
      payloads: { fetch: async () => ({ ok: false, reason: 'not-found', detail: 'there are none' }) },
      publisher: {
        async publish(messages) {
          if (mortal.isDead()) return { ok: false, reason: 'unavailable', detail: 'dead' };
          deps.publish(messages);
          return { ok: true };
        },
      },
      encrypt: (resource) => encryptResource(resource, ownKeyId, ownKey),
      clientState: (event) => recoveryProof(keyStore, event.id),
    });
    gapsToFill = () => resolve.health().backFill.gaps;
    const watch = createWatch({
      ...{ log: mortal.log, clock: timeline.late, ids, metadata: metadata('ingest'), targets: deps.targets },
      hub: () => hubFacts(probe.partitions(), clock.now()),
    });
    // What a dead one was waiting for never comes.
    void Promise.all([...ingesting, ...[triage, resolve, watch].map((each) => each.run(mortal.signal))]);
  }

  function ingest({ log: ownLog, signal }: Mortal, observe: PartitionObserver): readonly Promise<void>[] {
    const source = hub.source();
    const own = createSubscriptionSecrets(deps.secrets, clock);
    const ownKey = createPrivateKey(deps.certificate.key);
    return deps.partitions.map((partition) =>
      runPartition(
        {
          ...{ log: ownLog as EventLog, source, keyStore, clock, ids, observe, refresh: own.refresh },
          opener: createNotificationOpener({ keys: async (id) => (id === ownKeyId ? ownKey : own.findKey(id)) }),
          sealer: createSealer({ keyStore }),
          recordedBy: { role: 'ingest', build: 'test' },
          ...{ testNumbers: ['933'], phrases: defaultPhrases },
          judgeClientState: (_id, state, proof) =>
            state !== undefined && [...own.clientStates(), proof].includes(state) ? 'match' : 'mismatch',
          onRetry: () => undefined,
        },
        partition,
        signal,
      ),
    );
  }

  return {
    start,
    isAlive: () => life?.isDead() === false,
    kill: () => life?.die(),
    killAtNextNotice: (random) =>
      life?.dieAtAppend(random() < 0.5 ? ['inbox-'] : ['emergency-'], random() < 0.5 ? 'before' : 'after'),
    isBehind: (published) =>
      [...published].some(([partition, sequence]) => (appendedTo.get(partition) ?? -1) < sequence) ||
      judgedTo < log.lastNotice(),
    gapsToFill: () => gapsToFill(),
    lives: () => lives,
    absences: () => absences,
  };
}

const ownKeyId = 'own';

/** What the product's own probe notes of each partition. */
function createProbe(now: () => number, appendedTo: Map<string, number>) {
  const all = new Map<string, { -readonly [K in keyof PartitionHealth]: PartitionHealth[K] }>();
  const of = (partition: string) => {
    const known = all.get(partition) ?? { partition, state: 'waiting', since: now(), appendedTo: -1 };
    all.set(partition, known);
    return known;
  };
  const measure = (partition: string) => {
    const health = of(partition);
    const { lastEnqueued } = health;
    if (lastEnqueued === undefined) return;
    health.lagMs = lastEnqueued.sequenceNumber <= health.appendedTo ? 0 : Math.max(0, now() - lastEnqueued.enqueuedAt);
  };
  const observer: PartitionObserver = {
    state(partition, state) {
      of(partition).state = state;
    },
    opened(partition, sequence, end) {
      Object.assign(of(partition), { appendedTo: sequence, lastEnqueued: end });
      appendedTo.set(partition, sequence);
      measure(partition);
    },
    heard(partition, lastEnqueued) {
      const health = of(partition);
      health.heardAt = now();
      if (lastEnqueued !== undefined) health.lastEnqueued = lastEnqueued;
      measure(partition);
    },
    received(partition, _, { sequenceNumber, enqueuedAt }) {
      const health = of(partition);
      health.heardAt = now();
      if (sequenceNumber > (health.lastEnqueued?.sequenceNumber ?? -1))
        health.lastEnqueued = { sequenceNumber, enqueuedAt };
      measure(partition);
    },
    appended(partition, _, sequence) {
      of(partition).appendedTo = sequence;
      appendedTo.set(partition, sequence);
      measure(partition);
    },
    ...{ gap: () => undefined, refused: () => undefined, ownership: () => undefined },
  };
  return { observer, partitions: () => [...all.values()] };
}

/** As the role `ingest` tells the record of the watch (cli/roles/watch.ts). */
function hubFacts(partitions: readonly PartitionHealth[], now: number): HubFacts {
  const { ok, lastProofAt } = judgeListening(partitions, now);
  if (ok) return { ok: true, provedAt: lastProofAt ?? now };
  return {
    ...{ ok: false, cause: 'partition-not-read' },
    ...(lastProofAt === undefined ? {} : { provedAt: lastProofAt }),
  };
}
