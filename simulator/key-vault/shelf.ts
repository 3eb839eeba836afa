import { answer, refuse, type VaultAnswer } from '#simulator/key-vault/answer.ts';

/** What every key, secret and certificate has. Times are milliseconds since 1970 UTC. */
export interface Versioned {
  readonly version: string;
  readonly created: number;
  enabled: boolean;
}

/** Objects of one kind by name, each with its versions, and those that were deleted and can be had back. */
export interface Shelf<V extends Versioned> {
  names(): readonly string[];
  deletedNames(): readonly string[];
  /** Oldest first; undefined where nothing has that name. */
  versions(name: string): readonly V[] | undefined;
  deletedVersions(name: string): readonly V[] | undefined;
  /** A version, the newest without one. */
  find(name: string, version?: string): V | undefined;
  /** False where the name is taken by what was deleted: Key Vault answers 409 until that is purged. */
  add(name: string, item: V): boolean;
  remove(name: string): boolean;
  recover(name: string): boolean;
  purge(name: string): boolean;
}

export function createShelf<V extends Versioned>(): Shelf<V> {
  const live = new Map<string, V[]>();
  const deleted = new Map<string, V[]>();
  const move = (from: Map<string, V[]>, to: Map<string, V[]>, name: string) => {
    const versions = from.get(name);
    if (versions === undefined) return false;
    from.delete(name);
    to.set(name, versions);
    return true;
  };
  return {
    names: () => [...live.keys()].sort(),
    deletedNames: () => [...deleted.keys()].sort(),
    versions: (name) => live.get(name),
    deletedVersions: (name) => deleted.get(name),
    find: (name, version = '') => {
      const versions = live.get(name);
      return version === '' ? versions?.at(-1) : versions?.find((item) => item.version === version);
    },
    add: (name, item) => {
      if (deleted.has(name)) return false;
      live.set(name, [...(live.get(name) ?? []), item]);
      return true;
    },
    remove: (name) => move(live, deleted, name),
    recover: (name) => move(deleted, live, name),
    purge: (name) => deleted.delete(name),
  };
}

export const seconds = (ms: number) => Math.trunc(ms / 1000);
const ninetyDays = 90 * 86_400;

/** `recoveryId`, `deletedDate` and `scheduledPurgeDate` of what was deleted. */
export function deletion(vaultUrl: string, collection: string, name: string, now: number) {
  return {
    recoveryId: `${vaultUrl}/deleted${collection}/${name}`,
    deletedDate: seconds(now),
    scheduledPurgeDate: seconds(now) + ninetyDays,
  };
}

export const nameTaken = (name: string): VaultAnswer =>
  refuse(
    409,
    'Conflict',
    `${name} is currently in a deleted but recoverable state, and its name cannot be reused; in this state, it can only be recovered or purged.`,
    'ObjectIsDeletedButRecoverable',
  );

/** One page of a listing; `nextLink` leads to the following one. */
export function page(url: URL, vaultUrl: string, items: readonly unknown[]): VaultAnswer {
  const size = Number(url.searchParams.get('maxresults') ?? 25);
  const from = Number(url.searchParams.get('$skiptoken') ?? 0);
  const rest = new URL(`${vaultUrl}${url.pathname}${url.search}`);
  rest.searchParams.set('$skiptoken', String(from + size));
  return answer({
    value: items.slice(from, from + size),
    nextLink: from + size < items.length ? rest.href : null,
  });
}
