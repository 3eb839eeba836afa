import { EventHubProducerClient } from '@azure/event-hubs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openTenant } from '#simulator/teams/tenant.ts';
import { type CanaryKind, canaryKinds, filesBelow, findCanaries, findCanariesBelow } from '#test/support/canaries.ts';
import { auditLines, board, deskOf, digests } from '#test/support/desk.ts';
import { eventually } from '#test/support/eventually.ts';
import { type HubMessage, ordinaryMessages } from '#test/support/ordinary-messages.ts';
import { temporaryFolder } from '#test/support/temporary-folder.ts';
import { startTocsin } from '#test/support/tocsin-process.ts';

const count = 1000;
const seed = 20_261_121;
const hubFolder = 'simulator/event-hubs';

async function publish(connectionString: string, messages: readonly HubMessage[]): Promise<void> {
  const producer = new EventHubProducerClient(connectionString, 'teams-emergency');
  onTestFinished(() => producer.close());
  for (let at = 0; at < messages.length; at += 50)
    await producer.sendBatch(messages.slice(at, at + 50).map(({ whole: _, ...message }) => message));
}

const kindsOf = (sightings: readonly { readonly kind: CanaryKind }[]) =>
  [...new Set(sightings.map(({ kind }) => kind))].sort();

describe('what people write to each other', () => {
  it(`is nowhere to be found after ${count} messages that are no emergencies: not in the log, the read models, the process's log or its answers`, async () => {
    const folder = temporaryFolder();
    const system = await startTocsin(folder, ['--simulate'], { TOCSIN_LOG_LEVEL: 'trace' });
    const desk = deskOf(system);
    const tenant = await openTenant(`${folder}/simulator`);
    const messages = ordinaryMessages(tenant, count, seed);
    await publish(system.endpoints['eventHubs'] ?? '', messages);

    const lines = await eventually(
      `${count} messages in the log`,
      async () => {
        const all = await auditLines(desk);
        return messagesOf(all).size >= count && all;
      },
      60_000,
    );
    expect(messagesOf(lines).size).toBe(count);
    const types = new Set(lines.map((line) => (JSON.parse(line) as { type: string }).type));
    for (const type of ['Microsoft.Graph.ChatMessageCreated', 'Microsoft.Graph.SubscriptionMissed', 'tocsin.probe'])
      expect(types).toContain(type);
    for (const type of ['tocsin.undecodable', 'tocsin.undecryptable', 'tocsin.suspicious', 'tocsin.unrecognised'])
      expect(types).toContain(type);
    expect(await board(desk)).toEqual([]);

    // Even to those who may read, opened: only who wrote and in which chat, never what.
    const opened = findCanaries('/api/audit', Buffer.from(lines.join('\n')));
    expect(opened.filter(({ kind }) => kind !== 'user' && kind !== 'chat')).toEqual([]);
    expect(kindsOf(opened)).toEqual(['chat', 'user']);

    for (const path of [
      '/metrics',
      '/health/live',
      '/health/ready',
      '/health/startup',
      '/api/health',
      '/api/projections',
    ]) {
      const answer = await fetch(`${desk}${path}`);
      const text = `${JSON.stringify([...answer.headers])}${await answer.text()}`;
      expect(findCanaries(path, Buffer.from(text)), path).toEqual([]);
    }
    await digests(desk);

    // Once with everything open, journals included, and once as a stopped process leaves it.
    expect(findCanariesBelow(folder, [hubFolder])).toEqual([]);
    expect(filesBelow(folder).map((file) => file.slice(folder.length + 1))).toEqual(
      expect.arrayContaining(['simulator/event-log.db', 'keys.db', 'read-models/audit.db', 'endpoints.json']),
    );
    expect(await system.end('SIGTERM')).toBe(0);
    expect(findCanariesBelow(folder, [hubFolder])).toEqual([]);
    expect(system.said()).toContain('"level":20');
    expect(findCanaries('stderr', Buffer.from(system.said()))).toEqual([]);

    // The search can find: the hub keeps what was sent to it, in the clear where it was sent so.
    expect(kindsOf(findCanariesBelow(`${folder}/${hubFolder}`))).toEqual(Object.keys(canaryKinds).sort());
  });
});

/** Partition and sequence number of every message of which something is stored. */
function messagesOf(lines: readonly string[]): ReadonlySet<string> {
  return new Set(
    lines.flatMap((line) => {
      const { stream, metadata } = JSON.parse(line) as { stream: string; metadata: { sequenceNumber?: number } };
      return stream.startsWith('inbox-') ? [`${stream}/${metadata.sequenceNumber}`] : [];
    }),
  );
}
