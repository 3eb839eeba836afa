import { Worker } from 'node:worker_threads';
import type { KeyStoreFailure, SubjectKey } from '#ports/key-store.ts';
import { unavailable } from './connection.ts';

/** Makes keys somewhere else than on the calling thread. */
export interface KeyMaker {
  /** The keys of canonical subjects, made where there are none; durable before it answers. */
  keysOf(subjects: readonly string[]): Promise<MadeKeys | KeyStoreFailure>;
  /** Answers what was asked, then ends. */
  close(): Promise<void>;
}

export interface MadeKeys {
  readonly ok: true;
  readonly keys: ReadonlyMap<string, SubjectKey>;
}

/** What the thread is started with. */
export interface MakerOrder {
  readonly file: string;
  readonly masterKeyFile: string;
  readonly busyTimeoutMs: number;
  /** Identity of the key store that the file must be. */
  readonly id: string;
}

export type ToMaker =
  | { readonly kind: 'keys'; readonly number: number; readonly subjects: readonly string[] }
  | { readonly kind: 'close' };

export interface FromMaker {
  readonly number: number;
  readonly answer: MadeKeys | KeyStoreFailure;
}

interface Thread {
  readonly worker: Worker;
  readonly pending: Map<number, (answer: MadeKeys | KeyStoreFailure) => void>;
  readonly exited: Promise<void>;
}

/**
 * A thread that makes keys: each commit waits for the disk, tens of milliseconds when that is busy, and nothing else shall wait with it. It is started by
 * the first who needs a new key, and again after it died.
 */
export function createKeyMaker(order: MakerOrder): KeyMaker {
  let thread: Thread | undefined;
  let next = 0;
  let closed = false;

  function start(): Thread {
    const worker = new Worker(new URL('./maker-worker.ts', import.meta.url), { workerData: order, execArgv: [] });
    const exited = Promise.withResolvers<void>();
    const one: Thread = { worker, pending: new Map(), exited: exited.promise };
    const end = (detail: string) => {
      if (thread === one) thread = undefined;
      for (const settle of one.pending.values()) settle(unavailable(detail));
      one.pending.clear();
    };
    worker.on('message', ({ number, answer }: FromMaker) => {
      one.pending.get(number)?.(answer);
      one.pending.delete(number);
      if (one.pending.size === 0) worker.unref();
    });
    worker.on('error', (error) => end(error instanceof Error ? error.message : String(error)));
    worker.on('exit', () => {
      end('the thread that makes keys ended');
      exited.resolve();
    });
    return one;
  }

  return {
    keysOf(subjects) {
      if (closed) return Promise.resolve(unavailable('the key store is closed'));
      thread ??= start();
      const number = next++;
      const { promise, resolve } = Promise.withResolvers<MadeKeys | KeyStoreFailure>();
      thread.pending.set(number, resolve);
      // A process need not close the store to end, but it waits for what it asked.
      thread.worker.ref();
      thread.worker.postMessage({ kind: 'keys', number, subjects } satisfies ToMaker);
      return promise;
    },
    async close() {
      closed = true;
      const open = thread;
      open?.worker.ref();
      open?.worker.postMessage({ kind: 'close' } satisfies ToMaker);
      await open?.exited;
    },
  };
}
