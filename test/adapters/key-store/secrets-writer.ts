import { createSqliteSecrets } from '#adapters/key-store/secrets.ts';
import { systemClock } from '#adapters/system/clock.ts';
import { systemIds } from '#adapters/system/ids.ts';

/** A process that counts up a number in a secret, each time under the lock: for tests with several of them at once. */
process.on('message', async ({ file, masterKeyFile, times }: WriterTask) => {
  const secrets = createSqliteSecrets({
    file,
    masterKeyFile,
    clock: systemClock,
    ids: systemIds,
    busyTimeoutMs: 30_000,
  });
  let overlaps = 0;
  for (let done = 0; done < times; done += 1) {
    const lock = await secrets.lock('counter', { waitMs: 60_000, holdMs: 60_000 });
    if (!lock.ok) throw new Error(lock.reason);
    const read = await secrets.read('counter');
    if (!read.ok) throw new Error(read.detail);
    const count = Number(Buffer.from(read.value ?? []).toString() || 0);
    await new Promise((resolve) => setImmediate(resolve));
    const written = await secrets.write('counter', Buffer.from(String(count + 1)), read.version);
    if (!written.ok) overlaps += 1;
    await lock.release();
  }
  await secrets.close();
  process.send?.({ overlaps }, () => process.disconnect());
});
process.send?.('ready');

export interface WriterTask {
  readonly file: string;
  readonly masterKeyFile: string;
  readonly times: number;
}
