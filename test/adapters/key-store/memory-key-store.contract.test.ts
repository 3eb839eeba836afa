import { createMemoryKeyStore } from '#simulator/memory-key-store.ts';
import { describeKeyStore } from '#test/contract/key-store.contract.ts';

describeKeyStore('memory', async () => {
  const keyStore = createMemoryKeyStore();
  return { keyStore, discard: () => keyStore.close() };
});
