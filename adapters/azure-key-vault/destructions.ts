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
  /** Keyed hashes of the subjects whose keys are being deleted, or were by somebody who died over it: what is remembered of any key may be out of date. */
  readonly erasing: readonly string[];
}

/** Tells all processes that share a container what was destroyed. */
export interface Destructions {
  /** What holds now: asked of the storage after this call began. Those who ask at once share one question. */
  refresh(): Promise<{ readonly ok: true; readonly destroyed: Destroyed } | KeyStoreFailure>;
  /** Makes every process forget what it remembers; no key of that purpose is made for an earlier day again. */
  announce(mark: { readonly purpose: DayKeyPurpose; readonly before: string }): Promise<Announced>;
  /** Before keys of a subject are deleted: from now on nobody uses what he remembers. @param subject keyed hash */
  begin(subject: string): Promise<Announced>;
  /** After they were: what is remembered from now on may be used again. */
  end(subject: string): Promise<Announced>;
}

type Announced = { readonly ok: true } | KeyStoreFailure;

type State = Omit<Destroyed, 'etag'>;
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
      known = { etag: got.etag, before: state.before, erasing: state.erasing };
      return { ok: true, destroyed: known };
    }
    if (known !== undefined) return unavailable(`${stateBlob} is gone: the container was emptied`);
    // The first start of a stack.
    const made = await blobs.create(stateBlob, write(id, { before: {}, erasing: [] }));
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

  const change = async (next: (now: State) => State): Promise<Announced> => {
    for (let tried = 0; tried < 20; tried += 1) {
      const current = await refresh();
      if (!current.ok) return current;
      const replaced = await blobs.replace(stateBlob, write(id, next(current.destroyed)), current.destroyed.etag);
      if (replaced.ok) return { ok: true };
      if (replaced.reason === 'unavailable') return replaced;
    }
    return unavailable('too many processes destroy keys at once; repeat it');
  };

  return {
    refresh,
    announce: ({ purpose, before: day }) =>
      change(({ before, erasing }) => {
        const old = before[purpose];
        return { before: old !== undefined && old > day ? before : { ...before, [purpose]: day }, erasing };
      }),
    begin: (subject) =>
      change(({ before, erasing }) => ({ before, erasing: [...erasing.filter((one) => one !== subject), subject] })),
    end: (subject) => change(({ before, erasing }) => ({ before, erasing: erasing.filter((one) => one !== subject) })),
  };
}

export function unavailable(detail: string): KeyStoreFailure {
  return { ok: false, reason: 'unavailable', detail };
}

/** Never the same twice, so that a lost answer is told from another's change. */
function write(id: string, { before, erasing }: State): Buffer {
  return Buffer.from(JSON.stringify({ id, change: randomUUID(), before, erasing }));
}

function read(bytes: Buffer): ({ readonly id: string } & State) | undefined {
  try {
    const state = JSON.parse(bytes.toString()) as { id?: unknown; before?: Record<string, unknown>; erasing?: unknown };
    const before: Partial<Record<DayKeyPurpose, string>> = {};
    for (const purpose of ['commitment', 'quarantine'] as const) {
      const day = state.before?.[purpose];
      if (typeof day === 'string') before[purpose] = day;
    }
    // Versions before this one wrote none.
    const erasing = Array.isArray(state.erasing) ? state.erasing.map(String) : [];
    return typeof state.id === 'string' ? { id: state.id, before, erasing } : undefined;
  } catch {
    return undefined;
  }
}
