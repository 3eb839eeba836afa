import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { keyObject } from './secret-key.ts';

/** Bytes of the nonce before the ciphertext (NIST SP 800-38D section 8.2.2: 96 random bits). */
export const nonceBytes = 12;
/** Bytes of the authentication tag after the ciphertext. */
const tagBytes = 16;

/** Where nonces come from; `node:crypto` unless a test wants to repeat them. */
export type RandomBytes = (count: number) => Uint8Array;

/**
 * Encrypts with AES-256-GCM.
 * @param key 32 bytes
 * @param additional authenticated but not stored; the same must be given to open the box
 * @param plain bytes, or a text as UTF-8
 * @param nonce 12 bytes that were never used with this key; random ones without it
 * @returns nonce, ciphertext, tag
 */
export function sealBox(
  key: Uint8Array,
  additional: Uint8Array,
  plain: Uint8Array | string,
  nonce: Uint8Array = randomBytes(nonceBytes),
): Buffer {
  const cipher = createCipheriv('aes-256-gcm', keyObject(key), nonce);
  cipher.setAAD(additional);
  const sealed = typeof plain === 'string' ? cipher.update(plain, 'utf8') : cipher.update(plain);
  return Buffer.concat([nonce, sealed, cipher.final(), cipher.getAuthTag()]);
}

/** Opens what `sealBox` made; undefined when key, additional data or a single bit of the box differ. Never throws for a box. */
export function openBox(key: Uint8Array, additional: Uint8Array, box: Uint8Array): Buffer | undefined {
  if (box.length < nonceBytes + tagBytes) return undefined;
  const end = box.length - tagBytes;
  const decipher = createDecipheriv('aes-256-gcm', keyObject(key), box.subarray(0, nonceBytes), {
    authTagLength: tagBytes,
  });
  decipher.setAAD(additional);
  decipher.setAuthTag(box.subarray(end));
  const plain = decipher.update(box.subarray(nonceBytes, end));
  try {
    return Buffer.concat([plain, decipher.final()]);
  } catch {
    // OpenSSL says only that the tag does not fit.
    return undefined;
  }
}
