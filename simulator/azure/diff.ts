import { isDeepStrictEqual } from 'node:util';
import type { Bag } from '#simulator/azure/wire.ts';

/** What differs between the inputs of before and those of now. */
export interface InputDiff {
  /** Paths, such as `sku.capacity` or `ipRules[0].value`. */
  readonly changed: readonly { readonly path: string; readonly kind: 'add' | 'delete' | 'update' }[];
  /** Inputs at the top that differ. */
  readonly keys: readonly string[];
}

/** Compares property by property; the engine is told paths, so that a person reads what changes and not that something does. */
export function diffInputs(before: Bag, after: Bag): InputDiff {
  const changed: { path: string; kind: 'add' | 'delete' | 'update' }[] = [];
  const walk = (old: unknown, now: unknown, path: string) => {
    if (isDeepStrictEqual(old, now)) return;
    if (isBag(old) && isBag(now)) {
      for (const key of new Set([...Object.keys(old), ...Object.keys(now)]))
        walk(old[key], now[key], path === '' ? key : `${path}.${key}`);
    } else if (Array.isArray(old) && Array.isArray(now)) {
      for (let index = 0; index < Math.max(old.length, now.length); index += 1)
        walk(old[index], now[index], `${path}[${index}]`);
    } else changed.push({ path, kind: old === undefined ? 'add' : now === undefined ? 'delete' : 'update' });
  };
  walk(withoutHidden(before), withoutHidden(after), '');
  return { changed, keys: [...new Set(changed.map(({ path }) => path.split(/[.[]/)[0] ?? ''))] };
}

/** The engine adds properties of its own. */
function withoutHidden(bag: Bag): Bag {
  return Object.fromEntries(
    Object.entries(bag).filter(([key, value]) => !key.startsWith('__') && value !== null && value !== undefined),
  );
}

function isBag(value: unknown): value is Bag {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
