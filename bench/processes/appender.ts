import { rmSync } from 'node:fs';
import { EventStoreDBClient, jsonEvent } from '@eventstore/db-client';
import { createEventStoreDbLog } from '#adapters/eventstoredb/event-log.ts';
import { systemClock } from '#adapters/system/clock.ts';
import { systemIds } from '#adapters/system/ids.ts';
import { type IngestArgs, runIngest } from '#bench/processes/run-ingest.ts';
import { createTimedEvents, sweep, type TimedEvents } from '#bench/processes/timed.ts';
import type { ExpectedRevision, NewEvent } from '#ports/event-log.ts';

interface Batch {
  readonly expected: ExpectedRevision;
  readonly events: readonly NewEvent[];
}

/** What ingest appended once, by stream, in order. */
const recorded = new Map<string, Batch[]>();

/** Appends what ingest made, without hub and without ingest. */
export const appenderJobs = {
  /** Lets ingest run once into an embedded log and keeps its appends. */
  async record(args: IngestArgs): Promise<void> {
    const run = await runIngest(args, (shared) => ({
      ...shared,
      eventLog: {
        ...shared.eventLog,
        async append(stream, expected, batch, options) {
          if (stream.startsWith('inbox-')) {
            // As plain values: the vendor's client is given what its documentation gives it.
            const events = batch.map(({ id, type, data, metadata }) => ({ id, type, data, metadata }));
            recorded.set(stream, [...(recorded.get(stream) ?? []), { expected, events }]);
          }
          return shared.eventLog.append(stream, expected, batch, options);
        },
      },
    }));
    await run.all();
    await run.stop();
    rmSync(args.stateDir, { recursive: true, force: true });
  },

  /** The vendor's client alone, as its documentation shows it: JSON events, explicit revisions, one append after the other in each stream. */
  async appendWithClient({ store }: { readonly store: string }): Promise<TimedEvents> {
    const client = EventStoreDBClient.connectionString(store);
    sweep();
    const timed = await everyStream(async (stream, { expected, events }) => {
      await client.appendToStream(
        stream,
        events.map(({ id, type, data, metadata }) =>
          jsonEvent({ id, type, data: data as Record<string, unknown>, metadata: metadata as Record<string, unknown> }),
        ),
        { expectedRevision: expected === 'no-stream' ? 'no_stream' : BigInt(expected) },
      );
    });
    await client.dispose();
    return timed;
  },

  /** The same through Tocsin's adapter. */
  async appendWithAdapter({ store }: { readonly store: string }): Promise<TimedEvents> {
    const log = await createEventStoreDbLog({ connectionString: store, clock: systemClock, ids: systemIds });
    sweep();
    const timed = await everyStream(async (stream, { expected, events }) => {
      const result = await log.append(stream, expected, events);
      if (!result.ok) throw new Error(`append: ${result.reason}`);
    });
    await log.close();
    return timed;
  },
};

async function everyStream(append: (stream: string, batch: Batch) => Promise<void>): Promise<TimedEvents> {
  const total = [...recorded.values()].flat().reduce((sum, { events }) => sum + events.length, 0);
  const timed = createTimedEvents(total);
  let appended = 0;
  await Promise.all(
    [...recorded].map(async ([stream, batches]) => {
      for (const batch of batches) {
        await append(stream, batch);
        appended += batch.events.length;
        timed.passed(appended);
      }
    }),
  );
  return timed.all;
}
