import {
  constants,
  createCipheriv,
  createHmac,
  createPublicKey,
  type KeyObject,
  publicEncrypt,
  randomBytes,
} from 'node:crypto';
import type { EncryptedContent } from '#domain/notices/item.ts';
import type { JsonObject } from '#kernel/json.ts';

/**
 * Encrypts a resource for a key of our own, in the form of a rich notification ("Set up change notifications that include resource data"): what is fetched later
 * goes through the hub as closed as what Graph sends. The simulated Graph has its own code for the same, so that neither proves itself.
 * @param key the private key of the certificate, or its public half
 */
export function encryptResource(resource: JsonObject, certificateId: string, key: KeyObject): EncryptedContent {
  const contentKey = randomBytes(32);
  const cipher = createCipheriv('aes-256-cbc', contentKey, contentKey.subarray(0, 16));
  const data = Buffer.concat([cipher.update(JSON.stringify(resource), 'utf8'), cipher.final()]);
  const publicKey = key.type === 'private' ? createPublicKey(key) : key;
  const dataKey = publicEncrypt(
    { key: publicKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha1' },
    contentKey,
  );
  return {
    data: data.toString('base64'),
    dataSignature: createHmac('sha256', contentKey).update(data).digest('base64'),
    dataKey: dataKey.toString('base64'),
    encryptionCertificateId: certificateId,
  };
}
