import { createSealer } from '#adapters/crypto/sealer.ts';
import { createSqliteEventLog } from '#adapters/sqlite/event-log.ts';
import { systemClock } from '#adapters/system/clock.ts';
import { systemIds } from '#adapters/system/ids.ts';
import { defaultPhrases } from '#domain/notices/phrases.ts';
import type { EventLog, RecordedEvent } from '#ports/event-log.ts';
import type { EventSource } from '#ports/event-source.ts';
import type { KeyStore } from '#ports/key-store.ts';
import { type PartitionDeps, runPartition } from '#processor/ingest/partition.ts';
import { createMemoryKeyStore } from '#simulator/memory-key-store.ts';

export interface IngestUnderTest {
  readonly log: EventLog;
  readonly said: string[];
  /** Reads a partition in the background; returns how to stop it. */
  start(source: EventSource, partition: string, more?: Partial<PartitionDeps>): () => Promise<void>;
  events(stream: string): Promise<readonly RecordedEvent[]>;
}

/** Ingest over an embedded log in a folder, with keys in memory and no RSA. */
export async function ingestUnderTest(
  folder: string,
  keyStore: KeyStore = createMemoryKeyStore(),
): Promise<IngestUnderTest> {
  const log = await createSqliteEventLog({ file: `${folder}/log.db`, clock: systemClock });
  const said: string[] = [];
  const deps = (source: EventSource): PartitionDeps => ({
    log,
    source,
    opener: { open: async () => ({ ok: false, reason: 'key-unknown' }) },
    sealer: createSealer({ keyStore }),
    keyStore,
    clock: systemClock,
    ids: systemIds,
    recordedBy: { role: 'ingest', build: 'test' },
    testNumbers: ['933'],
    phrases: defaultPhrases,
    judgeClientState: () => 'unchecked',
    onRetry: (reason) => said.push(`retry ${reason}`),
    observe: {
      state: (partition, state, detail) =>
        said.push(`${partition} ${state}${detail === undefined ? '' : ` ${detail}`}`),
      opened: () => {},
      heard: () => {},
      received: () => {},
      appended: () => {},
      gap: (partition, cause) => said.push(`${partition} gap ${cause}`),
      refused: (partition, reason) => said.push(`${partition} refused ${reason}`),
      ownership: () => {},
    },
  });
  return {
    log,
    said,
    start(source, partition, more = {}) {
      const stop = new AbortController();
      const ended = runPartition({ ...deps(source), ...more }, partition, stop.signal);
      return async () => {
        stop.abort();
        await ended;
      };
    },
    async events(stream) {
      const all: RecordedEvent[] = [];
      for (;;) {
        const page = await log.readStream(stream, { direction: 'forwards', from: all.length, limit: 1000 });
        if (!page.ok || page.events.length === 0) return all;
        all.push(...page.events);
      }
    },
  };
}
