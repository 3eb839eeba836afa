import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type EventHubClientOptions,
  EventHubConsumerClient,
  type EventHubConsumerClientOptions,
  EventHubProducerClient,
  type EventPosition,
  type ReceivedEventData,
  type SubscribeOptions,
} from '@azure/event-hubs';
import { afterEach } from 'vitest';
import { systemClock } from '#adapters/system/clock.ts';
import type { EventHubsSimulator, EventHubsSimulatorOptions } from '#simulator/event-hubs/options.ts';
import { createEventHubsSimulator } from '#simulator/event-hubs/simulator.ts';

const cleanups: (() => Promise<unknown>)[] = [];

/** Runs after the test, last in first out. */
export function cleanup(action: () => Promise<unknown>): void {
  cleanups.push(action);
}

afterEach(async () => {
  for (const action of cleanups.splice(0).reverse()) await action();
});

/** Short waits, no second attempt: a test sees what the simulator answered. */
export const impatient = { retryOptions: { maxRetries: 0, timeoutInMs: 5_000 } } as const;
/** Patient enough to come back after a fault. */
export const persistent = { retryOptions: { maxRetries: 20, retryDelayInMs: 50, timeoutInMs: 1_000 } } as const;

export const sas = { keyName: 'root', key: 'c2VjcmV0IG9mIHRoZSB0ZXN0cw==' };

/** A simulator with one hub `calls` of two partitions in memory, unless told otherwise. */
export async function startHub(options: Partial<EventHubsSimulatorOptions> = {}): Promise<EventHubsSimulator> {
  const simulator = await createEventHubsSimulator({
    port: 0,
    hubs: [{ name: 'calls', partitions: 2, consumerGroups: ['tocsin'] }],
    storage: { kind: 'memory' },
    sas,
    clock: systemClock,
    ...options,
  });
  cleanup(() => simulator.close());
  return simulator;
}

export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'tocsin-hub-'));
  cleanup(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

export function producer(
  connectionString: string,
  options: EventHubClientOptions = impatient,
  hub = 'calls',
): EventHubProducerClient {
  const client = new EventHubProducerClient(connectionString, hub, options);
  cleanup(() => client.close());
  return client;
}

export function consumer(
  connectionString: string,
  options: EventHubConsumerClientOptions = impatient,
  group = '$Default',
): EventHubConsumerClient {
  const client = new EventHubConsumerClient(group, connectionString, 'calls', options);
  cleanup(() => client.close());
  return client;
}

/** What a reader of one partition has got so far. */
export interface Reading {
  readonly events: readonly ReceivedEventData[];
  readonly bodies: readonly unknown[];
  readonly sequenceNumbers: readonly number[];
  readonly errors: readonly (Error & { readonly code?: string; readonly retryable?: boolean })[];
  /** Resolves once that many events have come. Rejects with the first error that will not be retried. */
  atLeast(count: number): Promise<Reading>;
  /** Resolves with the first error. */
  failure(): Promise<Error & { readonly code?: string; readonly retryable?: boolean }>;
  close(): Promise<void>;
}

/** Reads one partition with a client of its own: a client takes only one reader per partition. */
export function read(
  connectionString: string,
  partition: string,
  startPosition: EventPosition,
  options: SubscribeOptions & { readonly client?: EventHubConsumerClientOptions; readonly group?: string } = {},
): Reading {
  const client = consumer(connectionString, options.client, options.group);
  const events: ReceivedEventData[] = [];
  const errors: Error[] = [];
  const waiting = new Set<() => void>();
  const changed = () => {
    for (const check of waiting) check();
  };
  const subscription = client.subscribe(
    partition,
    {
      processEvents: async (batch) => {
        events.push(...batch);
        changed();
      },
      processError: async (error) => {
        errors.push(error);
        changed();
      },
    },
    { startPosition, maxBatchSize: 100, maxWaitTimeInSeconds: 1, ...options },
  );
  const until = <T>(take: () => T | undefined) =>
    new Promise<T>((resolve) => {
      const check = () => {
        const value = take();
        if (value === undefined) return;
        waiting.delete(check);
        resolve(value);
      };
      waiting.add(check);
      check();
    });
  const reading: Reading = {
    events,
    errors,
    get bodies() {
      return events.map((event) => event.body as unknown);
    },
    get sequenceNumbers() {
      return events.map((event) => event.sequenceNumber);
    },
    atLeast: (count) => until(() => (events.length >= count ? reading : undefined)),
    failure: () => until(() => errors[0]),
    close: () => subscription.close(),
  };
  cleanup(() => subscription.close());
  return reading;
}

/** Waits for something that happens outside of any client, looking every few milliseconds. */
export async function eventually(condition: () => boolean | Promise<boolean>, what: string): Promise<void> {
  for (let attempt = 0; attempt < 1000; attempt++) {
    if (await condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`did not happen within ten seconds: ${what}`);
}

/** Events with bodies `from`, `from + 1`, … */
export function numbered(count: number, from = 0): { body: number }[] {
  return Array.from({ length: count }, (_, index) => ({ body: from + index }));
}
