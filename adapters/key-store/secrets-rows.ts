import { randomBytes } from 'node:crypto';
import { openBox, sealBox } from '#adapters/crypto/aes-gcm.ts';
import { type KeyDatabase, wrappedBytes } from './database.ts';
import { materialBytes, unwrap, wrapNew } from './key-wrap.ts';

/** A secret as it stands in the file. */
export interface StoredSecret {
  readonly row: number;
  readonly version: string;
  /** Zeros once it was removed. */
  readonly wrapped: Uint8Array;
}

/** What has a name now; undefined where nothing ever had it, or where it was removed. */
export function findSecret(database: KeyDatabase, name: string): StoredSecret | undefined {
  const row = rowOf(database, name);
  return row === undefined || isRemoved(row) ? undefined : row;
}

/** The value of what `findSecret` found. Must run in the same transaction. */
export function openSecret({ prepare, derived }: KeyDatabase, name: string, secret: StoredSecret): Buffer {
  const key = unwrap(derived.secrets, labelOf(name, secret.version), secret.wrapped);
  const value = prepare('SELECT sealed FROM secret_values WHERE secret = ?').get(secret.row);
  const plain = key && value && openBox(key, Buffer.from(name), value['sealed'] as Uint8Array);
  if (plain === undefined) throw new Error(`the secret ${name} is damaged in the key store`);
  return plain;
}

/** Stores a value under a new key, whose wrapped bytes take the place of the old one's. Must run in a transaction. */
export function putSecret(database: KeyDatabase, name: string, value: Uint8Array, version: string): void {
  const { prepare, derived } = database;
  const { key, wrapped } = wrapNew(derived.secrets, labelOf(name, version), randomBytes(materialBytes));
  const stored = prepare(
    `INSERT INTO secrets (name, version, wrapped) VALUES (?, ?, ?)
     ON CONFLICT (name) DO UPDATE SET version = excluded.version, wrapped = excluded.wrapped RETURNING row`,
  ).get(name, version, wrapped);
  prepare(
    'INSERT INTO secret_values (secret, sealed) VALUES (?, ?) ON CONFLICT (secret) DO UPDATE SET sealed = excluded.sealed',
  ).run(stored?.['row'] as number, sealBox(key, Buffer.from(name), value));
  key.fill(0);
}

/** Overwrites the key with zeros and drops the value. False where nothing ever had the name. Must run in a transaction. */
export function removeSecret(database: KeyDatabase, name: string): boolean {
  const stored = rowOf(database, name);
  if (stored === undefined) return false;
  database.prepare('UPDATE secrets SET wrapped = zeroblob(?) WHERE row = ?').run(wrappedBytes, stored.row);
  database.prepare('DELETE FROM secret_values WHERE secret = ?').run(stored.row);
  return true;
}

/** Names with a prefix that hold a value, sorted by code unit. */
export function secretNames({ prepare }: KeyDatabase, prefix: string): readonly string[] {
  return prepare('SELECT name FROM secrets WHERE substr(name, 1, ?) = ? AND wrapped <> zeroblob(?) ORDER BY name')
    .all(prefix.length, prefix, wrappedBytes)
    .map((row) => row['name'] as string);
}

function rowOf({ prepare }: KeyDatabase, name: string): StoredSecret | undefined {
  const row = prepare('SELECT row, version, wrapped FROM secrets WHERE name = ?').get(name);
  if (row === undefined) return undefined;
  return { row: row['row'] as number, version: row['version'] as string, wrapped: row['wrapped'] as Uint8Array };
}

const isRemoved = ({ wrapped }: StoredSecret) => wrapped.every((byte) => byte === 0);

// The version is part of it, so that the key of an older value does not pass for the present one's.
const labelOf = (name: string, version: string) => `secret ${name} ${version}`;
