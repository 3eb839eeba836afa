import { inspect } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createKeyVaultKeyStore } from '#adapters/azure-key-vault/key-vault-key-store.ts';
import type { Master } from '#adapters/azure-key-vault/master.ts';
import { systemClock } from '#adapters/system/clock.ts';
import { startStack, type TestPlace, type TestStack, vaultHost } from '#test/adapters/azure-key-vault/stack.ts';
import { eventually } from '#test/support/eventually.ts';

describe('the master key of a stack', () => {
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
    for (const { name } of stack.vault.faults.list()) await stack.vault.faults.stop(name);
    stack.proxy.set('pass');
    await place.close();
  });

  const storeOf = (master: Master) => createKeyVaultKeyStore({ master, clock: systemClock });
  const keysOf = async (master: Master, subjects: readonly string[]) => {
    const made = await storeOf(master).subjectKeys(subjects);
    if (!made.ok) throw new Error(made.detail);
    return made.keys;
  };

  it('is one for all processes that start at once', async () => {
    const masters = await Promise.all([place.open(), place.open(), place.open()]);
    expect(new Set(masters.map(({ id }) => id)).size).toBe(1);
    const tokens = masters.map((master) => storeOf(master).token(['x'])[0]);
    expect(new Set(tokens).size).toBe(1);
  });

  it('is asked of the vault at the start alone: keys of persons need no vault', async () => {
    const master = await place.open();
    const before = stack.vault.operations().length;
    await keysOf(master, ['user:t/1', 'user:t/2']);
    expect(stack.vault.operations()).toHaveLength(before);
  });

  it.each(['throttled', 'unavailable', 'unreachable', 'forbidden', 'silent'])(
    'goes on reading and making keys while the vault is %s, and says so once for each reason',
    async (fault) => {
      const master = await place.open({ vaultTimeoutMs: 500 });
      const [old] = await keysOf(master, ['user:t/1']);
      await stack.vault.faults.start(fault);
      expect(await master.checkRotation()).toMatchObject({ ok: false, reason: 'unavailable' });
      expect(await master.checkRotation()).toMatchObject({ ok: false });
      expect(await keysOf(master, ['user:t/1'])).toEqual([old]);
      expect(await keysOf(master, ['user:t/2'])).toHaveLength(1);
      expect(master.status()).toMatchObject({ vault: 'away', throttled: fault === 'throttled' });
      const told = place.events().filter(({ kind }) => kind === 'vault-away');
      expect(told).not.toHaveLength(0);
      expect(new Set(told.map((event) => JSON.stringify(event))).size).toBe(told.length);
      await stack.vault.faults.stop(fault);
      expect(await master.checkRotation()).toEqual({ ok: true, rewrapped: false });
      expect(master.status()).toMatchObject({ vault: 'answers' });
      expect(place.events().at(-1)).toEqual({ kind: 'vault-back' });
    },
  );

  it.each([
    ['throttled', /429 Throttled.*asks to wait 1 s/],
    ['unavailable', /503/],
    ['forbidden', /may not use the key yet \(403/],
    ['unreachable', /ECONNREFUSED/],
  ])(
    'lets a process that starts while the vault is %s wait, says why, and opens when it is back',
    async (fault, why) => {
      await (await place.open()).close();
      await stack.vault.faults.start(fault);
      const opening = place.open();
      const waiting = await eventually('word of the waiting', () =>
        place.events().find(({ kind }) => kind === 'waiting'),
      );
      expect(waiting).toMatchObject({ detail: expect.stringMatching(why), throttled: fault === 'throttled' });
      await stack.vault.faults.stop(fault);
      expect(await keysOf(await opening, ['user:t/1'])).toHaveLength(1);
    },
  );

  it('lets a process that starts while the storage is away wait for it', async () => {
    stack.proxy.set('away');
    const opening = place.open();
    const waiting = await eventually('word of the waiting', () =>
      place.events().find(({ kind }) => kind === 'waiting'),
    );
    expect(waiting).toMatchObject({ detail: expect.stringContaining('storage of the keys') });
    stack.proxy.set('pass');
    expect((await opening).id).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('stops waiting when the process is told to end', async () => {
    await stack.vault.faults.start('unavailable');
    const ending = new AbortController();
    const opening = place.open({ signal: ending.signal });
    await eventually('word of the waiting', () => place.events().length > 0);
    ending.abort();
    await expect(opening).rejects.toThrow(/abort/i);
  });

  it('makes one master key although the answer to the first attempt is lost', async () => {
    stack.proxy.loseAnswers('PUT', 1);
    const first = await place.open();
    const second = await place.open();
    expect(second.id).toBe(first.id);
    expect(storeOf(second).token(['x'])).toEqual(storeOf(first).token(['x']));
  });

  it("is wrapped anew when the vault's key is rotated, after which the old version is needed no more", async () => {
    const own = await stack.place('own key');
    try {
      const [first, second] = await Promise.all([own.open(), own.open()]);
      const [key] = await keysOf(first, ['user:t/1']);
      const old = first.status().keyVersion;
      const next = (await stack.vault.createKey(own.keyName)).split('/').at(-1) ?? '';
      const checks = await Promise.all([first.checkRotation(), second.checkRotation()]);
      expect(checks).toEqual([
        { ok: true, rewrapped: true },
        { ok: true, rewrapped: true },
      ]);
      expect(own.events()).toContainEqual({ kind: 'rewrapped', from: old, to: next });
      stack.vault.enableKey(own.keyName, old, false);
      const third = await own.open();
      expect(third.status()).toMatchObject({ keyVersion: next });
      expect(await keysOf(third, ['user:t/1'])).toEqual([key]);
      expect(await first.checkRotation()).toEqual({ ok: true, rewrapped: false });
    } finally {
      await own.close();
    }
  });

  it('looks for a new version by itself', async () => {
    const own = await stack.place('own key');
    try {
      const master = await own.open({ rotationCheckMs: 20 });
      const next = await stack.vault.createKey(own.keyName);
      await eventually('the new version', () => next.endsWith(master.status().keyVersion));
    } finally {
      await own.close();
    }
  });

  it('stays as it is when nobody knows what became of a rotation, which the next look completes', async () => {
    const own = await stack.place('own key');
    try {
      const master = await own.open();
      const { keyVersion } = master.status();
      await stack.vault.createKey(own.keyName);
      await stack.vault.faults.start('lost-answer');
      expect(await master.checkRotation()).toMatchObject({ ok: false });
      await stack.vault.faults.stop('lost-answer');
      expect(master.status()).toMatchObject({ keyVersion });
      expect(await master.checkRotation()).toEqual({ ok: true, rewrapped: true });
    } finally {
      await own.close();
    }
  });

  it('refuses to start without the key in the vault, with another one, and without the master key of keys that are there', async () => {
    const refusal = (problem: string) => expect.objectContaining({ name: 'KeyVaultSetupError', problem });
    await expect(place.open({ keyUrl: `https://${vaultHost}/keys/nothing` })).rejects.toEqual(refusal('key-missing'));
    await expect(place.open({ keyUrl: `https://${vaultHost}/secrets/x` })).rejects.toEqual(refusal('address'));
    const master = await place.open();
    await keysOf(master, ['user:t/1']);
    await stack.vault.createKey('another');
    await expect(place.open({ keyUrl: `https://${vaultHost}/keys/another` })).rejects.toEqual(
      refusal('master-key-wrong'),
    );
    const kept = await place.container.getBlobClient('master.json').downloadToBuffer();
    await place.container.deleteBlob('master.json');
    await expect(place.open()).rejects.toEqual(refusal('master-key-missing'));
    const damaged = kept.toString().replace(/"wrapped":"[^"]{8}/, '"wrapped":"AAAAAAAA');
    await place.container.uploadBlockBlob('master.json', damaged, damaged.length);
    await expect(place.open()).rejects.toEqual(refusal('master-key-wrong'));
  });

  it('is not made by those that only look', async () => {
    await expect(place.open({ mayMake: false })).rejects.toMatchObject({ problem: 'nothing-there' });
    expect([...(await place.blobs()).keys()]).toEqual([]);
    const { id } = await place.open();
    expect((await place.open({ mayMake: false })).id).toBe(id);
  });

  it('never sends its token to an address that stands in a blob', async () => {
    await place.open();
    const kept = await place.container.getBlobClient('master.json').downloadToBuffer();
    const elsewhere = kept.toString().replace(vaultHost, 'kv-evil.vault.azure.net');
    await place.container.uploadBlockBlob('master.json', elsewhere, elsewhere.length);
    const before = stack.said.length;
    await expect(place.open()).rejects.toThrow(/is not wrapped by/);
    expect(stack.said.slice(before).filter((line) => line.startsWith('token'))).toEqual([]);
  });

  it('is in no blob, no event, no log and no inspection, and neither are the keys that it wraps', async () => {
    const master = await place.open();
    const store = storeOf(master);
    const [key] = await keysOf(master, ['user:t/1']);
    const day = await store.dayKey('commitment', '2026-11-21');
    const { wrapping, secrets, tokens, subjects } = master.derived();
    const keys = [
      wrapping,
      secrets,
      tokens,
      subjects,
      Buffer.from(key?.key ?? []),
      day.ok ? Buffer.from(day.key) : Buffer.alloc(0),
    ];
    const shown = [
      ...stack.said,
      inspect(master, { depth: 9, showHidden: true }),
      inspect(store, { depth: 9, showHidden: true }),
      JSON.stringify(master),
    ].join('\n');
    const kept = Buffer.concat([...(await place.blobs()).values()]);
    for (const secret of keys) {
      expect(secret).toHaveLength(32);
      expect(kept.includes(secret)).toBe(false);
      for (const encoding of ['hex', 'base64', 'base64url'] as const) {
        const text = secret.toString(encoding).slice(0, 40);
        expect(kept.includes(text)).toBe(false);
        expect(shown).not.toContain(text);
      }
      // As Node shows a buffer.
      expect(shown).not.toContain(
        secret
          .subarray(0, 8)
          .toString('hex')
          .replace(/..(?!$)/g, '$& '),
      );
    }
  });
});
