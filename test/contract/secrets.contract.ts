import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Secrets, SecretVersion } from '#ports/secrets.ts';
import { createHurriedClock } from '#test/support/hurried-clock.ts';

/** Secrets under test; `discard` closes them and removes what they left behind. */
export interface SecretsUnderTest {
  readonly secrets: Secrets;
  /** A second handle on the same secrets, as another process would hold it; absent where they live in one process. */
  readonly other?: Secrets;
  /** Closes and opens them again; absent where nothing outlives the process. */
  readonly reopen?: () => Promise<Secrets>;
  /** Closes them, so that nothing can be asked any more. */
  readonly close: () => Promise<void>;
  readonly discard: () => Promise<void>;
}

const cache = 'credential/chat/token-cache';
const bytes = (text: string) => new TextEncoder().encode(text);

/** What all secrets must do. The clock that the factory is given moves by itself when somebody sleeps. */
export function describeSecrets(
  name: string,
  factory: (clock: ReturnType<typeof createHurriedClock>) => Promise<SecretsUnderTest>,
): void {
  describe(`secrets: ${name}`, () => {
    let subject: SecretsUnderTest;
    let secrets: Secrets;
    let other: Secrets;
    let clock: ReturnType<typeof createHurriedClock>;

    beforeEach(async () => {
      clock = createHurriedClock();
      subject = await factory(clock);
      secrets = subject.secrets;
      other = subject.other ?? secrets;
    });
    afterEach(() => subject.discard());

    it('has nothing at first', async () => {
      expect(await secrets.read(cache)).toEqual({ ok: true, version: 'none' });
      expect(await secrets.names('')).toEqual({ ok: true, names: [] });
    });

    it('gives back what was written, to whoever asks', async () => {
      const version = await put(secrets, cache, 'first');
      expect(await other.read(cache)).toEqual({ ok: true, value: bytes('first'), version });
    });

    it('keeps empty values and every byte of long ones', async () => {
      const long = Uint8Array.from({ length: 200_000 }, (_, index) => index % 251);
      expect(await secrets.write('long', long, 'none')).toMatchObject({ ok: true });
      expect(await secrets.write('empty', new Uint8Array(), 'none')).toMatchObject({ ok: true });
      expect(await other.read('long')).toMatchObject({ value: long });
      expect(await other.read('empty')).toMatchObject({ value: new Uint8Array() });
    });

    it('does not change with the array that was written or read', async () => {
      const value = bytes('first');
      await secrets.write(cache, value, 'none');
      value.fill(0);
      const once = await secrets.read(cache);
      if (once.ok) once.value?.fill(0);
      expect(await secrets.read(cache)).toMatchObject({ value: bytes('first') });
    });

    it('writes over a version that is still there, and gives the new value another version', async () => {
      const first = await put(secrets, cache, 'first');
      const second = await put(other, cache, 'a longer second', first);
      expect(second).not.toBe(first);
      expect(await secrets.read(cache)).toEqual({ ok: true, value: bytes('a longer second'), version: second });
    });

    it('refuses to write over what somebody else has written since', async () => {
      const first = await put(secrets, cache, 'first');
      const second = await put(other, cache, 'second', first);
      expect(await secrets.write(cache, bytes('third'), first)).toEqual({ ok: false, reason: 'conflict' });
      expect(await secrets.write(cache, bytes('third'), 'none')).toEqual({ ok: false, reason: 'conflict' });
      expect(await secrets.read(cache)).toEqual({ ok: true, value: bytes('second'), version: second });
    });

    it('refuses a version of what was removed', async () => {
      const first = await put(secrets, cache, 'first');
      expect(await secrets.remove(cache)).toEqual({ ok: true });
      expect(await other.read(cache)).toEqual({ ok: true, version: 'none' });
      expect(await other.write(cache, bytes('second'), first)).toEqual({ ok: false, reason: 'conflict' });
      const again = await put(other, cache, 'second');
      expect(again).not.toBe(first);
      expect(await secrets.read(cache)).toEqual({ ok: true, value: bytes('second'), version: again });
    });

    it('removes what is not there', async () => {
      expect(await secrets.remove(cache)).toEqual({ ok: true });
    });

    it('lists the names with a prefix, sorted, without those that were removed', async () => {
      for (const name of ['credential/events/key', cache, 'credential-x', 'subscription/1', 'gone/1']) {
        await put(secrets, name, name);
      }
      await secrets.remove('gone/1');
      expect(await other.names('credential/')).toEqual({ ok: true, names: [cache, 'credential/events/key'] });
      expect(await other.names('gone')).toEqual({ ok: true, names: [] });
      expect(await other.names('')).toMatchObject({ names: expect.arrayContaining(['subscription/1']) });
    });

    it.each(['', 'Upper', 'a//b', '/a', 'a/', 'a b', 'a/../b', 'ä', `a${'b'.repeat(300)}`])(
      'throws for a name that is none: %s',
      async (name) => {
        await expect(secrets.write(name, bytes('x'), 'none')).rejects.toThrow(TypeError);
      },
    );

    it('lets one holder at a time have a lock, and the next one as soon as it is released', async () => {
      const first = await take(secrets, cache);
      expect(await other.lock(cache, { waitMs: 0, holdMs: 10_000 })).toEqual({ ok: false, reason: 'held' });
      await first.release();
      await (await take(other, cache)).release();
    });

    it('keeps locks of different names apart', async () => {
      const first = await take(secrets, cache);
      const second = await take(other, 'credential/events/token-cache');
      await first.release();
      await second.release();
    });

    it('waits for the present holder', async () => {
      const first = await take(secrets, cache, 1_000_000);
      const waiting = other.lock(cache, { waitMs: 500_000, holdMs: 10_000 });
      await clock.sleep(1_000);
      await first.release();
      expect(await waiting).toMatchObject({ ok: true });
    });

    it('forgets a holder that died, who then cannot take the lock from the next one', async () => {
      const dead = await take(secrets, cache, 10_000);
      const next = await other.lock(cache, { waitMs: 60_000, holdMs: 1_000_000 });
      expect(next).toMatchObject({ ok: true });
      await dead.release();
      expect(await secrets.lock(cache, { waitMs: 0, holdMs: 10_000 })).toEqual({ ok: false, reason: 'held' });
    });

    it('gives up waiting when time is up or the caller is no longer interested', async () => {
      await take(secrets, cache, 1_000_000);
      expect(await other.lock(cache, { waitMs: 300, holdMs: 1_000 })).toEqual({ ok: false, reason: 'held' });
      const signal = AbortSignal.abort();
      const before = clock.monotonic();
      expect(await other.lock(cache, { waitMs: 900_000, holdMs: 1_000, signal })).toEqual({
        ok: false,
        reason: 'held',
      });
      expect(clock.monotonic() - before).toBeLessThan(1_000);
    });

    it('still has everything after it was closed and opened again', async (context) => {
      if (subject.reopen === undefined) return context.skip('nothing outlives the process');
      const version = await put(secrets, cache, 'first');
      const again = await subject.reopen();
      expect(await again.read(cache)).toEqual({ ok: true, value: bytes('first'), version });
    });

    it('answers that it is unavailable once it is closed', async () => {
      await subject.close();
      const away = { ok: false, reason: 'unavailable' };
      expect(await secrets.read(cache)).toMatchObject(away);
      expect(await secrets.write(cache, bytes('x'), 'none')).toMatchObject(away);
      expect(await secrets.remove(cache)).toMatchObject(away);
      expect(await secrets.names('')).toMatchObject(away);
      expect(await secrets.lock(cache, { waitMs: 0, holdMs: 1 })).toMatchObject(away);
    });
  });
}

async function put(secrets: Secrets, name: string, text: string, expected: SecretVersion | 'none' = 'none') {
  const written = await secrets.write(name, bytes(text), expected);
  if (!written.ok) throw new Error(written.reason);
  return written.version;
}

async function take(secrets: Secrets, name: string, holdMs = 10_000) {
  const lock = await secrets.lock(name, { waitMs: 0, holdMs });
  if (!lock.ok) throw new Error(lock.reason);
  return lock;
}
