import { systemClock } from '#adapters/system/clock.ts';
import { systemIds } from '#adapters/system/ids.ts';
import { fold } from '#domain/emergency/evolve.ts';
import { readEmergencyEvent } from '#domain/emergency/read.ts';
import type { EmergencyState } from '#domain/emergency/state.ts';
import { eventMetadata } from '#domain/metadata.ts';
import type { CallReport } from '#domain/notices/item.ts';
import type { SealedValue } from '#domain/personal.ts';
import type { EventLog, NewEvent } from '#ports/event-log.ts';
import { createTriage, type Triage, type TriageDeps } from '#processor/triage/triage.ts';
import { inboxEvent } from '#test/support/calls.ts';
import { eventually } from '#test/support/eventually.ts';
import type { MemoryEventLog } from '#test/support/memory-event-log.ts';

export interface RunningTriage {
  readonly triage: Triage;
  stop(): Promise<void>;
}

export function startTriage(log: EventLog, instanceId = 'one', more: Partial<TriageDeps> = {}): RunningTriage {
  const ending = new AbortController();
  const triage = createTriage({
    log,
    clock: systemClock,
    ids: systemIds,
    instanceId,
    metadata: (causation, correlation) =>
      eventMetadata({ role: 'triage', build: 'test' }, Date.now(), correlation, causation),
    ...more,
  });
  const ended = triage.run(ending.signal);
  return {
    triage,
    async stop() {
      ending.abort();
      await ended;
    },
  };
}

/** Puts an event into the inbox as ingest would. */
export async function deliver(log: MemoryEventLog, ...events: readonly NewEvent[]): Promise<void> {
  const stored = log.stream('inbox-hub-0').length;
  const result = await log.append('inbox-hub-0', stored === 0 ? 'no-stream' : stored - 1, events);
  if (!result.ok) throw new Error(result.reason);
}

export function notice(call: CallReport<SealedValue>, enqueuedAt?: string): NewEvent {
  return inboxEvent(call, enqueuedAt === undefined ? {} : { enqueuedAt });
}

/** Until everything in the inbox is judged and on record. */
export async function judged(log: MemoryEventLog, { triage }: RunningTriage): Promise<void> {
  const last = log.events.findLast((event) => event.stream.startsWith('inbox-'))?.position ?? '';
  await eventually('everything is judged', () => {
    const { caughtUp, position } = triage.health();
    return caughtUp && (position ?? '') >= last;
  });
}

/** All emergencies by their ids. */
export function emergencies(log: MemoryEventLog): ReadonlyMap<string, EmergencyState> {
  const streams = new Set(log.events.map(({ stream }) => stream).filter((stream) => stream.startsWith('emergency-')));
  return new Map(
    [...streams].map((stream) => [
      stream.slice('emergency-'.length),
      fold(log.stream(stream).flatMap((event) => readEmergencyEvent(event) ?? [])),
    ]),
  );
}
