import { randomBytes } from 'node:crypto';
import type { Clock } from '#ports/clock.ts';
import type { Secrets } from '#ports/secrets.ts';

/** One key of the ring. */
export interface RingKey {
  readonly id: string;
  /** 32 bytes. */
  readonly key: Uint8Array;
  /** Milliseconds since 1970 UTC. */
  readonly createdAt: number;
}

export type RingResult<T> =
  | ({ readonly ok: true } & T)
  | { readonly ok: false; readonly reason: 'unavailable'; readonly detail: string };

/** Keys that seal cookies, in the key store, shared by every desk. The newest seals; older ones open until what they sealed has expired. */
export interface KeyRing {
  current(): Promise<RingResult<{ readonly key: RingKey }>>;
  /** Absent for a key that is not known, or not any more; `unavailable` as long as that cannot be said. */
  find(id: string): Promise<RingResult<{ readonly key?: RingKey }>>;
}

export interface KeyRingDeps {
  readonly secrets: Secrets;
  readonly clock: Clock;
  /** Milliseconds for which a key seals (default a day). */
  readonly rotateMs?: number;
  /** Longest life of what is sealed, milliseconds (default 12 hours). */
  readonly longestMs?: number;
}

const prefix = 'desk/session-key/';
/** Milliseconds between two looks at the key store for a key that is not known: whoever makes ids up does not make work. */
const lookAgainMs = 5_000;

export function createKeyRing(deps: KeyRingDeps): KeyRing {
  const { secrets, clock, rotateMs = 86_400_000, longestMs = 43_200_000 } = deps;
  let ring: readonly RingKey[] = [];
  let lookedAt = Number.NEGATIVE_INFINITY;
  let lastLook: RingResult<object> = { ok: true };
  let lastLookBegan = Number.NEGATIVE_INFINITY;
  let looking: Promise<RingResult<object>> | undefined;
  let making: Promise<RingResult<{ readonly key: RingKey }>> | undefined;

  const youngest = () => ring.toSorted((a, b) => b.createdAt - a.createdAt)[0];
  const serves = (key: RingKey | undefined) => key !== undefined && clock.now() - key.createdAt < rotateMs;
  const isOver = (createdAt: number) => clock.now() - createdAt > rotateMs + longestMs;

  /** That it is not known says nothing yet about a key that another desk may have made since the last look began. Clocks may differ. */
  const mayBeNewer = (id: string) => createdAtOf(id) > lastLookBegan - lookAgainMs;

  /** One look for all who want one at the same time. */
  function load(): Promise<RingResult<object>> {
    const began = clock.now();
    looking ??= look()
      .then((result) => {
        lookedAt = clock.monotonic();
        lastLook = result;
        lastLookBegan = began;
        return result;
      })
      .finally(() => {
        looking = undefined;
      });
    return looking;
  }

  async function look(): Promise<RingResult<object>> {
    const before = ring;
    const listed = await secrets.names(prefix);
    if (!listed.ok) return listed;
    const found: RingKey[] = [];
    for (const name of listed.names) {
      const id = name.slice(prefix.length);
      const createdAt = createdAtOf(id);
      if (isOver(createdAt)) {
        await secrets.remove(name);
        continue;
      }
      const known = ring.find((key) => key.id === id);
      const read = known === undefined ? await secrets.read(name) : undefined;
      if (read?.ok === false) return read;
      const key = known?.key ?? read?.value;
      if (key?.length === 32 && Number.isSafeInteger(createdAt)) found.push({ id, key, createdAt });
    }
    // What was made meanwhile need not have been listed.
    const added = ring.filter((key) => !before.includes(key) && !isOver(key.createdAt));
    ring = [...found.filter(({ id }) => !added.some((key) => key.id === id)), ...added];
    return { ok: true };
  }

  async function make(): Promise<RingResult<{ readonly key: RingKey }>> {
    // One that began earlier may have missed a key that another desk made.
    await looking;
    const loaded = await load();
    const there = youngest();
    if (there !== undefined && (!loaded.ok || serves(there))) return { ok: true, key: there };
    if (!loaded.ok) return loaded;
    const createdAt = clock.now();
    const made = { id: `${createdAt}-${randomBytes(8).toString('hex')}`, key: randomBytes(32), createdAt };
    const written = await secrets.write(`${prefix}${made.id}`, made.key, 'none');
    if (!written.ok) {
      // Rather an old key for a while than nobody who can sign in.
      if (there !== undefined) return { ok: true, key: there };
      return written.reason === 'conflict'
        ? { ok: false, reason: 'unavailable', detail: 'two keys had the same name' }
        : written;
    }
    ring = [...ring, made];
    return { ok: true, key: made };
  }

  return {
    async current() {
      const key = youngest();
      if (key !== undefined && serves(key)) return { ok: true, key };
      making ??= make().finally(() => {
        making = undefined;
      });
      return await making;
    },
    async find(id) {
      const there = () => ring.find((key) => key.id === id && !isOver(key.createdAt));
      if (there() === undefined) await looking;
      const key = there();
      if (key !== undefined) return { ok: true, key };
      if (clock.monotonic() - lookedAt < lookAgainMs) return lastLook.ok && mayBeNewer(id) ? notReadYet : lastLook;
      const loaded = await load();
      if (!loaded.ok) return loaded;
      const found = there();
      return found === undefined ? { ok: true } : { ok: true, key: found };
    },
  };
}

const notReadYet = {
  ok: false,
  reason: 'unavailable',
  detail: 'a new key of the desk is read within seconds',
} as const;

function createdAtOf(id: string): number {
  return Number(id.split('-')[0]);
}
