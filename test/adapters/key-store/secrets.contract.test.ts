import { createSqliteSecrets } from '#adapters/key-store/secrets.ts';
import { createMemorySecrets } from '#simulator/memory-secrets.ts';
import { createSeededIds } from '#simulator/seeded-ids.ts';
import { describeSecrets } from '#test/contract/secrets.contract.ts';
import { temporaryPlace } from './place.ts';

describeSecrets('memory', async (clock) => {
  const secrets = createMemorySecrets({ clock, ids: createSeededIds(1) });
  return { secrets, close: secrets.close, discard: secrets.close };
});

describeSecrets('SQLite', async (clock) => {
  const place = temporaryPlace();
  let seed = 0;
  const opened: ReturnType<typeof createSqliteSecrets>[] = [];
  const open = () => {
    const secrets = createSqliteSecrets({ ...place, clock, ids: createSeededIds(++seed) });
    opened.push(secrets);
    return secrets;
  };
  const secrets = open();
  return {
    secrets,
    other: open(),
    reopen: async () => {
      for (const handle of opened) await handle.close();
      return open();
    },
    close: secrets.close,
    discard: async () => {
      for (const handle of opened) await handle.close();
      place.remove();
    },
  };
});
