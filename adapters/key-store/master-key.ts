import { hkdfSync, randomBytes } from 'node:crypto';
import { closeSync, fstatSync, fsyncSync, openSync, readSync, writeSync } from 'node:fs';
import { KeyStoreSetupError } from './setup-error.ts';

const keyBytes = 32;

/** Keys that are derived from the master key, each for one purpose (RFC 5869). */
export interface DerivedKeys {
  /** Wraps subject keys and day keys. */
  readonly wrapping: Buffer;
  /** Hides the subjects of keys. */
  readonly subjects: Buffer;
  /** Makes the tokens that `KeyStore.token` answers. */
  readonly tokens: Buffer;
  /** Wraps the keys of secrets. */
  readonly secrets: Buffer;
}

/**
 * Reads the master key, or makes it where there is none. The caller must hold a lock that keeps other processes from making one.
 * @param mayMake false when keys exist that a new master key could not unwrap
 * @throws {KeyStoreSetupError}
 */
export function masterKey(file: string, mayMake: boolean): DerivedKeys {
  const key = read(file) ?? (mayMake ? make(file) : undefined);
  if (key !== undefined) return derive(key);
  throw new KeyStoreSetupError(
    'master-key-missing',
    `The master key ${file} is missing, but the key store holds keys that it wraps: without it nothing that was sealed ` +
      'can be read. Restore it from the backup that belongs to this key store.',
  );
}

function read(file: string): Buffer | undefined {
  let handle: number;
  try {
    handle = openSync(file, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw unreachable(file, error);
  }
  try {
    const { mode, size } = fstatSync(handle);
    // Windows keeps no such bits: there the folder's access list protects the file.
    if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
      throw new KeyStoreSetupError(
        'master-key-exposed',
        `The master key ${file} may be read by others (mode ${(mode & 0o777).toString(8)}). Run: chmod 600 ${file}`,
      );
    }
    // A process that died between making and filling the file leaves it empty: nothing was ever wrapped under that.
    if (size === 0) return undefined;
    const key = Buffer.alloc(keyBytes);
    if (size === keyBytes && readSync(handle, key, 0, keyBytes, 0) === keyBytes) return key;
    throw new KeyStoreSetupError(
      'master-key-malformed',
      `${file} is no master key: it holds ${size} bytes, not ${keyBytes}.`,
    );
  } finally {
    closeSync(handle);
  }
}

function make(file: string): Buffer {
  const key = randomBytes(keyBytes);
  let handle: number;
  try {
    handle = openExclusively(file);
  } catch (error) {
    throw unreachable(file, error);
  }
  try {
    writeSync(handle, key, 0, keyBytes, 0);
    fsyncSync(handle);
  } catch (error) {
    throw unreachable(file, error);
  } finally {
    closeSync(handle);
  }
  return key;
}

function openExclusively(file: string): number {
  try {
    return openSync(file, 'wx', 0o600);
  } catch (error) {
    // `read` has just seen that it is either absent or empty, and the caller's lock keeps it so.
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return openSync(file, 'r+');
    throw error;
  }
}

function unreachable(file: string, cause: unknown): KeyStoreSetupError {
  const code = (cause as NodeJS.ErrnoException).code ?? 'unknown error';
  return new KeyStoreSetupError('unreachable', `The master key ${file} cannot be opened (${code}).`, { cause });
}

function derive(key: Buffer): DerivedKeys {
  const of = (purpose: string) => Buffer.from(hkdfSync('sha256', key, '', `tocsin key store ${purpose}`, keyBytes));
  return { wrapping: of('wrapping'), subjects: of('subjects'), tokens: of('tokens'), secrets: of('secrets') };
}
