import { setImmediate } from 'node:timers/promises';
import { CompactEncrypt, SignJWT } from 'jose';
import { describe, expect, it } from 'vitest';
import { createCookieSealer } from '#adapters/cookies/cookie-sealer.ts';
import type { Secrets } from '#ports/secrets.ts';
import { createMemorySecrets } from '#simulator/memory-secrets.ts';
import { createSeededIds } from '#simulator/seeded-ids.ts';

const day = 86_400_000;
const hour = 3_600_000;

function setUp() {
  const time = { now: Date.parse('2026-08-28T12:00:00Z') };
  const clock = { now: () => time.now, monotonic: () => time.now, sleep: async () => {} };
  const secrets = createMemorySecrets({ clock, ids: createSeededIds(1) });
  const sealer = (over: Secrets = secrets) => createCookieSealer({ secrets: over, clock });
  const names = async () => {
    const listed = await secrets.names('desk/session-key/');
    return listed.ok ? listed.names : [];
  };
  const seal = async (by: ReturnType<typeof sealer>, purpose = 'session', forMs = hour) => {
    const sealed = await by.seal(purpose, { id: '7', roles: ['Responder'] }, time.now + forMs);
    if (!sealed.ok) throw new Error(sealed.detail);
    return sealed.value;
  };
  return { time, secrets, sealer, names, seal };
}

/** A cookie that looks as if it were sealed with another key. */
const madeUp = (value: string, kid: string) =>
  [
    Buffer.from(JSON.stringify({ alg: 'dir', enc: 'A256GCM', kid })).toString('base64url'),
    ...value.split('.').slice(1),
  ].join('.');

/** A function whose next answer is held back, once it was worked out, until it is let go. */
function heldOnce<A extends unknown[], R>(call: (...args: A) => Promise<R>) {
  const [called, letGo] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  let holds = false;
  return {
    hold() {
      holds = true;
    },
    called: called.promise,
    letGo: letGo.resolve,
    async call(...args: A): Promise<R> {
      const answer = await call(...args);
      if (!holds) return answer;
      holds = false;
      called.resolve();
      await letGo.promise;
      return answer;
    },
  };
}

describe('a sealed cookie', () => {
  it('opens for its purpose until its end, in every process that shares the key store', async () => {
    const { time, sealer, seal } = setUp();
    const [one, other] = [sealer(), sealer()];
    const value = await seal(one);
    expect(value).not.toContain('Responder');
    expect(await other.open('session', value)).toEqual({ ok: true, content: { id: '7', roles: ['Responder'] } });
    expect(await other.open('sign-in', value)).toEqual({ ok: false, reason: 'invalid' });
    time.now += hour + 1000;
    expect(await other.open('session', value)).toEqual({ ok: false, reason: 'invalid' });
  });

  it('opens for nobody when a character is another one', async () => {
    const { sealer, seal } = setUp();
    const own = sealer();
    const value = await seal(own);
    for (let at = 0; at < value.length - 1; at += 7) {
      const other = value[at] === 'x' ? 'y' : 'x';
      expect((await own.open('session', value.slice(0, at) + other + value.slice(at + 1))).ok, String(at)).toBe(false);
    }
  });

  it('is none when it is signed, compressed, or sealed with somebody else’s key', async () => {
    const { sealer, seal } = setUp();
    const own = sealer();
    const value = await seal(own);
    const { kid } = JSON.parse(Buffer.from(value.split('.')[0] ?? '', 'base64url').toString()) as { kid: string };
    const key = new Uint8Array(32);
    const forged = await new CompactEncrypt(Buffer.from('{"content":{}}'))
      .setProtectedHeader({ alg: 'dir', enc: 'A256GCM', kid })
      .encrypt(key);
    const signed = await new SignJWT({ content: {} }).setProtectedHeader({ alg: 'HS256', kid }).sign(key);
    for (const text of [forged, signed, `${Buffer.from('{"alg":"none"}').toString('base64url')}.e30.`, '', 'x.y.z.a.b'])
      expect(await own.open('session', text)).toEqual({ ok: false, reason: 'invalid' });
  });

  it('is not made of more than a browser keeps', async () => {
    const { sealer, time } = setUp();
    await expect(sealer().seal('session', { name: 'x'.repeat(5000) }, time.now + hour)).rejects.toThrow(RangeError);
  });
});

describe('the ring of keys', () => {
  it('has a new key every day; what an older one sealed opens until its end, and then the key is gone', async () => {
    const { time, sealer, names, seal } = setUp();
    const own = sealer();
    time.now += 0;
    await seal(own);
    time.now += day - hour;
    const evening = await seal(own, 'session', 12 * hour);
    expect(await names()).toHaveLength(1);
    time.now += 2 * hour;
    await seal(own);
    expect(await names()).toHaveLength(2);
    expect((await own.open('session', evening)).ok).toBe(true);
    time.now += 9 * hour;
    expect((await sealer().open('session', evening)).ok).toBe(true);
    time.now += day;
    await seal(own);
    expect(await names()).toHaveLength(2);
    expect((await own.open('session', evening)).ok).toBe(false);
  });

  it('is shared: a second process seals with the key of the first', async () => {
    const { sealer, names, seal } = setUp();
    await seal(sealer());
    await seal(sealer());
    expect(await names()).toHaveLength(1);
  });

  it('is one for all who ask at once', async () => {
    const { sealer, names, seal } = setUp();
    const own = sealer();
    await Promise.all([seal(own), seal(own), seal(own)]);
    expect(await names()).toHaveLength(1);
  });

  it('serves on while the key store is away, for those who have read it; others hear that it is away', async () => {
    const { time, secrets, sealer, seal } = setUp();
    const own = sealer();
    const value = await seal(own);
    await secrets.close();
    expect((await own.open('session', value)).ok).toBe(true);
    time.now += 2 * day;
    expect((await own.seal('session', {}, time.now + hour)).ok).toBe(true);
    const fresh = sealer();
    for (let attempt = 0; attempt < 2; attempt += 1)
      expect(await fresh.open('session', value)).toMatchObject({ ok: false, reason: 'unavailable' });
    expect(await fresh.seal('session', {}, time.now + hour)).toMatchObject({ ok: false, reason: 'unavailable' });
  });

  it('is not read again and again for keys that somebody made up', async () => {
    const { secrets, sealer, seal } = setUp();
    let reads = 0;
    const own = sealer({
      ...secrets,
      names: async (prefix) => {
        reads += 1;
        return secrets.names(prefix);
      },
    });
    const value = await seal(own);
    const before = reads;
    for (let at = 0; at < 100; at += 1) await own.open('session', madeUp(value, `17-${at}`));
    expect(reads - before).toBeLessThan(2);
  });

  it('opens for all who ask while it is read for the first time', async () => {
    const { sealer, seal } = setUp();
    const value = await seal(sealer());
    const restarted = sealer();
    const opened = await Promise.all([1, 2, 3].map(() => restarted.open('session', value)));
    expect(opened.map(({ ok }) => ok)).toEqual([true, true, true]);
  });

  it('is read once for all who ask at the same time', async () => {
    const { secrets, sealer, seal } = setUp();
    const value = await seal(sealer());
    let reads = 0;
    const restarted = sealer({
      ...secrets,
      names: async (prefix) => {
        reads += 1;
        return secrets.names(prefix);
      },
    });
    await Promise.all([1, 2, 3].map(() => restarted.open('session', value)));
    expect(reads).toBe(1);
  });

  it('does not call forged what another desk sealed with a key that it has not read yet', async () => {
    const { time, sealer, seal } = setUp();
    const [one, other] = [sealer(), sealer()];
    const value = await seal(one);
    time.now += day;
    await other.open('session', value);
    const newer = await seal(one);
    expect(await other.open('session', newer)).toMatchObject({ ok: false, reason: 'unavailable' });
    expect(await other.open('session', madeUp(value, '17-1'))).toEqual({ ok: false, reason: 'invalid' });
    time.now += 5000;
    expect(await other.open('session', newer)).toMatchObject({ ok: true });
    expect(await other.open('session', madeUp(value, `${time.now - hour}-1`))).toEqual({
      ok: false,
      reason: 'invalid',
    });
  });

  it('does not call forged what was sealed with a key that was made while a slow look was under way', async () => {
    const { secrets, sealer, seal } = setUp();
    const listing = heldOnce(secrets.names);
    const [one, other] = [sealer(), sealer({ ...secrets, names: listing.call })];
    listing.hold();
    const looking = other.open('session', madeUp('a.b.c.d.e', '17-1'));
    await listing.called;
    const opening = other.open('session', await seal(one));
    listing.letGo();
    expect(await opening).toMatchObject({ ok: false, reason: 'unavailable' });
    expect(await looking).toEqual({ ok: false, reason: 'invalid' });
  });

  it('keeps a key that was made while a slow look at the key store was under way', async () => {
    const { time, secrets, sealer, names, seal } = setUp();
    const listing = heldOnce(secrets.names);
    const own = sealer({ ...secrets, names: listing.call });
    const value = await seal(own);
    time.now += day;
    listing.hold();
    const looking = own.open('session', madeUp(value, '17-1'));
    await listing.called;
    const sealing = seal(own);
    // Where it did not wait for that look, its key is made by then.
    await setImmediate();
    listing.letGo();
    const [newer] = await Promise.all([sealing, looking]);
    expect(await names()).toHaveLength(2);
    expect(await own.open('session', newer)).toMatchObject({ ok: true });
  });

  it('keeps a key that was on its way to the key store when a look at that began', async () => {
    const { time, secrets, sealer, seal } = setUp();
    const [listing, turn] = [heldOnce(secrets.names), heldOnce(async () => undefined)];
    const write: Secrets['write'] = async (...args) => {
      await turn.call();
      return secrets.write(...args);
    };
    const own = sealer({ ...secrets, names: listing.call, write });
    const value = await seal(own);
    time.now += day;
    turn.hold();
    const sealing = seal(own);
    await turn.called;
    time.now += 5000;
    listing.hold();
    const looking = own.open('session', madeUp(value, '17-1'));
    await listing.called;
    turn.letGo();
    const newer = await sealing;
    listing.letGo();
    await looking;
    expect(await own.open('session', newer)).toMatchObject({ ok: true });
  });

  it('makes no key where another desk made one while a slow look was under way', async () => {
    const { time, secrets, sealer, names, seal } = setUp();
    const listing = heldOnce(secrets.names);
    const own = sealer({ ...secrets, names: listing.call });
    const value = await seal(own);
    time.now += day;
    listing.hold();
    const looking = own.open('session', madeUp(value, '17-1'));
    await listing.called;
    await seal(sealer());
    const sealing = seal(own);
    listing.letGo();
    await Promise.all([sealing, looking]);
    expect(await names()).toHaveLength(2);
  });
});
