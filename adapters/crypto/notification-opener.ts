import {
  createDecipheriv,
  createHmac,
  createSecretKey,
  type KeyObject,
  subtle,
  timingSafeEqual,
  type webcrypto,
} from 'node:crypto';
import type { EncryptedContent, Opened } from '#domain/notices/item.ts';
import { isJsonObject, type JsonObject } from '#kernel/json.ts';
import type { NotificationOpener } from '#ports/notification-keys.ts';
import { createLimiter } from './limiter.ts';

/** Private keys by `encryptionCertificateId`. */
export type FindPrivateKey = (certificateId: string) => KeyObject | undefined | Promise<KeyObject | undefined>;

export interface NotificationOpenerDeps {
  readonly keys: FindPrivateKey;
  /** Most bytes of ciphertext (default 1 MiB: a message of an event hub holds no more). */
  readonly maxBytes?: number;
  /** RSA operations that are under way at once (default 32). */
  readonly concurrency?: number;
}

/**
 * Opens rich notifications as "Set up change notifications that include resource data" says: RSA-OAEP with SHA-1 unwraps the key of the
 * item, HMAC-SHA-256 of the ciphertext is compared in constant time, and only then AES-CBC (key of 16, 24 or 32 bytes, whose first 16 are the
 * IV; PKCS#7) decrypts a JSON object in UTF-8. An absent signature is a wrong one.
 *
 * RSA takes less than a millisecond and runs on libuv's pool. Its results are noticed once per turn of the event loop: with only a few under way a busy
 * loop would open only a few per turn. So there is a queue, bounded because files and name look-ups wait for the same four threads.
 */
export function createNotificationOpener(deps: NotificationOpenerDeps): NotificationOpener {
  const { keys, maxBytes = 1024 * 1024, concurrency = 32 } = deps;
  const limited = createLimiter(concurrency);
  const imported = new WeakMap<KeyObject, webcrypto.CryptoKey>();

  const cryptoKey = (key: KeyObject) => {
    const made = imported.get(key) ?? key.toCryptoKey({ name: 'RSA-OAEP', hash: 'SHA-1' }, false, ['decrypt']);
    imported.set(key, made);
    return made;
  };

  const unwrap = async (key: KeyObject, dataKey: string): Promise<Buffer | undefined> => {
    const wrapped = Buffer.from(dataKey, 'base64');
    try {
      return Buffer.from(await limited(() => subtle.decrypt('RSA-OAEP', cryptoKey(key), wrapped)));
    } catch {
      // OpenSSL tells why; nobody else should learn it.
      return undefined;
    }
  };

  return {
    async open(encrypted: EncryptedContent): Promise<Opened> {
      const key = await keys(encrypted.encryptionCertificateId);
      if (key === undefined) return { ok: false, reason: 'key-unknown' };
      // Four characters of base64 are three bytes; checked before anything is copied.
      if (encrypted.data.length > Math.ceil(maxBytes / 3) * 4 || encrypted.dataKey.length > maxWrappedLength)
        return broken;
      const itemKey = await unwrap(key, encrypted.dataKey);
      if (itemKey === undefined) return broken;
      const data = Buffer.from(encrypted.data, 'base64');
      // Made once: with raw bytes for a key Node takes three times as long, for each of the two.
      const secret = createSecretKey(itemKey);
      if (!isSigned(secret, data, encrypted.dataSignature)) return { ok: false, reason: 'signature-wrong' };
      const resource = decrypt(itemKey, secret, data);
      return resource === undefined ? broken : { ok: true, resource };
    },
  };
}

const broken = { ok: false, reason: 'cannot-decrypt' } as const;

/** RSA-4096 wraps into 512 bytes, 684 characters of base64. */
const maxWrappedLength = 1024;

function isSigned(key: KeyObject, data: Buffer, signature: string | undefined): boolean {
  const expected = createHmac('sha256', key).update(data).digest();
  const given = Buffer.from(signature ?? '', 'base64');
  return given.length === expected.length && timingSafeEqual(given, expected);
}

function decrypt(bytes: Buffer, key: KeyObject, data: Buffer): JsonObject | undefined {
  const algorithm = algorithms.get(bytes.length);
  if (algorithm === undefined) return undefined;
  try {
    const decipher = createDecipheriv(algorithm, key, bytes.subarray(0, 16));
    const plain = Buffer.concat([decipher.update(data), decipher.final()]);
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(plain));
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

const algorithms: ReadonlyMap<number, string> = new Map([
  [16, 'aes-128-cbc'],
  [24, 'aes-192-cbc'],
  [32, 'aes-256-cbc'],
]);
