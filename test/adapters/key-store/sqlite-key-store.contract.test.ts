import { createSqliteKeyStore } from '#adapters/key-store/sqlite-key-store.ts';
import { describeKeyStore } from '#test/contract/key-store.contract.ts';
import { temporaryPlace } from './place.ts';

describeKeyStore('SQLite', async () => {
  const place = temporaryPlace();
  const keyStore = await createSqliteKeyStore(place);
  const other = await createSqliteKeyStore(place);
  const opened = [keyStore, other];
  return {
    keyStore,
    other,
    reopen: async () => {
      await keyStore.close();
      const again = await createSqliteKeyStore(place);
      opened.push(again);
      return again;
    },
    discard: async () => {
      for (const store of opened) await store.close();
      place.remove();
    },
  };
});

describeKeyStore('SQLite without room to remember keys', async () => {
  const place = temporaryPlace();
  const keyStore = await createSqliteKeyStore({ ...place, cachedKeys: 1 });
  return {
    keyStore,
    discard: async () => {
      await keyStore.close();
      place.remove();
    },
  };
});
