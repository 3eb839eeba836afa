import { hkdfSync } from 'node:crypto';
import { openBox, sealBox } from '#adapters/crypto/aes-gcm.ts';
import { wrappingAlgorithm } from './vault-key.ts';

/** Blob that holds the wrapped master key and the identity of the key store. */
export const masterBlob = 'master.json';

/** What is kept of the master key. None of it is secret without the vault. */
export interface MasterRecord {
  /** Identity of the key store, a UUID. */
  readonly id: string;
  /** Address of the vault's key, without a version. */
  readonly key: string;
  /** Version of it that wraps. */
  readonly version: string;
  readonly wrapped: Buffer;
  /** Opens under the right master key alone. */
  readonly check: Buffer;
}

/** Keys that are derived from the master key, each for one purpose (RFC 5869). */
export interface DerivedKeys {
  /** Wraps subject keys and day keys. */
  readonly wrapping: Buffer;
  /** Hides the subjects of keys. */
  readonly subjects: Buffer;
  /** Makes the tokens that `KeyStore.token` answers. */
  readonly tokens: Buffer;
  /** Seals secrets. */
  readonly secrets: Buffer;
}

export function derive(master: Uint8Array): DerivedKeys {
  const of = (purpose: string) => Buffer.from(hkdfSync('sha256', master, '', `tocsin key store ${purpose}`, 32));
  return { wrapping: of('wrapping'), subjects: of('subjects'), tokens: of('tokens'), secrets: of('secrets') };
}

const checkLabel = (id: string) => Buffer.from(`check ${id}`);

export function makeCheck(derived: DerivedKeys, id: string): Buffer {
  return sealBox(derived.wrapping, checkLabel(id), Buffer.alloc(32));
}

/** True for the master key that the record was made with. */
export function isRight(derived: DerivedKeys, { id, check }: MasterRecord): boolean {
  return openBox(derived.wrapping, checkLabel(id), check) !== undefined;
}

export function writeRecord({ wrapped, check, ...rest }: MasterRecord): Buffer {
  const record = {
    format: 1,
    ...rest,
    algorithm: wrappingAlgorithm,
    wrapped: wrapped.toString('base64'),
    check: check.toString('base64'),
  };
  return Buffer.from(JSON.stringify(record));
}

/** Undefined for anything that `writeRecord` did not write. */
export function readRecord(bytes: Buffer): MasterRecord | undefined {
  try {
    const { format, algorithm, id, key, version, wrapped, check } = JSON.parse(bytes.toString()) as Record<
      string,
      unknown
    >;
    const texts = [id, key, version, wrapped, check].map((value) => (typeof value === 'string' ? value : ''));
    if (format !== 1 || algorithm !== wrappingAlgorithm || texts.includes('')) return undefined;
    const [ownId = '', keyUrl = '', keyVersion = '', box = '', proof = ''] = texts;
    return {
      id: ownId,
      key: keyUrl,
      version: keyVersion,
      wrapped: Buffer.from(box, 'base64'),
      check: Buffer.from(proof, 'base64'),
    };
  } catch {
    return undefined;
  }
}
