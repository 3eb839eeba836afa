import type {
  EventHubConsumerClient,
  SubscribeOptions,
  Subscription,
  SubscriptionEventHandlers,
} from '@azure/event-hubs';
import { classifyError, type EventHubsFailure } from '#adapters/event-hubs/errors.ts';
import { toPartition } from '#adapters/event-hubs/properties.ts';
import type { Clock } from '#ports/clock.ts';
import type { PartitionProperties } from '#ports/event-source.ts';

/** What reading a partition needs of the vendor's client. */
export interface PartitionClient {
  subscribe(partitionId: string, handlers: SubscriptionEventHandlers, options: SubscribeOptions): Subscription;
  partition(partitionId: string, signal: AbortSignal): Promise<PartitionAnswer>;
  /** Sequence number of the last message that the client has fetched, handed out or not; undefined when it cannot be seen. */
  lastFetched(partitionId: string): number | undefined;
}

export type PartitionAnswer =
  | { readonly ok: true; readonly partition: PartitionProperties }
  | { readonly ok: false; readonly failure: EventHubsFailure };

/** One client for all partitions, replaced when its connection seems to be dead. */
export interface Clients {
  readonly current: () => { readonly client: PartitionClient; readonly generation: number };
  /** Throws the client of this generation away, unless that was done already. Everybody else is told through `onReplaced`. */
  replace(generation: number): void;
  /** The service was heard on this partition. */
  heard(partitionId: string): void;
  /** Whether it was on another one after `since`, on the monotonic clock. */
  isAnyHeardSince(since: number, except: string): boolean;
  /** Returns how to stop listening. */
  onReplaced(listener: () => void): () => void;
  raw(): EventHubConsumerClient;
  close(): Promise<void>;
}

/** @param make called for the first use and after every replacement */
export function createClients(make: () => EventHubConsumerClient, clock: Pick<Clock, 'monotonic'>): Clients {
  const listeners = new Set<() => void>();
  const heardAt = new Map<string, number>();
  let generation = 0;
  let raw: EventHubConsumerClient | undefined;
  const get = (): EventHubConsumerClient => {
    raw ??= make();
    return raw;
  };
  return {
    raw: get,
    current: () => ({ client: asPartitionClient(get()), generation }),
    replace: (old) => {
      if (old !== generation) return;
      generation += 1;
      const dead = raw;
      raw = undefined;
      for (const listener of [...listeners]) listener();
      // In the background: closing a dead connection waits for answers that never come.
      void dead?.close().catch(() => undefined);
    },
    heard: (partitionId) => {
      heardAt.set(partitionId, clock.monotonic());
    },
    isAnyHeardSince: (since, except) => [...heardAt].some(([partitionId, at]) => partitionId !== except && at > since),
    onReplaced: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close: async () => {
      const open = raw;
      raw = undefined;
      await open?.close().catch(() => undefined);
    },
  };
}

function asPartitionClient(client: EventHubConsumerClient): PartitionClient {
  return {
    subscribe: (partitionId, handlers, options) => client.subscribe(partitionId, handlers, options),
    partition: async (partitionId, abortSignal) => {
      try {
        return { ok: true, partition: toPartition(await client.getPartitionProperties(partitionId, { abortSignal })) };
      } catch (error) {
        return { ok: false, failure: classifyError(error) };
      }
    },
    lastFetched: (partitionId) => lastFetched(client, partitionId),
  };
}

/**
 * The client shows nowhere how much it holds, but each of its receivers notes the last sequence number that arrived (`checkpoint`, in
 * `_context.receivers`; 6.0.4). Read only, and whoever asks copes with undefined.
 */
function lastFetched(client: EventHubConsumerClient, partitionId: string): number | undefined {
  const receivers = member(member(client, '_context'), 'receivers');
  if (typeof receivers !== 'object' || receivers === null) return undefined;
  let last: number | undefined;
  for (const [name, receiver] of Object.entries(receivers)) {
    if (!name.toLowerCase().includes(`/partitions/${partitionId}-`.toLowerCase())) continue;
    const checkpoint = member(receiver, 'checkpoint');
    if (typeof checkpoint === 'number' && (last === undefined || checkpoint > last)) last = checkpoint;
  }
  return last;
}

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}
