import { EventHubProducerClient } from '@azure/event-hubs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createSqliteEventLog } from '#adapters/sqlite/event-log.ts';
import { systemClock } from '#adapters/system/clock.ts';
import type { EventLog, RecordedEvent } from '#ports/event-log.ts';
import { createSeededIds } from '#simulator/seeded-ids.ts';
import { eventually } from '#test/support/eventually.ts';
import { temporaryFolder } from '#test/support/temporary-folder.ts';
import { startTocsin, tocsin } from '#test/support/tocsin-process.ts';

const rounds = 20;

/** What is in the inboxes; each time read on from where it ended the last time. */
function createInboxReader(log: EventLog): () => Promise<readonly RecordedEvent[]> {
  const all: RecordedEvent[] = [];
  let after: string | undefined;
  return async () => {
    for (;;) {
      const page = await log.readAll({ direction: 'forwards', limit: 2000, ...(after === undefined ? {} : { after }) });
      if (!page.ok) throw new Error(page.detail);
      all.push(...page.events.filter(({ stream }) => stream.startsWith('inbox-')));
      after = page.events.at(-1)?.position ?? after;
      if (page.events.length < 2000) return all;
    }
  };
}

describe('ingest and triage, killed at any instant under load', () => {
  it(`store every message once and in order, and raise every call once (${rounds} rounds of kill -9)`, {
    timeout: 300_000,
  }, async () => {
    const folder = temporaryFolder();
    const simulators = await startTocsin(`${folder}/simulators`, ['simulator', '--simulate']);
    const settings = await tocsin(`${folder}/simulators`, ['simulate', 'settings', '--json']);
    const pointing = JSON.parse(settings.stdout) as Record<string, string>;
    const producer = new EventHubProducerClient(simulators.endpoints['eventHubs'] ?? '', 'teams-emergency');
    onTestFinished(() => producer.close());
    const partitions = await producer.getPartitionIds();

    let sent = 0;
    let sending = true;
    const sender = (async () => {
      while (sending) {
        const partitionId = partitions[(sent / 20) % partitions.length] ?? '0';
        await producer.sendBatch(
          Array.from({ length: 20 }, (_, n) => ({ body: { number: sent + n } })),
          { partitionId },
        );
        sent += 20;
        await systemClock.sleep(20);
      }
    })();
    const calls: { emergencyIds: string[] }[] = [];
    const control = simulators.endpoints['simulator'] ?? '';
    const chance = createSeededIds(20_261_121);
    for (let round = 0; round < rounds; round++) {
      const worker = await startTocsin(`${folder}/worker`, ['ingest,triage'], pointing);
      const call = await fetch(`${control}/calls`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-tocsin-request': '1' },
        body: JSON.stringify({ caller: `Caller ${round}` }),
      });
      calls.push((await call.json()) as { emergencyIds: string[] });
      // The instant of death is by chance: it is what is tested, and nothing is asserted about how long anything takes.
      await systemClock.sleep(chance.fraction() * 600);
      await worker.end('SIGKILL');
    }
    sending = false;
    await sender;
    await startTocsin(`${folder}/worker`, ['ingest,triage'], pointing);

    const log = await createSqliteEventLog({ file: `${folder}/simulators/simulator/event-log.db`, clock: systemClock });
    onTestFinished(() => log.close());
    const numbered = (events: readonly RecordedEvent[]) => events.filter(({ type }) => type === 'tocsin.unrecognised');
    const inbox = createInboxReader(log);
    const all = await eventually(
      `all ${sent} messages in the log`,
      async () => {
        const events = await inbox();
        return numbered(events).length >= sent && events;
      },
      90_000,
    );
    expect(numbered(all)).toHaveLength(sent);
    const places = all.map(
      ({ stream, metadata }) => `${stream}/${String(metadata['sequenceNumber'])}/${String(metadata['index'])}`,
    );
    expect(new Set(places).size).toBe(all.length);
    for (const partition of partitions) {
      const order = all
        .filter(({ metadata }) => metadata['partition'] === partition)
        .map(({ metadata }) => metadata['sequenceNumber'] as number);
      expect(order).toEqual([...order].sort((a, b) => a - b));
    }
    for (const { emergencyIds } of calls) {
      const raised = await eventually('the call was raised', async () => {
        const found = await Promise.all(
          emergencyIds.map((id) => log.readStream(`emergency-${id}`, { direction: 'forwards', limit: 100 })),
        );
        const streams = found.filter((result) => result.ok);
        return streams.some(({ events }) => events.length >= 2) && streams;
      });
      expect(raised).toHaveLength(1);
      expect(raised[0]?.events.filter(({ type }) => type === 'EmergencyRaised')).toHaveLength(1);
    }
  });
});
