import { hash } from 'node:crypto';

/** SHA-256 (FIPS 180-4) of a text as UTF-8, in hexadecimal. */
export function sha256(text: string): string {
  return hash('sha256', text, 'hex');
}
