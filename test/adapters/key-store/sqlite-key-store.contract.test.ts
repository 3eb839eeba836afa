import { createSqliteKeyStore } from '#adapters/key-store/sqlite-key-store.ts';
import { describeKeyStore } from '#test/contract/key-store.contract.ts';
import { temporaryPlace } from './place.ts';

describeKeyStore('SQLite', () => twoStores({}));
describeKeyStore('SQLite with a thread that makes keys', () => twoStores({ ownThread: true }));

async function twoStores(options: { readonly ownThread?: true }) {
  const place = temporaryPlace();
  const keyStore = await createSqliteKeyStore({ ...place, ...options });
  const other = await createSqliteKeyStore({ ...place, ...options });
  const opened = [keyStore, other];
  return {
    keyStore,
    other,
    reopen: async () => {
      await keyStore.close();
      const again = await createSqliteKeyStore({ ...place, ...options });
      opened.push(again);
      return again;
    },
    discard: async () => {
      for (const store of opened) await store.close();
      place.remove();
    },
  };
}

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
