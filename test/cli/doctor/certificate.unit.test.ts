import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeSelfSigned, type SelfSigned } from '#adapters/crypto/self-signed.ts';
import { checkCertificate, checkGrant } from '#cli/doctor/certificate.ts';
import { exitCodes } from '#cli/exit-codes.ts';

const day = 86_400_000;
const made = Date.UTC(2026, 0, 1);
/** Of what {@link makeSelfSigned} makes. */
const life = 730 * day;
let folder: string;
let file: string;
let pair: SelfSigned;
let other: SelfSigned;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tocsin-doctor-'));
  file = join(folder, 'events.pem');
  [pair, other] = await Promise.all([
    makeSelfSigned({ commonName: 'events', now: made }),
    makeSelfSigned({ commonName: 'other', now: made }),
  ]);
  await writeFile(file, pair.certificate);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('the certificate of the events feed', () => {
  it('is well while it is valid for more than 30 days and its key belongs to it', () => {
    expect(checkCertificate(file, pair.key, made)).toMatchObject({ state: 'ok' });
    expect(checkCertificate(file, undefined, made)).toMatchObject({ state: 'ok' });
  });

  it('is a warning in its last 30 days, with the time that is left', () => {
    expect(checkCertificate(file, pair.key, made + life - 31 * day)).toMatchObject({ state: 'ok' });
    expect(checkCertificate(file, pair.key, made + life - 30 * day)).toMatchObject({
      ...{ state: 'warning', found: expect.stringContaining('in 30 days') },
      remedy: expect.stringContaining('Upload a new one'),
    });
  });

  it('is a fault when it is over, not valid yet, or no certificate', async () => {
    const fault = { state: 'fault', exit: exitCodes.settings };
    expect(checkCertificate(file, pair.key, made + life)).toMatchObject({
      ...fault,
      found: expect.stringContaining('ended at'),
    });
    expect(checkCertificate(file, pair.key, made - day)).toMatchObject(fault);
    const garbage = join(folder, 'garbage.pem');
    await writeFile(garbage, 'nothing of the kind');
    expect(checkCertificate(garbage, pair.key, made)).toMatchObject(fault);
  });

  it('is a fault when the key is that of another one, or no key, and no key is ever said', () => {
    for (const key of [other.key, 'no key at all']) {
      const finding = checkCertificate(file, key, made);
      expect(finding).toMatchObject({ state: 'fault', exit: exitCodes.settings });
      expect(JSON.stringify(finding)).not.toMatch(/BEGIN|no key at all/);
    }
  });
});

describe('a sign-in', () => {
  it('is a warning when it ends within 14 days', () => {
    expect(checkGrant('chat', undefined, made)).toMatchObject({ state: 'ok' });
    expect(checkGrant('chat', made + 15 * day, made)).toMatchObject({ state: 'ok' });
    expect(checkGrant('chat', made + 14 * day, made)).toMatchObject({
      ...{ state: 'warning', found: expect.stringContaining('in 14 days') },
      remedy: expect.stringContaining('tocsin sign-in --feed chat'),
    });
    expect(checkGrant('chat', made - day, made)).toMatchObject({
      state: 'warning',
      found: expect.stringContaining('ended at'),
    });
  });
});
