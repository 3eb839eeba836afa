import { createCipheriv, createSecretKey, randomBytes } from 'node:crypto';
import { sealBox } from '#adapters/crypto/aes-gcm.ts';

const k = randomBytes(32);
const ko = createSecretKey(k);
const text = JSON.stringify(
  '19:7a0e0000-0000-4000-8000-000000000001_7a0e0000-0000-4000-9000-000000000001@unq.gbl.spaces',
);
const t = (n: string, f: () => unknown) => {
  for (let i = 0; i < 2e4; i++) f();
  const c = process.cpuUsage();
  const s = performance.now();
  for (let i = 0; i < 1e5; i++) f();
  const u = process.cpuUsage(c);
  console.log(
    n,
    'wall',
    ((performance.now() - s) * 10).toFixed(0),
    'cpu',
    ((u.user + u.system) / 100).toFixed(0),
    'ns',
  );
};
const nonces = randomBytes(12 * 1000);
let i = 0;
const of = '9cb1a020-6ba6-5f33-b5aa-131513544f18#/data/chat';
t('create', () => createCipheriv('aes-256-gcm', ko, nonces.subarray(0, 12)));
t('create+aad', () => createCipheriv('aes-256-gcm', ko, nonces.subarray(0, 12)).setAAD(Buffer.from(of)));
t('create+aad+update', () =>
  createCipheriv('aes-256-gcm', ko, nonces.subarray(0, 12)).setAAD(Buffer.from(of)).update(text, 'utf8'),
);
t('create+aad+update b64', () =>
  createCipheriv('aes-256-gcm', ko, nonces.subarray(0, 12)).setAAD(Buffer.from(of)).update(Buffer.from(text)),
);
t('..final', () => {
  const c = createCipheriv('aes-256-gcm', ko, nonces.subarray(0, 12)).setAAD(Buffer.from(of));
  c.update(text, 'utf8');
  c.final();
});
t('..tag', () => {
  const c = createCipheriv('aes-256-gcm', ko, nonces.subarray(0, 12)).setAAD(Buffer.from(of));
  c.update(text, 'utf8');
  c.final();
  c.getAuthTag();
});
t('sealBox', () => {
  i = (i + 1) % 1000;
  return sealBox(k, Buffer.from(of), Buffer.from(text), nonces.subarray(i * 12, i * 12 + 12));
});
t('sealBox+b64', () => {
  i = (i + 1) % 1000;
  return sealBox(k, Buffer.from(of), Buffer.from(text), nonces.subarray(i * 12, i * 12 + 12)).toString('base64url');
});
