import { onTestFinished } from 'vitest';
import { createMemoryReadModelFiles } from '#adapters/sqlite-read-models/files.ts';
import type { RecordedEvent } from '#ports/event-log.ts';
import type { ReadModelStore } from '#ports/read-model-store.ts';
import type { Projection } from '#projections/projection.ts';

/** An empty store that is closed after the test. */
export async function memoryStore({ schema }: Projection): Promise<ReadModelStore> {
  // On this thread: quicker for the few rows of a test.
  const { large: _, ...small } = schema;
  const { store } = await createMemoryReadModelFiles().open(small);
  onTestFinished(() => store.close());
  return store;
}

/** Folds events into a store, all in one batch. */
export async function take(
  projection: Projection,
  store: ReadModelStore,
  events: readonly RecordedEvent[],
): Promise<void> {
  const position = events.at(-1)?.position;
  if (position !== undefined) await store.commit(await projection.project(events, store), position);
}

export async function digestOf(store: ReadModelStore): Promise<string> {
  return (await (await store.digest()).result).digest;
}
