import { randomBytes } from 'node:crypto';
import type { DayKeyPurpose } from '#ports/key-store.ts';
import { type KeyDatabase, wrappedBytes } from './database.ts';
import { dayKeyLabel, materialBytes, unwrap, wrapNew } from './key-wrap.ts';

/** The key of a day, made where there is none; undefined when it was destroyed, or its day is older than what was destroyed. */
export function dayKey(database: KeyDatabase, purpose: DayKeyPurpose, day: string): Buffer | undefined {
  if (isDestroyed(database, purpose, day)) return undefined;
  const known = read(database, purpose, day);
  if (known !== undefined) return known;
  return database.immediately(() => {
    if (isDestroyed(database, purpose, day)) return undefined;
    return read(database, purpose, day) ?? make(database, purpose, day);
  });
}

/** Overwrites the keys of all days before `before` and marks the day, so that none is made again. Must run in a transaction. */
export function destroyDays({ prepare }: KeyDatabase, purpose: DayKeyPurpose, before: string): number {
  prepare(
    'INSERT INTO meta (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = max(value, excluded.value)',
  ).run(markOf(purpose), before);
  const { changes } = prepare(
    'UPDATE day_keys SET wrapped = zeroblob(?1) WHERE purpose = ?2 AND day < ?3 AND wrapped <> zeroblob(?1)',
  ).run(wrappedBytes, purpose, before);
  return Number(changes);
}

const markOf = (purpose: DayKeyPurpose) => `${purpose} keys destroyed before`;

function isDestroyed({ prepare }: KeyDatabase, purpose: DayKeyPurpose, day: string): boolean {
  const row = prepare('SELECT value FROM meta WHERE name = ?').get(markOf(purpose));
  return row !== undefined && day < (row['value'] as string);
}

function read({ prepare, derived }: KeyDatabase, purpose: DayKeyPurpose, day: string): Buffer | undefined {
  const row = prepare('SELECT wrapped FROM day_keys WHERE purpose = ? AND day = ?').get(purpose, day);
  if (row === undefined) return undefined;
  const key = unwrap(derived.wrapping, dayKeyLabel(purpose, day), row['wrapped'] as Uint8Array);
  if (key === undefined) throw new Error(`the ${purpose} key of ${day} is damaged in the key store`);
  return key;
}

function make({ prepare, derived }: KeyDatabase, purpose: DayKeyPurpose, day: string): Buffer {
  const { key, wrapped } = wrapNew(derived.wrapping, dayKeyLabel(purpose, day), randomBytes(materialBytes));
  prepare('INSERT INTO day_keys (purpose, day, wrapped) VALUES (?, ?, ?)').run(purpose, day, wrapped);
  return key;
}
