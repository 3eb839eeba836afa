import { createSealer } from '#adapters/crypto/sealer.ts';
import { systemIds } from '#adapters/system/ids.ts';
import { eventMetadata } from '#domain/metadata.ts';
import type { Opened } from '#domain/notices/item.ts';
import { readEvent } from '#domain/registry.ts';
import type { JsonObject } from '#kernel/json.ts';
import type { Clock } from '#ports/clock.ts';
import type { NewEvent, RecordedEvent } from '#ports/event-log.ts';
import type { MessageToPublish, PublishResult } from '#ports/event-publisher.ts';
import type { Graph, GraphFailure } from '#ports/graph.ts';
import { prepareBatch } from '#processor/ingest/prepare.ts';
import { recoveryProof } from '#processor/recovery-proof.ts';
import { createResolve, type Resolve, type ResolveDeps } from '#processor/resolve/resolve.ts';
import { createMemoryKeyStore } from '#simulator/memory-key-store.ts';
import { tenant } from '#test/support/calls.ts';
import { createHurriedClock } from '#test/support/hurried-clock.ts';
import { withOutage } from '#test/support/key-store-outage.ts';
import { createMemoryEventLog } from '#test/support/memory-event-log.ts';
import { deliver } from '#test/support/triage.ts';

export const chatId = '19:abc@thread.v2';
export const noon = Date.parse('2026-11-21T14:05:00.000Z');
export const away: GraphFailure = { ok: false, reason: 'unavailable', detail: 'no answer' };
export const gone: GraphFailure = { ok: false, reason: 'not-found', detail: 'gone', status: 404 };

/** A chat message as Graph gives it. */
export function message(id: string, more: JsonObject = {}): JsonObject {
  return {
    ...{ id, messageType: 'message', chatId, importance: 'normal', etag: id, locale: 'en-us', deletedDateTime: null },
    ...{ createdDateTime: '2026-11-21T14:04:30Z', lastModifiedDateTime: '2026-11-21T14:04:30Z' },
    from: { user: { id: 'u1', displayName: 'Ana Petrova' } },
    body: { contentType: 'html', content: 'Good morning' },
    ...more,
  };
}

export const announcement: JsonObject = {
  importance: 'high',
  body: { contentType: 'html', content: '<p><b>Ana Petrova</b> has placed an Emergency Call</p>' },
};

export type FakeGraph = Pick<Graph, 'message' | 'chats' | 'messages'> & {
  /** By `<chat id>/<message id>`; what is not there is gone. */
  readonly known: Map<string, JsonObject | GraphFailure>;
  failure: GraphFailure | undefined;
  readonly asked: string[];
  /** Holds every answer until it is called. */
  hold: Promise<void> | undefined;
  /** How many requests were under way at most. */
  mostAtOnce: number;
};

function createFakeGraph(): FakeGraph {
  let underWay = 0;
  async function answer<T>(name: string, value: () => T | GraphFailure) {
    graph.asked.push(name);
    graph.mostAtOnce = Math.max(graph.mostAtOnce, ++underWay);
    await (graph.hold ?? new Promise((resolve) => setImmediate(resolve)));
    underWay--;
    if (graph.failure !== undefined) return graph.failure;
    const found = value();
    return isFailure(found) ? found : { ok: true as const, value: found };
  }
  const graph: FakeGraph = {
    ...{ known: new Map(), failure: undefined, asked: [], hold: undefined, mostAtOnce: 0 },
    message: (chat, id) => answer(`${chat}/${id}`, () => graph.known.get(`${chat}/${id}`) ?? gone),
    chats: () => answer('chats', () => []),
    messages: (chat) => answer(`messages of ${chat}`, () => []),
  };
  return graph;
}

function isFailure(value: unknown): value is GraphFailure {
  return typeof value === 'object' && value !== null && 'ok' in value;
}

/** Resolve with a Graph, a hub and a log in memory, and real seals. */
export function createPlace() {
  const log = createMemoryEventLog();
  const keyStore = withOutage(createMemoryKeyStore());
  const sealer = createSealer({ keyStore });
  const graph = createFakeGraph();
  const published: MessageToPublish[] = [];
  const outcomes: string[] = [];
  const running: { resolve: Resolve; stop(): Promise<void> }[] = [];
  const place = {
    ...{ log, keyStore, graph, published, outcomes },
    answer: { ok: true } as PublishResult,
    start(clock: Clock = createHurriedClock(noon), more: Partial<ResolveDeps> = {}): Resolve {
      const ending = new AbortController();
      const resolve = createResolve({
        ...{ log, clock, ids: systemIds, instanceId: crypto.randomUUID(), graph, sealer, tenantId: tenant },
        metadata: (cause, correlation) => eventMetadata({ role: 'resolve', build: 'test' }, 0, correlation, cause),
        payloads: { fetch: async () => ({ ok: false, reason: 'not-found', detail: 'none' }) },
        publisher: {
          async publish(messages) {
            if (place.answer.ok) published.push(...messages);
            return place.answer;
          },
        },
        encrypt: (resource) => ({
          ...{ data: btoa(JSON.stringify(resource)), dataSignature: 's' },
          ...{ dataKey: 'k', encryptionCertificateId: 'ours' },
        }),
        clientState: (event) => recoveryProof(keyStore, event.id),
        observe: (outcome) => outcomes.push('detail' in outcome ? `${outcome.kind}: ${outcome.detail}` : outcome.kind),
        ...more,
      });
      const ended = resolve.run(ending.signal);
      running.push({
        resolve,
        async stop() {
          ending.abort();
          await ended;
        },
      });
      return resolve;
    },
    async stop() {
      for (const each of running.splice(0)) await each.stop();
    },
    async stopLast() {
      await running.pop()?.stop();
    },
    /** Messages of the hub as ingest stores them. */
    async stored(bodies: readonly (JsonObject | MessageToPublish)[], enqueuedAt = noon): Promise<readonly NewEvent[]> {
      const prepared = await prepareBatch(
        {
          ...{ sealer, keyStore, clock: createHurriedClock(noon), testNumbers: [] },
          phrases: [{ language: 'en', text: 'has placed an Emergency Call' }],
          recordedBy: { role: 'ingest', build: 'test' },
          opener: { open: async ({ data }): Promise<Opened> => ({ ok: true, resource: JSON.parse(atob(data)) }) },
          judgeClientState: (_id, clientState, proof) =>
            clientState === 'agreed' || clientState === proof ? 'match' : 'mismatch',
        },
        'hub@1',
        bodies.map((each) => {
          const sequenceNumber = sequence++;
          const toHub = 'body' in each && each['body'] instanceof Uint8Array ? (each as MessageToPublish) : undefined;
          return {
            ...{ partitionId: '0', sequenceNumber, offset: String(sequenceNumber), enqueuedAt },
            body: toHub?.body ?? new TextEncoder().encode(JSON.stringify(each)),
            ...{ contentType: 'application/json', properties: toHub?.properties ?? {} },
          } as never;
        }),
      );
      if (!prepared.ok) throw new Error(prepared.detail);
      // As they are read again: how they were serialised is no matter here.
      return prepared.events.map(({ event: { id, type, data, metadata } }) => ({ id, type, data, metadata }));
    },
    async deliver(...bodies: readonly (JsonObject | MessageToPublish)[]): Promise<readonly NewEvent[]> {
      const events = await place.stored(bodies);
      await deliver(log, ...events);
      return events;
    },
    of: (type: string): readonly RecordedEvent[] => log.events.filter((event) => event.type === type),
  };
  return place;
}

let sequence = 0;

/** A basic notice, as Graph delivers it. */
export function basic(messageId: string, more: JsonObject = {}): JsonObject {
  const resource = `chats('${chatId}')/messages('${messageId}')`;
  return {
    value: [
      {
        ...{ subscriptionId: 'sub-1', clientState: 'agreed', changeType: 'created', tenantId: tenant, resource },
        resourceData: { '@odata.type': '#Microsoft.Graph.chatMessage', '@odata.id': resource, id: messageId },
        ...more,
      },
    ],
  };
}

/** The data of events as the registry knows it; throws where it does not. */
export function checked(events: readonly RecordedEvent[]): readonly JsonObject[] {
  return events.map(({ type, data }) => {
    const read = readEvent(type, 1, data);
    if (!read.ok) throw new Error(read.problem);
    return read.data;
  });
}
