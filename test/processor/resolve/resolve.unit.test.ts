import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemIds } from '#adapters/system/ids.ts';
import { eventMetadata } from '#domain/metadata.ts';
import { decodeMessage } from '#domain/notices/decode.ts';
import type { JsonObject } from '#kernel/json.ts';
import type { NewEvent } from '#ports/event-log.ts';
import type { MessageToPublish, PublishResult } from '#ports/event-publisher.ts';
import type { LargePayloadResult } from '#ports/large-payloads.ts';
import { createResolve, type Resolve, type ResolveDeps } from '#processor/resolve/resolve.ts';
import { at, inboxEvent, tenant } from '#test/support/calls.ts';
import { eventually } from '#test/support/eventually.ts';
import { createHurriedClock } from '#test/support/hurried-clock.ts';
import { createMemoryEventLog, type MemoryEventLog } from '#test/support/memory-event-log.ts';
import { deliver } from '#test/support/triage.ts';

const encrypted = { data: 'ZGF0YQ==', dataSignature: 's', dataKey: 'k', encryptionCertificateId: 'graph' };
const utf8 = (value: unknown) => new TextEncoder().encode(typeof value === 'string' ? value : JSON.stringify(value));
const found = (value: unknown): LargePayloadResult => ({ ok: true, body: utf8(value) });
const gone: LargePayloadResult = { ok: false, reason: 'not-found', detail: 'no such blob' };
const away: LargePayloadResult = { ok: false, reason: 'unavailable', detail: 'no answer' };

function referred(blobId: string | undefined, more: JsonObject = {}): NewEvent {
  const event = inboxEvent();
  const data = {
    ...{ kind: 'chat-message', subscriptionId: 'sub-1', tenantId: tenant, changeType: 'created' },
    ...{ referred: blobId === undefined ? 'basic' : 'blob', ...(blobId === undefined ? {} : { blobId }), ...more },
  };
  return { ...event, data: { ...event.data, tocsincontent: 'referred', data } };
}

describe('resolve', () => {
  let log: MemoryEventLog;
  let published: MessageToPublish[];
  let blobs: Map<string, LargePayloadResult>;
  let asked: string[];
  let answer: PublishResult;
  const stops: (() => Promise<void>)[] = [];

  function start(more: Partial<ResolveDeps> = {}): Resolve {
    const ending = new AbortController();
    const resolve = createResolve({
      ...{ log, clock: createHurriedClock(), ids: systemIds, instanceId: crypto.randomUUID() },
      metadata: (cause, correlation) => eventMetadata({ role: 'resolve', build: 'test' }, 0, correlation, cause),
      payloads: {
        async fetch(blobId) {
          asked.push(blobId);
          return blobs.get(blobId) ?? gone;
        },
      },
      publisher: {
        async publish(messages) {
          if (answer.ok) published.push(...messages);
          return answer;
        },
      },
      encrypt: (resource) => ({ ...encrypted, encryptionCertificateId: 'ours', data: btoa(JSON.stringify(resource)) }),
      ...more,
    });
    const ended = resolve.run(ending.signal);
    stops.push(async () => {
      ending.abort();
      await ended;
    });
    return resolve;
  }
  const stopAll = async () => {
    for (const stop of stops.splice(0)) await stop();
  };
  const bodies = () => published.map(({ body }) => JSON.parse(new TextDecoder().decode(body)).value[0]);
  const settled = (resolve: Resolve, count: number) =>
    eventually('all is settled', () => {
      const { counts, pending } = resolve.health();
      return counts.published + counts['given-up'] >= count && pending === 0;
    });

  beforeEach(() => {
    log = createMemoryEventLog();
    [published, asked, blobs, answer] = [[], [], new Map(), { ok: true }];
  });
  afterEach(stopAll);

  it('publishes what a blob held as the notice that was meant', async () => {
    const resourceData = { '@odata.type': '#Microsoft.Graph.chatMessage', id: '7' };
    blobs.set('b1', found({ resource: "chats('19:x')/messages('7')", resourceData, encryptedContent: encrypted }));
    const event = referred('b1');
    const resolve = start();
    await deliver(log, inboxEvent(), event);
    await settled(resolve, 1);
    expect(bodies()).toEqual([
      {
        ...{ id: event.id, subscriptionId: 'sub-1', tenantId: tenant, changeType: 'created' },
        ...{ resource: "chats('19:x')/messages('7')", resourceData, encryptedContent: encrypted },
      },
    ]);
    expect(published[0]?.properties).toEqual({
      ...{ 'tocsin-recovered': true, 'tocsin-original-event': event.id, 'tocsin-original-enqueued-at': at(1) },
    });
    const [item] = decodeMessage({
      ...{ body: published[0]!.body, contentType: 'application/json', properties: published[0]!.properties ?? {} },
    });
    expect(item).toMatchObject({
      ...{ kind: 'chat-message', content: { at: 'encrypted' }, notice: { delivery: 'recovered', id: event.id } },
    });
  });

  it('encrypts what was not encrypted, and leaves nothing of it in the clear', async () => {
    const message = { '@odata.type': '#Microsoft.Graph.chatMessage', id: '7', body: { content: 'SECRET' } };
    blobs.set('b1', found({ resource: 'chats/1/messages/7', resourceData: message }));
    blobs.set('b2', found(message));
    const resolve = start();
    await deliver(log, referred('b1'), referred('b2'));
    await settled(resolve, 2);
    expect(bodies().map((body) => JSON.parse(atob(body.encryptedContent.data)))).toEqual([message, message]);
    expect(JSON.stringify(bodies())).not.toContain('SECRET');
    expect(bodies()[1]).toMatchObject({ resourceData: { '@odata.type': '#Microsoft.Graph.chatMessage' } });
  });

  it('vouches for what it made, but not for what came with a wrong secret', async () => {
    blobs.set('b1', found({ encryptedContent: encrypted }));
    const resolve = start({ clientState: () => 'ours' });
    await deliver(log, referred('b1', { clientStateCheck: 'match' }), referred('b1', { clientStateCheck: 'mismatch' }));
    await settled(resolve, 2);
    expect(bodies().map(({ clientState }) => clientState)).toEqual(['ours', undefined]);
  });

  it('gives up what is not to be had, and says so', async () => {
    blobs.set('b2', found('no JSON'));
    blobs.set('b3', found({ encryptedContent: encrypted }));
    const outcomes: string[] = [];
    const resolve = start({ observe: (outcome) => outcomes.push('detail' in outcome ? outcome.detail : outcome.kind) });
    await deliver(log, referred('b1'), referred('b2'), referred('b3'));
    await settled(resolve, 3);
    expect(resolve.health()).toMatchObject({ givenUp: 2, counts: { published: 1, 'given-up': 2 } });
    expect([...new Set(outcomes)]).toEqual(['not-found: no such blob', 'payload-unreadable', 'published']);
  });

  it('looks for two minutes for a payload that comes later than its notice', async () => {
    const clock = createHurriedClock();
    const times: number[] = [];
    const looked = async (blobId: string): Promise<LargePayloadResult> => {
      times.push(clock.monotonic());
      return blobId === 'b1' && times.length === 7 ? found({ encryptedContent: encrypted }) : gone;
    };
    const resolve = start({ clock, payloads: { fetch: looked } });
    await deliver(log, referred('b1'));
    await settled(resolve, 1);
    expect(published).toHaveLength(1);
    await deliver(log, referred('b2'));
    await settled(resolve, 2);
    expect(resolve.health().counts).toMatchObject({ published: 1, 'given-up': 1 });
    const [first = 0, last = 0] = [times[7], times.at(-1)];
    expect(last - first).toBeGreaterThanOrEqual(120_000);
    expect(last - first).toBeLessThan(240_000);
  });

  const alarms = () => log.events.filter(({ type }) => type === 'FetchDelayed');

  it('puts on record what is lost and may be a call: as one thing, however much it is', async () => {
    const count = 300;
    for (let n = 0; n < count; n++) blobs.set(`b${n}`, found('no JSON'));
    const resolve = start();
    for (let n = 0; n < count; n += 50)
      await deliver(log, ...Array.from({ length: 50 }, (_, m) => referred(`b${n + m}`)));
    await settled(resolve, count);
    await eventually('all are on record', () => alarms().at(-1)?.data['lost'] === count);
    expect(resolve.health()).toMatchObject({ givenUp: count, delayed: { count } });
    expect(new Set(alarms().map(({ stream }) => stream)).size).toBe(1);
    expect(alarms().length).toBeLessThan(20);
    expect(alarms().flatMap(({ data }) => data['notices'])).toHaveLength(count);
    await eventually('it is over', () => log.events.some(({ type }) => type === 'FetchResumed'));
  });

  it.each([
    ['is too large to take in', { ok: false, reason: 'too-large', detail: 'x' } as const, { ok: true } as const],
    [
      'is too large to publish',
      found({ encryptedContent: encrypted }),
      { ok: false, reason: 'too-large', detail: 'x' } as const,
    ],
    ['never comes', gone, { ok: true } as const],
  ])('puts it on record once when what a notice referred to %s', async (_, blob, answered) => {
    blobs.set('b1', blob);
    answer = answered as PublishResult;
    const event = referred('b1');
    const resolve = start();
    await deliver(log, event);
    await settled(resolve, 1);
    await eventually('it is on record', () => alarms().some(({ data }) => data['lost'] === 1));
    await stopAll();
    const second = start();
    await eventually('the next one is up', () => second.health().caughtUp && second.health().givenUp === 1);
    expect(alarms().flatMap(({ data }) => data['notices'])).toEqual([event.id]);
    expect(alarms().at(-1)?.data).toMatchObject({ count: 1, lost: 1 });
  });

  it('raises nothing again that was raised before its content was lost', async () => {
    const resolve = start();
    await deliver(log, referred('b1', { kind: 'emergency-call', call: { feed: 'events' } }));
    await settled(resolve, 1);
    expect(resolve.health()).toMatchObject({ givenUp: 1 });
    expect(alarms()).toEqual([]);
  });

  it('puts on record what waits too long for its storage', async () => {
    blobs.set('b1', away);
    start();
    await deliver(log, referred('b1'));
    await eventually('it is on record', () => alarms().length === 1);
    expect(alarms()[0]?.data).toMatchObject({ count: 1 });
    expect(alarms()[0]?.data).not.toHaveProperty('lost');
  });

  it('tries again while the storage account or the hub is away', async () => {
    blobs.set('b1', away);
    answer = { ok: false, reason: 'unavailable', detail: 'no hub' };
    const resolve = start();
    await deliver(log, referred('b1'));
    await eventually('it was asked for three times', () => asked.length >= 3);
    expect(resolve.health()).toMatchObject({
      pending: 1,
      oldestPendingAt: at(1),
      waitingFor: 'unavailable: no answer',
    });
    blobs.set('b1', found({ encryptedContent: encrypted }));
    await eventually('the hub was tried', () => resolve.health().waitingFor === 'unavailable: no hub');
    answer = { ok: true };
    await settled(resolve, 1);
    expect(published).toHaveLength(1);
    expect(resolve.health().waitingFor).toBeUndefined();
  });

  it('hands what is pending on to the next process, and forgets nothing that waits for Graph', async () => {
    blobs.set('b1', away);
    const first = start();
    const basic = referred(undefined);
    await deliver(log, basic, referred('b1'), inboxEvent());
    await eventually('the position passed them', () => (first.health().position ?? '') >= '00000000000000000003');
    await stopAll();
    blobs.set('b1', found({ encryptedContent: encrypted }));
    const second = start();
    await settled(second, 1);
    expect(published).toHaveLength(1);
    expect(second.health()).toMatchObject({ waiting: 1, oldestWaitingAt: at(1), pending: 0 });
    await stopAll();
    const third = start();
    await eventually('the third is up', () => third.health().caughtUp);
    expect(asked.filter((blobId) => blobId === 'b1').length).toBeGreaterThan(0);
    expect(published).toHaveLength(1);
  });

  it('counts what can only be had from Graph until it was recovered, and never fetches a recovered notice', async () => {
    const basic = referred(undefined);
    const resolve = start();
    await deliver(log, basic, referred(undefined));
    await eventually('both wait', () => resolve.health().waiting === 2);
    const back = referred('b1');
    await deliver(log, { ...back, data: { ...back.data, id: basic.data['id'] ?? '', tocsinrecovered: true } });
    await eventually('one was recovered', () => resolve.health().waiting === 1);
    expect(asked).toEqual([]);
  });

  it('publishes the same message when it has to publish again', async () => {
    blobs.set('b1', found({ encryptedContent: encrypted }));
    const event = referred('b1');
    const resolve = start();
    await deliver(log, event);
    await settled(resolve, 1);
    const other = createMemoryEventLog();
    await deliver(other, event);
    log = other;
    await settled(start(), 1);
    expect(published).toHaveLength(2);
    expect(published[1]).toEqual(published[0]);
  });
});
