import type { DayKeyPurpose, KeyStoreFailure } from '#ports/key-store.ts';
import { type Destroyed, type Destructions, unavailable } from './destructions.ts';
import { unwrap, wrapNew } from './key-wrap.ts';
import type { Master } from './master.ts';
import { removeForGood } from './subject-keys.ts';

const blobOf = (purpose: DayKeyPurpose, day: string) => `days/${purpose}/${day}`;
export const dayKeyLabel = (purpose: DayKeyPurpose, day: string) => `${purpose} ${day}`;

export type DayKeyAnswer =
  | { readonly ok: true; readonly key: Buffer }
  | { readonly ok: false; readonly reason: 'destroyed' }
  | KeyStoreFailure;

export const isDestroyed = ({ before }: Destroyed, purpose: DayKeyPurpose, day: string) =>
  day < (before[purpose] ?? '');

/** The key of a day that is not destroyed, made where there is none. */
export async function dayKey(
  master: Master,
  destructions: Destructions,
  purpose: DayKeyPurpose,
  day: string,
): Promise<DayKeyAnswer> {
  const { blobs, derived } = master;
  const label = dayKeyLabel(purpose, day);
  const name = blobOf(purpose, day);
  const { key, wrapped } = wrapNew(derived().wrapping, label);
  const present = await blobs.get(name);
  if (!present.ok) return present;
  if (present.found === 'no') {
    const created = await blobs.create(name, wrapped);
    if (!created.ok && created.reason === 'unavailable') return created;
    if (created.ok) {
      // The day may have been destroyed while the key was made: then it must not stay.
      const since = await destructions.refresh();
      if (!since.ok) return since;
      if (!isDestroyed(since.destroyed, purpose, day)) return { ok: true, key };
      const removed = await removeForGood(blobs, name);
      return removed.ok ? { ok: false, reason: 'destroyed' } : removed;
    }
  }
  const kept = present.found === 'yes' ? present : await blobs.get(name);
  if (!kept.ok) return kept;
  if (kept.found !== 'yes') return { ok: false, reason: 'destroyed' };
  const opened = unwrap(derived().wrapping, label, kept.bytes);
  return opened === undefined
    ? unavailable(`the ${purpose} key of ${day} is damaged in the key store`)
    : { ok: true, key: opened };
}

/** Deletes the keys of all days before `before`; how many there were. The mark must have been announced. */
export async function destroyDays(
  { blobs }: Master,
  purpose: DayKeyPurpose,
  before: string,
): Promise<{ readonly ok: true; readonly destroyed: number } | KeyStoreFailure> {
  const folder = `days/${purpose}/`;
  const listed = await blobs.list(folder);
  if (!listed.ok) return listed;
  const old = listed.names.filter((name) => name.slice(folder.length) < before);
  for (const name of old) {
    const removed = await removeForGood(blobs, name);
    if (!removed.ok) return removed;
  }
  return { ok: true, destroyed: old.length };
}

/** @throws {TypeError} for what is no UTC day: it becomes part of a name */
export function assertDay(day: string): void {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(day)) throw new TypeError('a day is written YYYY-MM-DD');
}
