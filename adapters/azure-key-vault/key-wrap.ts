import { randomBytes } from 'node:crypto';
import { openBox, sealBox } from '#adapters/crypto/aes-gcm.ts';

/**
 * A new key and how it is stored: AES-256-GCM under the wrapping key.
 * @param label says whose key it is, so that none passes for another
 */
export function wrapNew(wrapping: Uint8Array, label: string): { readonly key: Buffer; readonly wrapped: Buffer } {
  const key = randomBytes(32);
  return { key, wrapped: sealBox(wrapping, Buffer.from(label), key) };
}

/** The key again; undefined when the stored bytes are damaged or another key's. */
export function unwrap(wrapping: Uint8Array, label: string, wrapped: Uint8Array): Buffer | undefined {
  return openBox(wrapping, Buffer.from(label), wrapped);
}
