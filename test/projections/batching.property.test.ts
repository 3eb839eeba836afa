import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createMemoryReadModelFiles } from '#adapters/sqlite-read-models/files.ts';
import { emergencyStream } from '#domain/names.ts';
import type { NewEvent, RecordedEvent } from '#ports/event-log.ts';
import { isWanted, type Projection } from '#projections/projection.ts';
import { projections, readModelNames } from '#projections/read-models.ts';
import { act, createRecorder } from '#test/projections/recorded.ts';
import { digestOf } from '#test/projections/stores.ts';
import { callReport, inboxEvent, noon, reported } from '#test/support/calls.ts';

type Said = Pick<NewEvent, 'type' | 'data'> & Partial<NewEvent>;

const call = fc.record({ call: fc.constantFrom('a', 'b'), feed: fc.constantFrom('chat' as const, 'events' as const) });
const emergencyEvent: fc.Arbitrary<Said> = fc.oneof(
  call.map((more) => act.raised(reported(more))),
  call.map((more) => act.enriched(reported(more))),
  fc.constant(act.linked('b')),
  fc.constant(act.acknowledged()),
  fc.constant(act.resolved()),
);
const time = fc.integer({ min: -1e6, max: 1e6 }).map((seconds) => new Date(noon + seconds * 1000).toISOString());
const notice: fc.Arbitrary<Said> = fc
  .tuple(fc.option(call), time, fc.constantFrom('minimised', 'referred'), fc.option(fc.constant('tocsin.gap')))
  .map(([more, enqueuedAt, content, type]) => {
    const event = inboxEvent(more === null ? undefined : callReport(more), { enqueuedAt });
    return { ...event, ...(type === null ? {} : { type }), data: { ...event.data, tocsincontent: content } };
  });
/** What another hand may have written: any shape at all. */
const odd: fc.Arbitrary<Said> = fc.record({
  type: fc.constantFrom('EmergencyRaised', 'EmergencyResolved', 'tocsin.probe', 'X'),
  data: fc.oneof(fc.constant({}), fc.dictionary(fc.constantFrom('call', 'data', 'by', 'at'), fc.jsonValue())),
  metadata: fc.dictionary(
    fc.constantFrom('recordedAt', 'enqueuedAt', 'sequenceNumber', '$causationId'),
    fc.jsonValue(),
  ),
}) as fc.Arbitrary<Said>;

const said = fc.oneof(
  fc.tuple(fc.constantFrom('a', 'b').map(emergencyStream), fc.oneof(emergencyEvent, odd)),
  fc.tuple(fc.constantFrom('inbox-hub-0', 'inbox-hub-1'), fc.oneof(notice, odd)),
  fc.tuple(fc.constant('watch-chat'), odd),
);

test('however events come in batches, the rows are the same', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(said, { minLength: 1, maxLength: 40 }),
      fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 40, maxLength: 40 }),
      async (list, sizes) => {
        const record = createRecorder();
        const events = list.map(([stream, event]) => record(stream, event));
        for (const name of readModelNames)
          expect(await folded(projections[name], events, sizes)).toBe(await folded(projections[name], events, [100]));
      },
    ),
    { numRuns: 60 },
  );
});

async function folded(projection: Projection, all: readonly RecordedEvent[], sizes: readonly number[]) {
  const { large: _, ...schema } = projection.schema;
  const { store } = await createMemoryReadModelFiles().open(schema);
  const events = all.filter((event) => isWanted(projection.filter, event));
  for (let from = 0, i = 0; from < events.length; i++) {
    const batch = events.slice(from, from + (sizes[i] ?? 1));
    from += batch.length;
    await store.commit(await projection.project(batch, store), batch.at(-1)?.position ?? '');
  }
  const digest = await digestOf(store);
  await store.close();
  return digest;
}
