import {
  constants,
  createCipheriv,
  createHmac,
  generateKeyPairSync,
  type KeyObject,
  publicEncrypt,
  randomBytes,
} from 'node:crypto';
import type { EncryptedContent } from '#domain/notices/item.ts';

/** An RSA key pair as a certificate for rich notifications would have it. */
export function rsaPair(modulusLength = 2048) {
  return generateKeyPairSync('rsa', { modulusLength });
}

export interface RichItemOptions {
  readonly certificateId?: string;
  /** Bytes of the symmetric key. */
  readonly keyBytes?: number;
  readonly oaepHash?: string;
  /** Encrypted instead of the resource's JSON. */
  readonly plain?: Uint8Array;
}

/** Encrypts as Microsoft Graph does, written from the vendor's description and not from the code under test. */
export function richItem(
  publicKey: KeyObject,
  resource: unknown,
  options: RichItemOptions = {},
): Required<EncryptedContent> {
  const { certificateId = 'cert-1', keyBytes = 32, oaepHash = 'sha1', plain } = options;
  const key = randomBytes(keyBytes);
  const iv = Buffer.alloc(16);
  key.copy(iv, 0, 0, 16);
  const aesBits = keyBytes === 16 || keyBytes === 24 ? keyBytes * 8 : 256;
  const aesKey = Buffer.alloc(aesBits / 8);
  key.copy(aesKey);
  const cipher = createCipheriv(`aes-${aesBits}-cbc`, aesKey, iv);
  const data = Buffer.concat([cipher.update(plain ?? Buffer.from(JSON.stringify(resource))), cipher.final()]);
  const dataKey = publicEncrypt({ key: publicKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash }, key);
  return {
    data: data.toString('base64'),
    dataSignature: createHmac('sha256', key).update(data).digest('base64'),
    dataKey: dataKey.toString('base64'),
    encryptionCertificateId: certificateId,
    encryptionCertificateThumbprint: '0'.repeat(40),
  };
}
