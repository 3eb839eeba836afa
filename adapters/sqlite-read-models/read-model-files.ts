import { Worker } from 'node:worker_threads';
import {
  type FromStoreThread,
  type StoreReply,
  type StoreRequest,
  type StoreThreadData,
  toRows,
  toRuns,
} from '#adapters/sqlite-read-models/messages.ts';
import type { ReadModelFiles, ReadModelSchema, ReadModelStore } from '#ports/read-model-store.ts';

export interface SqliteReadModelOptions {
  /** Folder of the files; made where there is none. One process at a time. */
  readonly folder: string;
}

/** Read models in SQLite, one file and one thread each. */
export function createSqliteReadModels({ folder }: SqliteReadModelOptions): ReadModelFiles {
  return {
    open: (schema) => openStore({ folder, schema, mode: 'open' }),
    rebuild: (schema) => openStore({ folder, schema, mode: 'rebuild' }),
  };
}

interface Pending {
  readonly resolve: (reply: StoreReply) => void;
  readonly reject: (error: Error) => void;
}

async function openStore(data: StoreThreadData): Promise<ReadModelStore> {
  const { schema } = data;
  const worker = new Worker(new URL('./store-worker.ts', import.meta.url), { workerData: data });
  const pending = new Map<number, Pending>();
  const opened = Promise.withResolvers<Extract<FromStoreThread, { kind: 'ready' }>>();
  const exited = new Promise<void>((resolve) => worker.on('exit', () => resolve()));
  let next = 0;
  let ended: Error | undefined;

  function end(detail: string): void {
    ended ??= new Error(`read model ${schema.name}: ${detail}`);
    opened.reject(ended);
    for (const { reject } of pending.values()) reject(ended);
    pending.clear();
  }

  worker.on('message', (message: FromStoreThread) => {
    if (message.kind === 'ready') return opened.resolve(message);
    if (message.kind === 'failed-to-open') return end(message.detail);
    pending.get(message.number)?.resolve(message.reply);
    pending.delete(message.number);
  });
  worker.on('error', (error) => end(error instanceof Error ? error.message : String(error)));
  worker.on('exit', () => end('its thread ended'));

  async function ask<K extends StoreReply['kind']>(
    request: StoreRequest,
    _kind: K,
  ): Promise<Extract<StoreReply, { kind: K }>> {
    if (ended !== undefined) throw ended;
    const number = next++;
    const { promise, resolve, reject } = Promise.withResolvers<StoreReply>();
    pending.set(number, { resolve, reject });
    worker.postMessage({ number, request });
    const reply = await promise;
    if (reply.kind === 'failed') throw new Error(`read model ${schema.name}: ${reply.detail}`);
    return reply as Extract<StoreReply, { kind: K }>;
  }

  async function close(discard: boolean): Promise<void> {
    if (ended === undefined) {
      const closed = ask({ kind: 'close', discard }, 'done');
      ended = new Error(`read model ${schema.name} is closed`);
      await closed;
    }
    await exited;
  }

  const ready = await opened.promise;
  let { position, complete } = ready;
  return {
    position: () => position,
    isComplete: () => complete,
    async commit(changes, to) {
      await ask({ kind: 'commit', runs: toRuns(schema as ReadModelSchema, changes), position: to }, 'done');
      position = to;
    },
    async read(questions) {
      const reply = await ask({ kind: 'read', questions }, 'rows');
      return { position: reply.position, rows: reply.answers.map(toRows) };
    },
    digest: async () => (await ask({ kind: 'digest' }, 'digest')).digest,
    async complete() {
      await ask({ kind: 'complete' }, 'done');
      complete = true;
    },
    close: () => close(false),
    discard: () => close(true),
  };
}
