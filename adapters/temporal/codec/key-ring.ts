import { randomBytes } from 'node:crypto';
import type { Clock } from '#ports/clock.ts';
import type { Secrets, SecretVersion } from '#ports/secrets.ts';

/** A key of the codec. */
export interface CodecKey {
  /** Not secret: stands beside every payload. */
  readonly id: string;
  /** 32 bytes. */
  readonly key: Uint8Array;
}

/**
 * The codec's keys: one encrypts, all decrypt. `temporal/codec-keys` names them, `temporal/codec-key/<id>` holds each. A key may be removed once no history
 * that it encrypted is kept any more.
 */
export interface KeyRing {
  /** The key that encrypts; made when there is none yet. What another process rotated to is used within a minute. */
  current(): Promise<CodecKey>;
  /** Undefined where nothing has that id. */
  find(id: string): Promise<CodecKey | undefined>;
  /** Encrypts with a new key from now on; answers its id. */
  rotate(): Promise<string>;
  /**
   * The same where the newest key is older than that, or nobody knows how old it is; true when it did. Several that ask at once make one new key. Old ones stay, to
   * decrypt with.
   * @param ms milliseconds
   */
  rotateOlderThan(ms: number): Promise<boolean>;
}

export interface KeyRingDeps {
  readonly secrets: Pick<Secrets, 'read' | 'write'>;
  readonly clock: Pick<Clock, 'monotonic' | 'now'>;
}

/** The key store cannot be used now: whoever decrypts or encrypts has to try again. */
class KeyRingError extends Error {
  override readonly name = 'KeyRingError';
}

interface Index {
  readonly current: string;
  /** All keys, the oldest first. */
  readonly keys: readonly string[];
  /** When the current one was made, milliseconds since 1970 UTC; absent in an index of before this was kept. */
  readonly madeAt?: number;
}

const indexName = 'temporal/codec-keys';
const keyName = (id: string) => `temporal/codec-key/${id}`;
/** Milliseconds for which the answer to "which one is current" is kept. */
const currentFor = 60_000;
/** Milliseconds for which an id that nobody has is not looked up again: whoever can write payloads can name any. */
const absentFor = 1_000;
const mostAbsent = 1_000;
const tries = 5;

/** @throws `KeyRingError` from each function while the key store is away */
export function createKeyRing({ secrets, clock }: KeyRingDeps): KeyRing {
  const keys = new Map<string, CodecKey>();
  const absent = new Map<string, number>();
  let known: { readonly key: CodecKey; readonly until: number } | undefined;
  let asking: Promise<CodecKey> | undefined;

  const readIndex = async (): Promise<{ readonly index?: Index; readonly version: SecretVersion | 'none' }> => {
    const answer = await secrets.read(indexName);
    if (!answer.ok) throw new KeyRingError(`the key store: ${answer.detail}`);
    const { value, version } = answer;
    return value === undefined ? { version } : { index: parseIndex(value), version };
  };

  const find = async (id: string): Promise<CodecKey | undefined> => {
    const kept = keys.get(id);
    if (kept !== undefined) return kept;
    // Ids come from outside and become part of a name.
    if (!/^[0-9a-f]{16}$/.test(id) || (absent.get(id) ?? 0) > clock.monotonic()) return undefined;
    const answer = await secrets.read(keyName(id));
    if (!answer.ok) throw new KeyRingError(`the key store: ${answer.detail}`);
    if (answer.value?.length !== 32) {
      if (absent.size >= mostAbsent) absent.clear();
      absent.set(id, clock.monotonic() + absentFor);
      return undefined;
    }
    const found = { id, key: answer.value };
    keys.set(id, found);
    return found;
  };

  const use = (key: CodecKey) => {
    known = { key, until: clock.monotonic() + currentFor };
    return key;
  };

  /** Durable key first, then the index that names it: a crash in between leaves a key that nobody uses. */
  const add = async (
    mayUseOther: (index: Index) => boolean,
  ): Promise<{ readonly key: CodecKey; readonly made: boolean }> => {
    for (let attempt = 0; attempt < tries; attempt += 1) {
      const { index, version } = await readIndex();
      const other = index && mayUseOther(index) ? await find(index.current) : undefined;
      if (other !== undefined) return { key: use(other), made: false };
      const made = { id: randomBytes(8).toString('hex'), key: new Uint8Array(randomBytes(32)) };
      await store(keyName(made.id), made.key, 'none');
      const next: Index = { current: made.id, keys: [...(index?.keys ?? []), made.id], madeAt: clock.now() };
      if (await store(indexName, Buffer.from(JSON.stringify(next)), version)) {
        keys.set(made.id, made);
        return { key: use(made), made: true };
      }
    }
    throw new KeyRingError('others change the keys of the codec all the time');
  };

  const store = async (name: string, value: Uint8Array, expected: SecretVersion | 'none'): Promise<boolean> => {
    const answer = await secrets.write(name, value, expected);
    if (!answer.ok && answer.reason !== 'conflict') throw new KeyRingError(`the key store: ${answer.detail}`);
    return answer.ok;
  };

  return {
    async current() {
      if (known !== undefined && clock.monotonic() < known.until) return known.key;
      asking ??= add(() => true)
        .then(({ key }) => key)
        .finally(() => {
          asking = undefined;
        });
      try {
        return await asking;
      } catch (error) {
        // Old keys decrypt, so the last one is good enough while the key store is away.
        if (known !== undefined) return known.key;
        throw error;
      }
    },
    find,
    async rotate() {
      return (await add(() => false)).key.id;
    },
    async rotateOlderThan(ms) {
      const { index } = await readIndex();
      // Where there is none yet, whoever encrypts first makes one.
      if (index === undefined) return false;
      return (await add(({ madeAt }) => madeAt !== undefined && clock.now() - madeAt <= ms)).made;
    },
  };
}

function parseIndex(value: Uint8Array): Index {
  const index: Partial<Record<keyof Index, unknown>> = JSON.parse(Buffer.from(value).toString('utf8'));
  const { current, keys, madeAt } = index;
  if (typeof current !== 'string' || !Array.isArray(keys)) throw new KeyRingError(`${indexName} is damaged`);
  return {
    ...{ current, keys: keys.filter((key) => typeof key === 'string') },
    ...(typeof madeAt === 'number' ? { madeAt } : {}),
  };
}
