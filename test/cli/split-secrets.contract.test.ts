import { expect, it } from 'vitest';
import { moveSignIns, splitSecrets } from '#cli/roles/split-secrets.ts';
import type { Secrets } from '#ports/secrets.ts';
import { createMemorySecrets } from '#simulator/memory-secrets.ts';
import { createSeededIds } from '#simulator/seeded-ids.ts';
import { describeSecrets } from '#test/contract/secrets.contract.ts';
import { createHurriedClock } from '#test/support/hurried-clock.ts';

const clock = createHurriedClock();
const ids = createSeededIds(1);
const memory = () => createMemorySecrets({ clock, ids });
const bytes = (text: string) => new TextEncoder().encode(text);
const { signal } = new AbortController();

describeSecrets('two stores as one', async (hurried) => {
  const deps = { clock: hurried, ids };
  const secrets = splitSecrets(createMemorySecrets(deps), createMemorySecrets(deps));
  return { secrets, close: () => secrets.close(), discard: () => secrets.close() };
});

const all = {
  'credential/chat/token-cache': 'a sign-in',
  'desk/session-key/1': 'a key of sessions',
  'notification-key/2': 'a private key',
  'subscription/chat/client-state': 'a client state',
  'temporal/codec-keys': 'keys of payloads',
};
const forIngest = ['notification-key/2', 'subscription/chat/client-state'];
const forSignIns = Object.keys(all).filter((name) => !forIngest.includes(name));

async function fill(secrets: Secrets): Promise<void> {
  for (const [name, text] of Object.entries(all)) await secrets.write(name, bytes(text), 'none');
}

async function namesIn(secrets: Secrets): Promise<readonly string[]> {
  const listed = await secrets.names('');
  return listed.ok ? listed.names.filter((name) => name !== 'moved-in') : [];
}

it('keeps where ingest can read what ingest needs, and nothing else', async () => {
  const [keyStore, signIns] = [memory(), memory()];
  const both = splitSecrets(keyStore, signIns);
  await fill(both);
  expect(await namesIn(keyStore)).toEqual(forIngest);
  expect(await namesIn(signIns)).toEqual(forSignIns);
  expect(await both.names('')).toEqual({ ok: true, names: Object.keys(all) });
});

it('believes nothing that somebody puts into the store that ingest can write to', async () => {
  const [keyStore, signIns] = [memory(), memory()];
  await moveSignIns(keyStore, signIns, { clock, signal, onWaiting: () => undefined });
  await keyStore.write('desk/session-key/forged', bytes('forged'), 'none');
  // At the next start.
  await moveSignIns(keyStore, signIns, { clock, signal, onWaiting: () => undefined });
  const both = splitSecrets(keyStore, signIns);
  expect(await both.names('desk/session-key/')).toEqual({ ok: true, names: [] });
  expect(await both.read('desk/session-key/forged')).toEqual({ ok: true, version: 'none' });
  expect(await namesIn(keyStore)).toEqual([]);
});

it('takes in once what one store held before there were two, though several start at once and a store was away', async () => {
  const [keyStore, signIns] = [memory(), memory()];
  await fill(keyStore);
  const heard: string[] = [];
  let away = 2;
  const failing: Secrets = {
    ...signIns,
    write: async (...given) =>
      given[0] === 'desk/session-key/1' && away-- > 0
        ? { ok: false, reason: 'unavailable', detail: 'the storage is away' }
        : signIns.write(...given),
  };
  const onWaiting = (detail: string) => void heard.push(detail);
  await Promise.all([1, 2, 3].map(() => moveSignIns(keyStore, failing, { clock, signal, onWaiting })));
  expect(heard).toContain('the storage is away');
  expect(await namesIn(keyStore)).toEqual(forIngest);
  const both = splitSecrets(keyStore, signIns);
  for (const [name, text] of Object.entries(all)) expect(await both.read(name)).toMatchObject({ value: bytes(text) });
});
