import { randomUUID } from 'node:crypto';
import type { DayKeyPurpose, KeyStoreFailure } from '#ports/key-store.ts';
import type { Blobs } from './blobs.ts';

const stateBlob = 'destructions.json';

/** What was destroyed so far, by whatever process. */
export interface Destroyed {
  /** Changes with every destruction: what was remembered under another one must be forgotten. */
  readonly etag: string;
  /** Day before which the keys of a purpose are destroyed, exclusive. */
  readonly before: Readonly<Partial<Record<DayKeyPurpose, string>>>;
}

/** Tells all processes that share a container what was destroyed. */
export interface Destructions {
  /** What holds now: asked of the storage after this call began. Those who ask at once share one question. */
  refresh(): Promise<{ readonly ok: true; readonly destroyed: Destroyed } | KeyStoreFailure>;
  /** Makes every process forget what it remembers; with a mark, no key of that purpose is made for an earlier day again. */
  announce(mark?: {
    readonly purpose: DayKeyPurpose;
    readonly before: string;
  }): Promise<{ readonly ok: true } | KeyStoreFailure>;
}

type Answer = Awaited<ReturnType<Destructions['refresh']>>;

/** @param id identity of the key store: a container that was swapped under a running process is noticed */
export function createDestructions(blobs: Blobs, id: string): Destructions {
  let known: Destroyed | undefined;
  let running: Promise<Answer> | undefined;
  let queued: Promise<Answer> | undefined;

  const ask = async (): Promise<Answer> => {
    const got = await blobs.get(stateBlob, known?.etag);
    if (!got.ok) return got;
    if (got.found === 'unchanged' && known !== undefined) return { ok: true, destroyed: known };
    if (got.found === 'yes') {
      const state = read(got.bytes);
      if (state?.id !== id) return unavailable('another key store stands in this container');
      known = { etag: got.etag, before: state.before };
      return { ok: true, destroyed: known };
    }
    if (known !== undefined) return unavailable(`${stateBlob} is gone: the container was emptied`);
    // The first start of a stack.
    const made = await blobs.create(stateBlob, write(id, {}));
    if (!made.ok && made.reason === 'unavailable') return made;
    return ask();
  };

  const start = (): Promise<Answer> => {
    queued = undefined;
    const asked = ask().finally(() => {
      if (running === asked) running = undefined;
    });
    running = asked;
    return asked;
  };
  const refresh = (): Promise<Answer> => {
    if (running === undefined) return start();
    // The question that is under way may have been answered already: only the following one is sure to see what happened before now.
    queued ??= running.then(start);
    return queued;
  };

  return {
    refresh,
    async announce(mark) {
      for (let tried = 0; tried < 20; tried += 1) {
        const current = await refresh();
        if (!current.ok) return current;
        const { etag, before } = current.destroyed;
        const old = mark === undefined ? undefined : before[mark.purpose];
        const later =
          mark === undefined || (old !== undefined && old > mark.before)
            ? before
            : { ...before, [mark.purpose]: mark.before };
        const replaced = await blobs.replace(stateBlob, write(id, later), etag);
        if (replaced.ok) return { ok: true };
        if (replaced.reason === 'unavailable') return replaced;
      }
      return unavailable('too many processes destroy keys at once; repeat it');
    },
  };
}

export function unavailable(detail: string): KeyStoreFailure {
  return { ok: false, reason: 'unavailable', detail };
}

/** Never the same twice, so that a lost answer is told from another's change. */
function write(id: string, before: Destroyed['before']): Buffer {
  return Buffer.from(JSON.stringify({ id, change: randomUUID(), before }));
}

function read(bytes: Buffer): { readonly id: string; readonly before: Destroyed['before'] } | undefined {
  try {
    const state = JSON.parse(bytes.toString()) as { id?: unknown; before?: Record<string, unknown> };
    const before: Partial<Record<DayKeyPurpose, string>> = {};
    for (const purpose of ['commitment', 'quarantine'] as const) {
      const day = state.before?.[purpose];
      if (typeof day === 'string') before[purpose] = day;
    }
    return typeof state.id === 'string' ? { id: state.id, before } : undefined;
  } catch {
    return undefined;
  }
}
