import {
  constants,
  createDecipheriv,
  createHmac,
  createPrivateKey,
  generateKeyPairSync,
  privateDecrypt,
} from 'node:crypto';
import type { JsonObject } from '#kernel/json.ts';
import { makeRsaKey, selfSigned } from '#simulator/teams/self-signed.ts';

/** A key pair of its own: the certificate as Graph wants it, and what opens `encryptedContent` that was made for it, by the documented steps. */
export async function notificationOpener(): Promise<
  ((content: JsonObject) => JsonObject) & { readonly certificate: string }
> {
  const key = createPrivateKey(await makeRsaKey());
  const bytes = (text: unknown) => Buffer.from(String(text), 'base64');
  const open = (content: JsonObject): JsonObject => {
    const padding = { key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha1' };
    const symmetric = privateDecrypt(padding, bytes(content['dataKey']));
    const data = bytes(content['data']);
    const signature = createHmac('sha256', symmetric).update(data).digest('base64');
    if (signature !== content['dataSignature']) throw new Error('the signature does not match');
    const decipher = createDecipheriv('aes-256-cbc', symmetric, symmetric.subarray(0, 16));
    return JSON.parse(Buffer.concat([decipher.update(data), decipher.final()]).toString('utf8')) as JsonObject;
  };
  const certificate = withoutArmour(selfSigned('another', key));
  return Object.assign(open, { certificate });
}

/** Base64 of what a PEM text holds. */
export const withoutArmour = (pem: string) => pem.replaceAll(/-----[^-]+-----|\s/g, '');

/** A certificate of a new RSA key, as Graph wants it. */
export function rsaCertificate(bits: number): string {
  return withoutArmour(selfSigned('test', generateKeyPairSync('rsa', { modulusLength: bits }).privateKey));
}
