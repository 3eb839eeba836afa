import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { eventually } from '#test/support/eventually.ts';
import { temporaryFolder } from '#test/support/temporary-folder.ts';
import { launchTocsin } from '#test/support/tocsin-process.ts';

it('waits for its keys alive and not ready, so that no platform starts it again and again, and ends when it is asked to', async () => {
  const storage = createServer((_, response) => response.writeHead(503).end());
  await new Promise<void>((resolve) => storage.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void storage.close());
  const place = `http://127.0.0.1:${(storage.address() as AddressInfo).port}`;
  let said = () => '';
  let end: (signal: 'SIGKILL' | 'SIGTERM') => Promise<number | null> = async () => null;
  const started = launchTocsin(
    temporaryFolder(),
    ['triage'],
    {
      TOCSIN_KEY_STORE: 'https://kv-away.vault.azure.net/keys/master',
      TOCSIN_SUBJECT_KEYS: `${place}/account/subject-keys?sig=simulated`,
      TOCSIN_PROBES: '127.0.0.1:0',
      TOCSIN_LOG_LEVEL: 'info',
    },
    onTestFinished,
    (launched) => ({ said, end } = launched),
  );
  const over = started.then(
    () => 'it started',
    () => 'it ended',
  );
  const probes = await eventually(
    'it says where its probes are',
    () => /http:\/\/127\.0\.0\.1:\d+(?=")/.exec(said())?.[0],
  );
  await eventually('it says what it waits for', () => said().includes('the keys of the stack cannot be reached'));
  const asked = ['live', 'startup', 'ready'].map(async (word) => (await fetch(`${probes}/health/${word}`)).status);
  expect(await Promise.all(asked)).toEqual([200, 200, 503]);
  expect(await end('SIGTERM')).toBe(0);
  expect(await over).toBe('it ended');
});
