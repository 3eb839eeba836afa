import { randomUUID } from 'node:crypto';
import { EventStoreDBClient, type JSONEventData, jsonEvent } from '@eventstore/db-client';
import { type Stack, startStack } from '#test/adapters/eventstoredb/stack.ts';

/** The vendor's client as anybody would use it, on a simulated server. */
export interface VendorStack extends Stack {
  readonly client: EventStoreDBClient;
}

export async function startVendorStack(): Promise<VendorStack> {
  const stack = await startStack();
  const client = EventStoreDBClient.connectionString(stack.simulator.connectionString);
  return {
    ...stack,
    client,
    async close() {
      await client.dispose();
      await stack.close();
    },
  };
}

/** Both ways in which the client appends: over one shared call, and one call each. */
export const paths = [
  { path: 'batch', options: {} },
  { path: 'unary', options: { credentials: { username: 'x', password: 'y' } } },
] as const;

export function events(count: number, data: object = {}): JSONEventData[] {
  return Array.from({ length: count }, (_, n) =>
    jsonEvent({ id: randomUUID(), type: 'Tested', data: { n, ...data }, metadata: { $correlationId: 'c' } }),
  );
}

export const freshStream = (): string => `vendor-${randomUUID()}`;

/** Ids of a stream's events in order. */
export async function storedIds(client: EventStoreDBClient, stream: string): Promise<string[]> {
  const ids: string[] = [];
  for await (const { event } of client.readStream(stream)) if (event !== undefined) ids.push(event.id);
  return ids;
}

/** What a promise or a stream throws. */
export async function thrownBy(work: PromiseLike<unknown> | AsyncIterable<unknown>): Promise<Record<string, unknown>> {
  try {
    if ('then' in work) await work;
    else for await (const _ of work);
  } catch (error) {
    return error as Record<string, unknown>;
  }
  throw new Error('nothing was thrown');
}

export { jsonEvent };
