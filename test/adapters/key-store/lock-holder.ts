import { createSqliteSecrets } from '#adapters/key-store/secrets.ts';
import { systemClock } from '#adapters/system/clock.ts';
import { systemIds } from '#adapters/system/ids.ts';

/** A process that takes a lock for an hour, says so, and keeps it: for tests that kill it. */
process.on('message', async ({ file, masterKeyFile, name }: HolderTask) => {
  const secrets = createSqliteSecrets({ file, masterKeyFile, clock: systemClock, ids: systemIds });
  const lock = await secrets.lock(name, { waitMs: 0, holdMs: 3_600_000 });
  process.send?.(lock.ok);
});

export interface HolderTask {
  readonly file: string;
  readonly masterKeyFile: string;
  readonly name: string;
}
