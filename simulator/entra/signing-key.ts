import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomUUID,
  sign,
  verify,
} from 'node:crypto';
import type { JWK } from 'jose';

/** The key that the simulated tenant signs tokens with (RS256). */
export interface SigningKey {
  readonly privateJwk: JWK;
  readonly publicJwk: JWK;
  sign(payload: Readonly<Record<string, unknown>>): string;
  /** The payload when the signature is its own, else undefined. */
  verify(token: string): Readonly<Record<string, unknown>> | undefined;
}

/** A new private key as JSON, to be kept. */
export function makeSigningKey(): string {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return JSON.stringify({
    ...privateKey.export({ format: 'jwk' }),
    kid: randomUUID().replaceAll('-', ''),
    use: 'sig',
    alg: 'RS256',
  });
}

/** @param kept what {@link makeSigningKey} gave */
export function readSigningKey(kept: string): SigningKey {
  const privateJwk = JSON.parse(kept) as JWK;
  const privateKey = createPrivateKey({ key: privateJwk, format: 'jwk' });
  const publicKey = createPublicKey(privateKey);
  const header = part({ typ: 'JWT', alg: 'RS256', kid: privateJwk.kid });
  const publicJwk = { ...publicKey.export({ format: 'jwk' }), kid: privateJwk.kid, use: 'sig', alg: 'RS256' } as JWK;
  return {
    privateJwk,
    publicJwk,
    sign: (payload) => {
      const signed = `${header}.${part(payload)}`;
      return `${signed}.${sign('sha256', Buffer.from(signed), privateKey).toString('base64url')}`;
    },
    verify: (token) => verified(token, publicKey),
  };
}

const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

function verified(token: string, key: KeyObject): Readonly<Record<string, unknown>> | undefined {
  const [header = '', payload = '', signature = '', ...more] = token.split('.');
  if (more.length > 0) return undefined;
  try {
    const { alg } = JSON.parse(Buffer.from(header, 'base64url').toString()) as { alg?: unknown };
    if (alg !== 'RS256') return undefined;
    if (!verify('sha256', Buffer.from(`${header}.${payload}`), key, Buffer.from(signature, 'base64url')))
      return undefined;
    return JSON.parse(Buffer.from(payload, 'base64url').toString()) as Readonly<Record<string, unknown>>;
  } catch {
    return undefined; // no JSON
  }
}
