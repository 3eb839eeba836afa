import { inboxStream, incarnationOf } from '#domain/names.ts';
import type { EventLog, ExpectedRevision } from '#ports/event-log.ts';
import type { EventSource, LastEnqueued, ReceivedMessage } from '#ports/event-source.ts';
import { type AppendDeps, appendSettled, pause, type SettledAppend } from '#processor/ingest/append.ts';
import { appendParts } from '#processor/ingest/append-parts.ts';
import type { AssignerEvent } from '#processor/ingest/assigner.ts';
import { gapEvent } from '#processor/ingest/gap.ts';
import { isLifeOf, planReading, type ReadingPlan } from '#processor/ingest/position.ts';
import { type PrepareDeps, type PreparedEvent, prepareBatch } from '#processor/ingest/prepare.ts';
import { readTail } from '#processor/ingest/tail.ts';

export interface PartitionDeps extends PrepareDeps, AppendDeps {
  readonly log: EventLog;
  readonly source: EventSource;
  readonly observe: PartitionObserver;
}

/** What does not answer while a partition waits. */
export type Away = 'hub' | 'log' | 'key-store';

/** Told of what happens in a partition; for probes, metrics and logs. Must not throw. */
export interface PartitionObserver {
  readonly state: (partition: string, state: 'reading' | 'waiting' | 'stopped', detail?: string, away?: Away) => void;
  /** Reading begins; the log has everything up to that sequence number (-1: nothing), and the hub up to that end. */
  readonly opened: (partition: string, sequenceNumber: number, end: LastEnqueued) => void;
  /** The hub said that nothing new is there: proof that this partition is listened to. */
  readonly heard: (partition: string, lastEnqueued: LastEnqueued | undefined) => void;
  /** Messages came: the first and the last of them. What else the hub has they do not tell. */
  readonly received: (partition: string, first: LastEnqueued, last: LastEnqueued) => void;
  readonly appended: (
    partition: string,
    events: readonly PreparedEvent[],
    sequenceNumber: number,
    offset: string,
  ) => void;
  readonly gap: (partition: string, cause: string) => void;
  readonly refused: (partition: string, reason: string, detail: string) => void;
  /** The ownership store went away or is back; it only spares work. */
  readonly ownership: (event: AssignerEvent) => void;
}

/**
 * Reads one partition into its inbox stream until the signal is aborted. The tail of the stream is the checkpoint: it is read at the
 * start and after every conflict, and nothing else remembers how far we are. Never throws.
 */
export async function runPartition(deps: PartitionDeps, partition: string, signal: AbortSignal): Promise<void> {
  for (let failures = 0; !signal.aborted; ) {
    const opened = await openPartition(deps, partition, signal).catch(
      (error: unknown): NotOpened => ({ ok: false, detail: String(error) }),
    );
    const ended: Ended = opened.ok
      ? await readOn(deps, partition, opened, signal).catch((error: unknown) => ({
          why: 'failed' as const,
          detail: String(error),
          progressed: false,
        }))
      : { ...opened, why: 'failed' };
    if (signal.aborted) break;
    if (ended.why === 'reread') {
      failures = 0;
      continue;
    }
    // Trouble after success is new trouble: its pauses begin anew, or a stop now and then would in time make every one as long as the longest.
    failures = ended.progressed === true ? 1 : failures + 1;
    deps.observe.state(partition, 'waiting', ended.detail, ended.away);
    await deps.clock.sleep(pause(failures, deps.ids.fraction()), signal);
  }
  deps.observe.state(partition, 'stopped');
}

interface OpenPartition {
  readonly ok: true;
  readonly stream: string;
  readonly plan: ReadingPlan;
  readonly revision: ExpectedRevision;
  readonly lastSequence: number;
  /** Where the hub ended when it was asked. */
  readonly end: LastEnqueued;
}

interface NotOpened {
  readonly ok: false;
  readonly detail: string;
  readonly away?: Away;
}

async function openPartition(
  deps: PartitionDeps,
  partition: string,
  signal: AbortSignal,
): Promise<OpenPartition | NotOpened> {
  const described = await deps.source.describe(signal);
  if (!described.ok) return { ok: false, away: 'hub', detail: `hub: ${described.reason}: ${described.detail}` };
  const { hub } = described;
  const stream = inboxStream(hub.hub, partition);
  const tail = await readTail(deps.log, stream);
  if (!tail.ok) return { ok: false, away: 'log', detail: `log: ${tail.detail}` };
  // After the tail: another reader may append meanwhile, and a hub that was asked before would seem to end sooner than the log, as one that was made anew does.
  const properties = await deps.source.partition(partition, signal);
  if (!properties.ok) return { ok: false, away: 'hub', detail: `hub: ${properties.reason}: ${properties.detail}` };
  const plan = planReading(tail.position, incarnationOf(hub), properties.partition);
  const { lastEnqueuedSequenceNumber, lastEnqueuedAt = 0 } = properties.partition;
  const end = { sequenceNumber: lastEnqueuedSequenceNumber, enqueuedAt: lastEnqueuedAt };
  const lastSequence =
    plan.gap?.lastLost ??
    (plan.start.at === 'sequence-number' ? plan.start.sequenceNumber - (plan.start.inclusive ? 1 : 0) : -1);
  if (plan.gap === undefined) return { ok: true, stream, plan, revision: tail.revision, lastSequence, end };
  const context = {
    hub: hub.hub,
    partition,
    incarnation: plan.incarnation,
    recordedBy: deps.recordedBy,
    now: deps.clock.now(),
  };
  const appended = await appendSettled(deps, stream, tail.revision, [gapEvent(context, plan.gap)], signal);
  if (appended.outcome !== 'appended')
    return { ok: false, away: 'log', detail: `log: the gap could not be recorded (${appended.outcome})` };
  deps.observe.gap(partition, plan.gap.cause);
  return { ok: true, stream, plan, revision: appended.revision, lastSequence, end };
}

type Ended =
  | { readonly why: 'reread' }
  | {
      readonly why: 'failed';
      readonly detail: string;
      readonly away?: Away;
      /** Something was appended before. */
      readonly progressed?: boolean;
    };

/** Receives and appends until something asks for a fresh look at the tail. While one batch is appended the next is prepared. */
async function readOn(
  deps: PartitionDeps,
  partition: string,
  from: OpenPartition,
  signal: AbortSignal,
): Promise<Ended> {
  const inner = new AbortController();
  const stop = () => inner.abort();
  signal.addEventListener('abort', stop, { once: true });
  // Told to stop while the partition was opened: nobody says so again.
  if (signal.aborted) stop();
  let revision = from.revision;
  let lastSequence = from.lastSequence;
  let resume = from.plan.resume;
  let ended: Ended | undefined;
  let progressed = false;
  let appending: Promise<void> = Promise.resolve();
  const onCut = (reason: string, detail: string) =>
    deps.observe.refused(partition, reason, `${detail}: the event is stored as far as the log takes it`);
  const finish = (how: Ended) => {
    ended ??= how;
    inner.abort();
  };
  const looking = lookForNewHub(deps, from.plan.incarnation, inner.signal, () => finish({ why: 'reread' }));
  deps.observe.opened(partition, lastSequence, from.end);
  deps.observe.state(partition, 'reading');
  try {
    for await (const item of deps.source.receive(partition, from.plan.start, inner.signal)) {
      if (item.kind === 'stopped') {
        finish(
          item.reason === 'position-invalid'
            ? { why: 'failed', detail: 'the hub does not know our position any more' }
            : { why: 'failed', detail: 'another consumer took the partition' },
        );
        break;
      }
      if (item.kind === 'idle') {
        deps.observe.heard(partition, item.lastEnqueued);
        continue;
      }
      const [first, last] = [item.messages[0], item.messages.at(-1)];
      if (first === undefined || last === undefined) continue;
      deps.observe.received(partition, first, last);
      const fresh = item.messages.filter((message) => message.sequenceNumber > lastSequence);
      if (fresh.length === 0) continue;
      const missing = await lookForMissing(deps, partition, fresh, lastSequence, inner.signal);
      if (missing !== undefined) {
        await appending;
        finish(missing);
        break;
      }
      const prepared = await prepareBatch(deps, from.plan.incarnation, fresh, resume);
      await appending;
      if (ended !== undefined) break;
      if (!prepared.ok) {
        finish({ why: 'failed', away: 'key-store', detail: `key store: ${prepared.detail}` });
        break;
      }
      resume = undefined;
      const { sequenceNumber: sequence = lastSequence, offset = '' } = fresh.at(-1) ?? {};
      lastSequence = sequence;
      appending = appendParts({ ...deps, onCut }, from.stream, revision, prepared.events, signal).then((result) => {
        if (result.outcome === 'appended') {
          revision = result.revision;
          progressed = true;
          deps.observe.appended(partition, prepared.events, sequence, offset);
        } else finish(endOf(deps, partition, result));
      });
    }
  } finally {
    inner.abort();
    await appending;
    await looking;
    signal.removeEventListener('abort', stop);
  }
  const how: Ended = ended ?? { why: 'failed', away: 'hub', detail: 'the hub ended the stream' };
  return how.why === 'failed' ? { ...how, progressed } : how;
}

/**
 * A hub that was deleted and created again while the vendor's client reconnects by itself says nothing: our position is read as one of the new hub, and
 * everything before it would never come.
 */
async function lookForNewHub(
  { source, clock, ids }: PartitionDeps,
  incarnation: string,
  signal: AbortSignal,
  onNew: () => void,
): Promise<void> {
  for (;;) {
    await clock.sleep(lookMs * (0.5 + ids.fraction()), signal);
    if (signal.aborted) return;
    const described = await source.describe(signal).catch(() => undefined);
    if (described?.ok === true && !isLifeOf(incarnation, incarnationOf(described.hub))) return onNew();
  }
}

/** Milliseconds between looks whether the hub is still the one that it was. */
const lookMs = 5_000;

/**
 * Why not to read on: the first message is not the next one, and the hub says that those between are gone, or cannot be asked. Nothing behind them may be appended
 * then: the tail would be past what was lost, and nobody would look for it again.
 */
async function lookForMissing(
  deps: PartitionDeps,
  partition: string,
  fresh: readonly ReceivedMessage[],
  lastSequence: number,
  signal: AbortSignal,
): Promise<Ended | undefined> {
  const first = fresh[0]?.sequenceNumber ?? 0;
  if (lastSequence < 0 || first === lastSequence + 1) return undefined;
  const now = await deps.source.partition(partition, signal);
  if (!now.ok) return { why: 'failed', away: 'hub', detail: `hub: ${now.reason}: ${now.detail}` };
  return now.partition.beginningSequenceNumber > lastSequence + 1 ? { why: 'reread' } : undefined;
}

function endOf(deps: PartitionDeps, partition: string, result: Exclude<SettledAppend, { outcome: 'appended' }>): Ended {
  switch (result.outcome) {
    case 'conflict':
      // After a doubtful attempt the tail is probably our own; otherwise somebody else reads this partition: let him go first.
      return result.doubtful
        ? { why: 'failed', detail: 'the hub does not know our position any more' }
        : { why: 'failed', detail: 'another process appends to this partition' };
    case 'refused':
      deps.observe.refused(partition, result.reason, result.detail);
      return { why: 'failed', away: 'log', detail: `log refused the append: ${result.reason}: ${result.detail}` };
    case 'stopped':
      return { why: 'failed', detail: 'stopped' };
  }
}
