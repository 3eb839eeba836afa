import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeEvents } from '#adapters/eventstoredb/events.ts';
import { openVendorClient } from '#adapters/eventstoredb/vendor-client.ts';
import { newEvents } from '#test/adapters/eventstoredb/follow.ts';
import { type Stack, startStack } from '#test/adapters/eventstoredb/stack.ts';

let stack: Stack;
beforeAll(async () => {
  stack = await startStack();
});
afterAll(() => stack.close());

describe('an append that begins while its client closes the channel', () => {
  it.each(Array.from({ length: 12 }, (_, turns) => [turns]))(
    'is settled (%i microtasks later)',
    { timeout: 10_000 },
    async (turns) => {
      const { client, appendCredentials, disconnect } = openVendorClient(stack.simulator.connectionString, 'tocsin');
      const internals = client as unknown as { getChannel(): Promise<{ close(): void }> };
      const append = (stream: string) => {
        const encoded = encodeEvents(newEvents(1));
        return client.appendToStream(stream, encoded.ok ? encoded.events : [], { credentials: appendCredentials });
      };
      await append(`warm-${turns}`);
      const channel = await internals.getChannel();
      const second = append(`race-${turns}`).then(
        () => 'written',
        () => 'refused',
      );
      for (let turn = 0; turn < turns; turn++) await Promise.resolve();
      channel.close();
      expect(['written', 'refused']).toContain(await second);
      await disconnect();
    },
  );
});
