import { createCipheriv, createHmac, privateDecrypt } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createNotificationOpener } from '#adapters/crypto/notification-opener.ts';
import { richItem, rsaPair } from './rich-item.ts';

const pair = rsaPair();
const opener = createNotificationOpener({ keys: (id) => (id === 'cert-1' ? pair.privateKey : undefined) });
const resource = { id: '1', body: { content: 'Straße 5 é 救' } };

describe('opening a rich notification', () => {
  it.each([16, 24, 32])('gives the resource back, encrypted under a key of %i bytes', async (keyBytes) => {
    expect(await opener.open(richItem(pair.publicKey, resource, { keyBytes }))).toEqual({ ok: true, resource });
  });

  it('works with RSA keys of 3,072 and 4,096 bits', async () => {
    for (const bits of [3072, 4096]) {
      const { publicKey, privateKey } = rsaPair(bits);
      const answer = await createNotificationOpener({ keys: () => privateKey }).open(richItem(publicKey, resource));
      expect(answer).toEqual({ ok: true, resource });
    }
  });

  it('chooses the key by the id of the certificate', async () => {
    const second = rsaPair();
    const keys = new Map([
      ['a', pair.privateKey],
      ['b', second.privateKey],
    ]);
    const both = createNotificationOpener({ keys: async (id) => keys.get(id) });
    const opened = await both.open(richItem(second.publicKey, resource, { certificateId: 'b' }));
    expect(opened.ok).toBe(true);
    const wrong = await both.open(richItem(second.publicKey, resource, { certificateId: 'a' }));
    expect(wrong).toEqual({ ok: false, reason: 'cannot-decrypt' });
  });

  it('says that the key is unknown', async () => {
    const item = richItem(pair.publicKey, resource, { certificateId: 'other' });
    expect(await opener.open(item)).toEqual({ ok: false, reason: 'key-unknown' });
  });

  it.each([
    ['absent', undefined],
    ['empty', ''],
    ['of another length', 'AAAA'],
    ['another', Buffer.alloc(32, 7).toString('base64')],
  ])('takes a signature that is %s for a wrong one', async (_, dataSignature) => {
    const { dataSignature: _own, ...item } = richItem(pair.publicKey, resource);
    const signed = dataSignature === undefined ? item : { ...item, dataSignature };
    expect(await opener.open(signed)).toEqual({ ok: false, reason: 'signature-wrong' });
  });

  it('does not decrypt what is not signed: broken padding still answers that the signature is wrong', async () => {
    const item = richItem(pair.publicKey, resource);
    const data = Buffer.from(item.data, 'base64');
    data.writeUInt8(data.readUInt8(data.length - 1) ^ 1, data.length - 1);
    const answer = await opener.open({ ...item, data: data.toString('base64') });
    expect(answer).toEqual({ ok: false, reason: 'signature-wrong' });
  });

  it.each([
    ['an array', Buffer.from('[1]')],
    ['null', Buffer.from('null')],
    ['no JSON', Buffer.from('hello')],
    ['not UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])],
    ['nothing', Buffer.alloc(0)],
  ])('cannot decrypt content that is %s', async (_, plain) => {
    const item = richItem(pair.publicKey, undefined, { plain });
    expect(await opener.open(item)).toEqual({ ok: false, reason: 'cannot-decrypt' });
  });

  it('cannot decrypt signed content whose padding is broken', async () => {
    const item = richItem(pair.publicKey, resource);
    const key = privateDecrypt(pair.privateKey, Buffer.from(item.dataKey, 'base64'));
    const cipher = createCipheriv('aes-256-cbc', key, key.subarray(0, 16)).setAutoPadding(false);
    const data = Buffer.concat([cipher.update(Buffer.alloc(32, 0x41)), cipher.final()]);
    const dataSignature = createHmac('sha256', key).update(data).digest('base64');
    const answer = await opener.open({ ...item, data: data.toString('base64'), dataSignature });
    expect(answer).toEqual({ ok: false, reason: 'cannot-decrypt' });
  });

  it.each([
    ['wrapped with SHA-256', richItem(pair.publicKey, resource, { oaepHash: 'sha256' }).dataKey],
    ['not base64', '!!!'],
    ['empty', ''],
    ['of another length', Buffer.alloc(100, 1).toString('base64')],
    ['far too long', 'A'.repeat(100_000)],
  ])('cannot decrypt when the wrapped key is %s', async (_, dataKey) => {
    const item = richItem(pair.publicKey, resource);
    expect(await opener.open({ ...item, dataKey })).toEqual({ ok: false, reason: 'cannot-decrypt' });
  });

  it('cannot decrypt under a key that is none of AES', async () => {
    const item = richItem(pair.publicKey, resource, { keyBytes: 20 });
    expect(await opener.open(item)).toEqual({ ok: false, reason: 'cannot-decrypt' });
  });

  it('refuses content that is larger than a message of the hub can be', async () => {
    const small = createNotificationOpener({ keys: () => pair.privateKey, maxBytes: 1024 });
    const fits = richItem(pair.publicKey, { text: 'x'.repeat(1000) });
    const large = richItem(pair.publicKey, { text: 'x'.repeat(1100) });
    expect((await small.open(fits)).ok).toBe(true);
    expect(await small.open(large)).toEqual({ ok: false, reason: 'cannot-decrypt' });
  });

  it('opens many at once, each its own', async () => {
    const items = Array.from({ length: 40 }, (_, id) => richItem(pair.publicKey, { id }));
    const opened = await Promise.all(items.map((item) => opener.open(item)));
    expect(opened).toEqual(items.map((_, id) => ({ ok: true, resource: { id } })));
  });

  it('leaves the event loop free while RSA works', async () => {
    const items = Array.from({ length: 400 }, () => richItem(pair.publicKey, resource));
    let turns = 0;
    let working = true;
    const count = () => {
      turns += 1;
      if (working) setImmediate(count);
    };
    setImmediate(count);
    await Promise.all(items.map((item) => opener.open(item)));
    working = false;
    // Work on the event loop itself would end within the microtasks of a turn or two.
    expect(turns).toBeGreaterThan(20);
  });
});
