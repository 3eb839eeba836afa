import { nonceBytes, openBox, sealBox } from '#adapters/crypto/aes-gcm.ts';

const keyBytes = 32;

/** Random bytes that a new key and the nonce of its wrapping take. */
export const materialBytes = keyBytes + nonceBytes;

/**
 * A new key and how it is stored: AES-256-GCM under the wrapping key.
 * @param label says whose key it is, so that none passes for another
 * @param material `materialBytes` random bytes, used for nothing else
 */
export function wrapNew(
  wrapping: Uint8Array,
  label: string,
  material: Uint8Array,
): { readonly key: Buffer; readonly wrapped: Buffer } {
  const key = Buffer.from(material.subarray(0, keyBytes));
  return { key, wrapped: sealBox(wrapping, Buffer.from(label), key, material.subarray(keyBytes)) };
}

/** The key again; undefined when the stored bytes are damaged, another key's, or zeros because it was destroyed. */
export function unwrap(wrapping: Uint8Array, label: string, wrapped: Uint8Array): Buffer | undefined {
  return openBox(wrapping, Buffer.from(label), wrapped);
}

export const subjectKeyLabel = (keyId: string) => `subject ${keyId}`;
export const dayKeyLabel = (purpose: string, day: string) => `${purpose} ${day}`;
