import { constants, createCipheriv, createHmac, type KeyObject, publicEncrypt, randomBytes } from 'node:crypto';
import type { EncryptedContent } from '#domain/notices/item.ts';
import type { JsonObject } from '#kernel/json.ts';

/**
 * Encrypts resource data as Graph does for a rich notification ("Set up change notifications that include resource data"): a fresh AES-256 key for each item, its first 16
 * bytes as IV, AES-CBC with PKCS #7, HMAC-SHA-256 over the ciphertext, the key wrapped by RSA-OAEP with SHA-1.
 */
export function encryptResource(
  resource: JsonObject,
  certificate: { readonly id: string; readonly publicKey: KeyObject },
): EncryptedContent {
  const key = randomBytes(32);
  const cipher = createCipheriv('aes-256-cbc', key, key.subarray(0, 16));
  const data = Buffer.concat([cipher.update(JSON.stringify(resource), 'utf8'), cipher.final()]);
  const dataKey = publicEncrypt(
    { key: certificate.publicKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha1' },
    key,
  );
  return {
    data: data.toString('base64'),
    dataSignature: createHmac('sha256', key).update(data).digest('base64'),
    dataKey: dataKey.toString('base64'),
    encryptionCertificateId: certificate.id,
  };
}
