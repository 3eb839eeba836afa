import { afterAll, beforeAll } from 'vitest';
import { createKeyVaultKeyStore } from '#adapters/azure-key-vault/key-vault-key-store.ts';
import { createKeyVaultSecrets } from '#adapters/azure-key-vault/key-vault-secrets.ts';
import { systemClock } from '#adapters/system/clock.ts';
import { createSeededIds } from '#simulator/seeded-ids.ts';
import { startStack, type TestStack } from '#test/adapters/azure-key-vault/stack.ts';
import { describeKeyStore } from '#test/contract/key-store.contract.ts';
import { describeSecrets } from '#test/contract/secrets.contract.ts';

let stack: TestStack;
beforeAll(async () => {
  stack = await startStack();
});
afterAll(() => stack?.stop());

describeKeyStore('Key Vault and blobs', async () => {
  const place = await stack.place();
  const open = async () => createKeyVaultKeyStore({ master: await place.open(), clock: systemClock });
  const keyStore = await open();
  return { keyStore, other: await open(), reopen: open, discard: place.close };
});

describeKeyStore('Key Vault and blobs without room to remember keys', async () => {
  const place = await stack.place();
  const keyStore = createKeyVaultKeyStore({ master: await place.open(), clock: systemClock, cachedKeys: 1 });
  return { keyStore, discard: place.close };
});

describeSecrets('blobs sealed under the master key', async (clock) => {
  const place = await stack.place();
  let seed = 0;
  const open = async () => createKeyVaultSecrets({ master: await place.open(), clock, ids: createSeededIds(++seed) });
  const secrets = await open();
  return { secrets, other: await open(), reopen: open, close: secrets.close, discard: place.close };
});
