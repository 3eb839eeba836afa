import { describe, expect, it, onTestFinished } from 'vitest';
import { systemClock } from '#adapters/system/clock.ts';
import type { EventLog } from '#ports/event-log.ts';
import { createMemoryHub } from '#simulator/memory-event-source.ts';
import { eventually } from '#test/support/eventually.ts';
import { createHurriedClock } from '#test/support/hurried-clock.ts';
import { type IngestUnderTest, ingestUnderTest } from '#test/support/ingest.ts';
import { temporaryFolder } from '#test/support/temporary-folder.ts';

const stream = 'inbox-notices-0';
const encode = (value: unknown) => ({
  body: new TextEncoder().encode(typeof value === 'string' ? value : JSON.stringify(value)),
});
const numbered = (from: number, count: number) => Array.from({ length: count }, (_, n) => encode({ number: from + n }));

async function setUp(): Promise<{
  readonly ingest: IngestUnderTest;
  readonly hub: ReturnType<typeof createMemoryHub>;
}> {
  const ingest = await ingestUnderTest(temporaryFolder());
  onTestFinished(() => ingest.log.close());
  return { ingest, hub: createMemoryHub({ clock: systemClock, partitions: 1, idleMs: 50 }) };
}
const stored = (ingest: IngestUnderTest, count: number) =>
  eventually(`${count} events`, async () => {
    const events = await ingest.events(stream);
    return events.length >= count && events;
  });
const sequence = (events: readonly { readonly metadata: object }[]) =>
  events.map(({ metadata }) => (metadata as { sequenceNumber: number }).sequenceNumber);

describe('ingest of a partition', () => {
  it('stores every message once and in order, and goes on where the log ends after a restart', async () => {
    const { ingest, hub } = await setUp();
    hub.publish('0', numbered(0, 700));
    const stop = ingest.start(hub.source(), '0');
    await stored(ingest, 700);
    await stop();
    hub.publish('0', numbered(700, 50));
    const again = ingest.start(hub.source(), '0');
    const events = await stored(ingest, 750);
    await again();
    expect(sequence(events)).toEqual(Array.from({ length: 750 }, (_, n) => n));
  });

  it('is not stopped by bytes that nobody can read', async () => {
    const { ingest, hub } = await setUp();
    hub.publish('0', [
      encode('{"value":['),
      { body: Uint8Array.of(0xff, 0xfe, 0, 1) },
      encode(''),
      encode('[]'),
      encode({ value: [] }),
      encode({ fine: true }),
    ]);
    const stop = ingest.start(hub.source(), '0');
    const events = await stored(ingest, 6);
    await stop();
    expect(events.map(({ type }) => type)).toEqual([
      'tocsin.undecodable',
      'tocsin.undecodable',
      'tocsin.undecodable',
      expect.stringMatching(/^tocsin\./),
      'tocsin.empty',
      'tocsin.unrecognised',
    ]);
  });

  it('makes a gap of what retention took, while it was away and while it read', async () => {
    const { ingest, hub } = await setUp();
    hub.publish('0', numbered(0, 10));
    const stop = ingest.start(hub.source(), '0');
    await stored(ingest, 10);
    await stop();
    hub.publish('0', numbered(10, 10));
    hub.truncate('0', 15);
    const again = ingest.start(hub.source(), '0');
    const events = await stored(ingest, 16);
    await again();
    expect(events[10]).toMatchObject({
      type: 'tocsin.gap',
      data: { data: { cause: 'retention', from: 10, to: 14, messages: 5 } },
    });
    expect(sequence(events)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 14, 15, 16, 17, 18, 19]);
  });

  it('stores nothing behind what is missing until the hub says whether it is lost', async () => {
    const { ingest, hub } = await setUp();
    const source = hub.source();
    let unanswered = 0;
    const partition: typeof source.partition = async (...asked) =>
      unanswered-- > 0 ? { ok: false, reason: 'unavailable', detail: 'unplugged' } : source.partition(...asked);
    hub.publish('0', numbered(0, 10));
    const stop = ingest.start({ ...source, partition }, '0');
    await stored(ingest, 10);
    unanswered = 2;
    hub.publish('0', numbered(10, 10));
    hub.truncate('0', 15);
    const events = await stored(ingest, 16);
    await stop();
    expect(events[10]).toMatchObject({
      type: 'tocsin.gap',
      data: { data: { cause: 'retention', from: 10, to: 14, messages: 5 } },
    });
    expect(sequence(events)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 14, 15, 16, 17, 18, 19]);
    expect(ingest.said).toContain('0 waiting hub: unavailable: unplugged');
  });

  it('starts over with a gap when the hub was created again', async () => {
    const { ingest, hub } = await setUp();
    hub.publish('0', numbered(0, 3));
    const stop = ingest.start(hub.source(), '0');
    await stored(ingest, 3);
    await stop();
    hub.recreate();
    hub.publish('0', numbered(100, 2));
    const again = ingest.start(hub.source(), '0');
    const events = await stored(ingest, 6);
    await again();
    expect(events[3]).toMatchObject({ type: 'tocsin.gap', data: { data: { cause: 'hub-recreated' } } });
    expect(new Set(events.map(({ id }) => id)).size).toBe(6);
    expect(events[4]?.metadata['incarnation']).not.toBe(events[0]?.metadata['incarnation']);
  });

  it('stays on a partition of a hub that lost its messages and was not created again', async () => {
    const { ingest, hub } = await setUp();
    const source = hub.source();
    const asEver = await source.describe();
    let [described, opened] = [0, 0];
    const restored: typeof source = {
      ...source,
      describe: async () => {
        described++;
        return asEver;
      },
      receive(...asked) {
        opened++;
        return source.receive(...asked);
      },
    };
    hub.publish('0', numbered(0, 3));
    const stop = ingest.start(restored, '0');
    await stored(ingest, 3);
    await stop();
    hub.recreate();
    hub.publish('0', numbered(100, 1));
    [described, opened] = [0, 0];
    const again = ingest.start(restored, '0', { clock: createHurriedClock() });
    const events = await stored(ingest, 5);
    await eventually('it looked for a new hub', () => described > 20);
    await again();
    expect(events[3]).toMatchObject({ type: 'tocsin.gap', data: { data: { cause: 'beyond-end' } } });
    expect(opened).toBe(1);
  });

  it('fences a zombie: two readers of one partition store nothing twice', async () => {
    const { ingest, hub } = await setUp();
    const stops = [ingest.start(hub.source(), '0'), ingest.start(hub.source(), '0')];
    for (let n = 0; n < 20; n++) {
      hub.publish('0', numbered(n * 10, 10));
      await eventually('some progress', async () => (await ingest.events(stream)).length > n * 10);
    }
    const events = await stored(ingest, 200);
    for (const stop of stops) await stop();
    expect(sequence(events)).toEqual(Array.from({ length: 200 }, (_, n) => n));
  });

  it('takes what another reader appends while it opens the partition for no hub that was made anew', async () => {
    const { ingest, hub } = await setUp();
    const first = ingest.start(hub.source(), '0');
    const source = hub.source();
    let opened = false;
    const asOfBefore = source.partition('0');
    const log: EventLog = {
      ...ingest.log,
      async readStream(...asked) {
        // The other reader goes on just now.
        if (!opened) {
          opened = true;
          hub.publish('0', numbered(0, 10));
          await stored(ingest, 10);
        }
        return ingest.log.readStream(...asked);
      },
    };
    const partition = (...asked: Parameters<typeof source.partition>) =>
      opened ? source.partition(...asked) : asOfBefore;
    const second = ingest.start({ ...source, partition }, '0', { log });
    await eventually('both read', () => ingest.said.filter((one) => one === '0 reading').length >= 2);
    await second();
    await first();
    expect(ingest.said.filter((one) => one.includes('gap'))).toEqual([]);
  });

  it('stops when it is told so while it opens the partition', async () => {
    const { ingest, hub } = await setUp();
    const source = hub.source();
    const asked = Promise.withResolvers<void>();
    const answer = Promise.withResolvers<void>();
    const stop = ingest.start(
      {
        ...source,
        async partition(...args) {
          asked.resolve();
          await answer.promise;
          return source.partition(...args);
        },
      },
      '0',
    );
    await asked.promise;
    const stopped = stop();
    answer.resolve();
    await stopped;
    expect(ingest.said.at(-1)).toBe('0 stopped');
  });

  it('repeats an append of unknown outcome until it is answered, and stores it once', async () => {
    const { ingest, hub } = await setUp();
    let doubts = 3;
    const log: EventLog = {
      ...ingest.log,
      async append(...args) {
        const result = await ingest.log.append(...args);
        return doubts-- > 0 ? { ok: false, reason: 'unknown-outcome', detail: 'the answer was lost' } : result;
      },
    };
    hub.publish('0', numbered(0, 25));
    const stop = ingest.start(hub.source(), '0', { log });
    const events = await stored(ingest, 25);
    hub.publish('0', numbered(25, 5));
    const all = await stored(ingest, 30);
    await stop();
    expect(sequence(events)).toEqual(Array.from({ length: 25 }, (_, n) => n));
    expect(sequence(all)).toEqual(Array.from({ length: 30 }, (_, n) => n));
    expect(ingest.said).toContain('retry unknown-outcome');
  });

  it('resumes inside a message when only some of its items were appended', async () => {
    const { ingest, hub } = await setUp();
    const items = Array.from({ length: 40 }, (_, n) => ({ unknown: n, filler: 'x'.repeat(60_000) }));
    hub.publish('0', [encode({ value: items })]);
    let appends = 0;
    const log: EventLog = {
      ...ingest.log,
      append: (...args) =>
        ++appends === 2
          ? Promise.resolve({ ok: false, reason: 'invalid', detail: 'stopped here' })
          : ingest.log.append(...args),
    };
    const stop = ingest.start(hub.source(), '0', { log });
    const events = await stored(ingest, 40);
    await stop();
    expect(events.map(({ metadata }) => metadata['index'])).toEqual(Array.from({ length: 40 }, (_, n) => n));
    expect(appends).toBeGreaterThan(2);
  });

  it('waits while the hub or the key store is away, says so, and loses nothing', async () => {
    const { ingest, hub } = await setUp();
    hub.fail({ ok: false, reason: 'unavailable', detail: 'unplugged' });
    hub.publish('0', numbered(0, 5));
    const stop = ingest.start(hub.source(), '0');
    await eventually('it says that it waits', () => ingest.said.some((line) => line.includes('unplugged')));
    hub.fail(undefined);
    await stored(ingest, 5);
    await stop();
  });

  it('cuts a call that is too large to store to what a responder needs, and commits to the rest', async () => {
    const { ingest, hub } = await setUp();
    const resource = {
      ...{ id: '1', chatId: '19:x@thread.v2', messageType: 'message', importance: 'high', locale: 'en-us' },
      createdDateTime: '2026-01-01T00:00:00Z',
      from: { user: { id: 'u', displayName: 'Ana Petrova' } },
      body: { contentType: 'html', content: `<p>Ana has placed an Emergency Call</p><p>${'x'.repeat(1_000_000)}</p>` },
    };
    const notice = {
      ...{
        subscriptionId: 's',
        tenantId: 't',
        changeType: 'created',
        resource: "chats('19:x@thread.v2')/messages('1')",
      },
      resourceData: { '@odata.type': '#Microsoft.Graph.chatMessage', id: '1' },
      encryptedContent: { data: 'eA==', dataSignature: 'eA==', dataKey: 'eA==', encryptionCertificateId: 'c' },
    };
    hub.publish('0', [encode({ value: [notice] }), encode({ after: true })]);
    const stop = ingest.start(hub.source(), '0', { opener: { open: async () => ({ ok: true, resource }) } });
    const [call, next] = await stored(ingest, 2);
    await stop();
    const data = call?.data['data'] as Record<string, unknown>;
    expect(data['call']).toMatchObject({ feed: 'chat', confidence: expect.stringMatching(/high|medium/) });
    expect(data['content']).toBeUndefined();
    expect(data['contentCut']).toMatchObject({ bytes: expect.any(Number), commitment: { algorithm: 'HMAC-SHA-256' } });
    expect(JSON.stringify(call).length).toBeLessThan(1024 * 1024);
    expect(next?.type).toBe('tocsin.unrecognised');
  });
});
