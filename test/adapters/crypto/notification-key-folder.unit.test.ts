import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createNotificationKeyFolder } from '#adapters/crypto/notification-key-folder.ts';
import { rsaPair } from './rich-item.ts';

const { privateKey } = rsaPair();
const pem = (key: KeyObject) => key.export({ type: 'pkcs8', format: 'pem' });

describe('a folder of notification keys', () => {
  let folder: string;
  let now: number;
  const clock = { monotonic: () => now };
  const put = (name: string, content: string | Buffer) => writeFileSync(join(folder, name), content);

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'notification-keys-'));
    now = 5_000;
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('finds a key by the name of its file, whatever characters the id has', async () => {
    put('cert 1.äö.pem', pem(privateKey));
    put('README', 'not a key');
    const keys = await createNotificationKeyFolder({ folder, clock });
    expect((await keys.find('cert 1.äö'))?.equals(privateKey)).toBe(true);
    expect(await keys.find('README')).toBeUndefined();
    expect(keys.warnings()).toEqual([]);
  });

  it('takes the older PEM form too', async () => {
    put('old.pem', privateKey.export({ type: 'pkcs1', format: 'pem' }));
    const keys = await createNotificationKeyFolder({ folder, clock });
    expect((await keys.find('old'))?.equals(privateKey)).toBe(true);
  });

  it('never leaves the folder for an id that looks like a path', async () => {
    put('a.pem', pem(privateKey));
    const keys = await createNotificationKeyFolder({ folder: join(folder), clock });
    now += 2_000;
    expect(await keys.find(`../${folder.split('/').at(-1)}/a`)).toBeUndefined();
    expect(await keys.find('./a')).toBeUndefined();
  });

  it('notices a new file when its id is asked for, but lists at most once per second', async () => {
    const keys = await createNotificationKeyFolder({ folder, clock });
    put('late.pem', pem(privateKey));
    now += 999;
    expect(await keys.find('late')).toBeUndefined();
    now += 1;
    const both = await Promise.all([keys.find('late'), keys.find('late')]);
    expect(both.every((key) => key?.equals(privateKey))).toBe(true);
  });

  it('gives up a key whose file was removed, with the next listing', async () => {
    put('a.pem', pem(privateKey));
    const keys = await createNotificationKeyFolder({ folder, clock });
    unlinkSync(join(folder, 'a.pem'));
    now += 1_000;
    await keys.find('unknown');
    expect(await keys.find('a')).toBeUndefined();
  });

  it.each([
    ['1024.pem', 'wrong-size', () => pem(generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey), '1024 bits'],
    ['ec.pem', 'not-rsa', () => pem(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey), 'its type is ec'],
    ['junk.pem', 'not-a-private-key', () => 'junk', 'unencrypted private key'],
    ['large.pem', 'not-a-private-key', () => 'x'.repeat(70_000), '70000 bytes'],
  ])('refuses %s and warns: %s', async (name, problem, content, detail) => {
    put(name, content());
    const keys = await createNotificationKeyFolder({ folder, clock });
    expect(keys.warnings()).toEqual([{ file: join(folder, name), problem, detail: expect.stringContaining(detail) }]);
    expect(await keys.find(name.replace('.pem', ''))).toBeUndefined();
  });

  it('refuses a public key', async () => {
    put('public.pem', rsaPair().publicKey.export({ type: 'spki', format: 'pem' }));
    const keys = await createNotificationKeyFolder({ folder, clock });
    expect(keys.warnings()).toMatchObject([{ problem: 'not-a-private-key' }]);
  });

  it('warns of a folder that is not there, and finds keys once it is', async () => {
    const missing = join(folder, 'later');
    const keys = await createNotificationKeyFolder({ folder: missing, clock });
    expect(keys.warnings()).toEqual([{ file: missing, problem: 'unreadable', detail: 'ENOENT' }]);
    mkdirSync(missing);
    writeFileSync(join(missing, 'a.pem'), pem(privateKey));
    now += 1_000;
    expect((await keys.find('a'))?.equals(privateKey)).toBe(true);
    expect(keys.warnings()).toEqual([]);
  });
});
