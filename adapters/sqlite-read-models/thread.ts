import { Worker } from 'node:worker_threads';
import type { Connection, ConnectionOptions } from '#adapters/sqlite-read-models/connection.ts';
import type { At, FromThread, ThreadRequest, ToThread } from '#adapters/sqlite-read-models/messages.ts';
import type { LogPosition } from '#ports/event-log.ts';
import type { Answers, Digest } from '#ports/read-model-store.ts';

/** On a thread of its own: for models with so many rows that counting them would keep everybody waiting. */
export async function connectThread(options: ConnectionOptions): Promise<Connection> {
  const worker = new Worker(new URL('./store-worker.ts', import.meta.url), { workerData: options, execArgv: [] });
  const opened = Promise.withResolvers<Partial<At>>();
  const exited = Promise.withResolvers<void>();
  const pending = new Map<number, PromiseWithResolvers<unknown>>();
  let next = 0;
  let ended: Error | undefined;

  function end(detail: string): void {
    ended ??= new Error(`the read model ${options.schema.name} cannot be used: ${detail}`);
    opened.reject(ended);
    for (const { reject } of pending.values()) reject(ended);
    pending.clear();
  }

  function call(request: ThreadRequest): { readonly number: number; readonly answer: Promise<unknown> } {
    const number = next++;
    if (ended !== undefined) return { number, answer: Promise.reject(ended) };
    const waiting = Promise.withResolvers<unknown>();
    pending.set(number, waiting);
    worker.postMessage({ number, request } satisfies ToThread);
    return { number, answer: waiting.promise };
  }

  worker.on('message', (message: FromThread) => {
    switch (message.kind) {
      case 'ready':
        return opened.resolve(message.at);
      case 'failed-to-open':
        return end(message.detail);
      case 'done':
        pending.get(message.number)?.resolve(message.value);
        return void pending.delete(message.number);
      case 'failed':
        pending.get(message.number)?.reject(new Error(message.detail));
        pending.delete(message.number);
    }
  });
  worker.on('error', (error) => end(error instanceof Error ? error.message : String(error)));
  worker.on('exit', () => {
    end('its thread ended');
    exited.resolve();
  });

  return {
    at: await opened.promise,
    commit: async (groups, at) => void (await call({ kind: 'commit', groups, at }).answer),
    read: async (questions) => (await call({ kind: 'read', questions }).answer) as Answers,
    settle: async () => void (await call({ kind: 'settle' }).answer),
    async digest() {
      const { number, answer } = call({ kind: 'digest' });
      const position = (await answer) as LogPosition | undefined;
      const result = call({ kind: 'digest-result', digest: number }).answer as Promise<Digest>;
      result.catch(() => undefined);
      return { position, result };
    },
    async close() {
      if (ended === undefined) await call({ kind: 'close' }).answer.catch(() => undefined);
      await exited.promise;
    },
  };
}
