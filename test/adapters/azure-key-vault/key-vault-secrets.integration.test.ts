import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createKeyVaultSecrets } from '#adapters/azure-key-vault/key-vault-secrets.ts';
import { systemClock } from '#adapters/system/clock.ts';
import { systemIds } from '#adapters/system/ids.ts';
import type { Secrets } from '#ports/secrets.ts';
import { startStack, type TestPlace, type TestStack } from '#test/adapters/azure-key-vault/stack.ts';

describe('secrets in blobs', () => {
  let stack: TestStack;
  let place: TestPlace;
  beforeAll(async () => {
    stack = await startStack();
  });
  afterAll(() => stack?.stop());
  beforeEach(async () => {
    place = await stack.place();
  });
  afterEach(async () => {
    stack.proxy.set('pass');
    await place.close();
  });

  const open = async () => createKeyVaultSecrets({ master: await place.open(), clock: systemClock, ids: systemIds });
  const canary = 'refresh-token-Quohzaivee';

  const countUp = async (secrets: Secrets, times: number) => {
    let conflicts = 0;
    for (let done = 0; done < times; done += 1) {
      const lock = await secrets.lock('counter', { waitMs: 60_000, holdMs: 60_000 });
      if (!lock.ok) throw new Error(lock.reason);
      const read = await secrets.read('counter');
      if (!read.ok) throw new Error(read.detail);
      const count = Number(Buffer.from(read.value ?? []).toString() || 0);
      const written = await secrets.write('counter', Buffer.from(String(count + 1)), read.version);
      if (!written.ok) conflicts += 1;
      await lock.release();
    }
    return conflicts;
  };

  it('have one writer at a time among replicas', async () => {
    const replicas = await Promise.all([open(), open(), open()]);
    const conflicts = await Promise.all(replicas.map((replica) => countUp(replica, 4)));
    expect(conflicts).toEqual([0, 0, 0]);
    const [first] = replicas;
    const read = await first?.read('counter');
    expect(read?.ok === true && Buffer.from(read.value ?? []).toString()).toBe('12');
  });

  it('are written once although the answer is lost, and give the version that stands', async () => {
    const secrets = await open();
    stack.proxy.loseAnswers('PUT', 1);
    const written = await secrets.write('credential/chat/token-cache', Buffer.from('1'), 'none');
    if (!written.ok) throw new Error(written.reason);
    expect(await secrets.read('credential/chat/token-cache')).toMatchObject({ version: written.version });
    stack.proxy.loseAnswers('PUT', 1);
    expect(await secrets.write('credential/chat/token-cache', Buffer.from('2'), written.version)).toMatchObject({
      ok: true,
    });
  });

  it('take a lock once although the answer is lost', async () => {
    const secrets = await open();
    stack.proxy.loseAnswers('PUT', 1);
    const lock = await secrets.lock('counter', { waitMs: 0, holdMs: 60_000 });
    expect(lock).toMatchObject({ ok: true });
    if (lock.ok) await lock.release();
    expect(await (await open()).lock('counter', { waitMs: 0, holdMs: 60_000 })).toMatchObject({ ok: true });
  });

  it('forget a holder that died, by the clock of the storage', async () => {
    const dead = await (await open()).lock('counter', { waitMs: 0, holdMs: 50 });
    expect(dead).toMatchObject({ ok: true });
    expect(await (await open()).lock('counter', { waitMs: 20_000, holdMs: 50 })).toMatchObject({ ok: true });
  });

  it('are sealed, and one does not pass for another', async () => {
    const secrets = await open();
    await secrets.write('one', Buffer.from(canary), 'none');
    const blobs = await place.blobs();
    expect(Buffer.concat([...blobs.values()]).includes('Quohzaivee')).toBe(false);
    const sealed = blobs.get('secrets/one') ?? Buffer.alloc(0);
    await place.container.uploadBlockBlob('secrets/two', sealed, sealed.length);
    const stolen = await secrets.read('two');
    expect(stolen).toMatchObject({ ok: false, detail: expect.stringContaining('damaged') });
    expect(JSON.stringify(stolen)).not.toContain('Quohzaivee');
  });

  it('stay readable and writable while the vault is away', async () => {
    const secrets = await open();
    await stack.vault.faults.start('unreachable');
    try {
      const written = await secrets.write('one', Buffer.from('x'), 'none');
      expect(written).toMatchObject({ ok: true });
      expect(await secrets.read('one')).toMatchObject({ value: new Uint8Array(Buffer.from('x')) });
    } finally {
      await stack.vault.faults.stop('unreachable');
    }
  });

  it('are unavailable, not absent, when the container is gone', async () => {
    const secrets = await open();
    await secrets.write('one', Buffer.from('x'), 'none');
    await place.container.delete();
    const answers = [
      await secrets.read('one'),
      await secrets.write('two', Buffer.from('x'), 'none'),
      await secrets.remove('one'),
      await secrets.names(''),
      await secrets.lock('one', { waitMs: 0, holdMs: 1 }),
    ];
    for (const answer of answers) expect(answer).toMatchObject({ ok: false, reason: 'unavailable' });
  });

  it('are unavailable while the storage is, and no failure holds a value', async () => {
    const secrets = await open();
    stack.proxy.set('away');
    const answers = [
      await secrets.write('one', Buffer.from(canary), 'none'),
      await secrets.read('one'),
      await secrets.lock('one', { waitMs: 0, holdMs: 1 }),
    ];
    for (const answer of answers) expect(answer).toMatchObject({ ok: false, reason: 'unavailable' });
    expect(JSON.stringify([answers, stack.said])).not.toContain('Quohzaivee');
  });
});
