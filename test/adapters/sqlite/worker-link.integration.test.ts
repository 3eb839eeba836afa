import { describe, expect, it } from 'vitest';
import { openWorkerLink } from '#adapters/sqlite/worker-link.ts';

const file = { file: 'none', lockTimeoutMs: 0 };

describe('the link to a thread', () => {
  it('settles what was pending when the thread dies, and starts it anew for the next request', async () => {
    let restarts = 0;
    const restarted = Promise.withResolvers<void>();
    const link = await openWorkerLink<string, string>(new URL('./dying-thread.ts', import.meta.url), file, {
      onChanged: () => undefined,
      onRestart() {
        restarts++;
        restarted.resolve();
      },
    });
    expect(await link.call('one')).toBe('one');
    expect(await Promise.all([link.call('two'), link.call('die'), link.call('three')])).toEqual([
      ...['two', undefined, undefined],
    ]);
    expect(await link.call('four')).toBe('four');
    await restarted.promise;
    expect(restarts).toBe(1);
    await link.close();
    expect(await link.call('five')).toBeUndefined();
  });

  it('says why a thread could not start', async () => {
    const body = new URL('../../../adapters/sqlite/write-worker.ts', import.meta.url);
    const nothing = () => undefined;
    const noFolder = { file: '/dev/null/log.db', lockTimeoutMs: 0 };
    await expect(openWorkerLink(body, noFolder, { onChanged: nothing, onRestart: nothing })).rejects.toThrow(
      /cannot open the event log \/dev\/null\/log.db: /,
    );
  });
});
