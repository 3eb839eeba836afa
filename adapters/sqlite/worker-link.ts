import { Worker } from 'node:worker_threads';
import type { FromWorker, LogFile, ToWorker } from '#adapters/sqlite/messages.ts';

/** Requests to one thread and its replies. A thread that died is started anew by the next request. */
export interface WorkerLink<Request, Reply> {
  /** Settles with undefined when the thread died over it, so that nobody knows what became of it. */
  call(request: Request, transfer?: readonly ArrayBuffer[]): Promise<Reply | undefined>;
  /** Answers what is pending, then ends the thread; whatever is asked afterwards settles with undefined. */
  close(): Promise<void>;
}

export interface WorkerLinkEvents {
  /** The thread noticed a commit of another process. */
  onChanged(): void;
  /** The thread died and was started anew: what it was told to do without end must be said again. */
  onRestart(): void;
}

interface Thread<Reply> {
  readonly worker: Worker;
  readonly pending: Map<number, (reply: Reply | undefined) => void>;
  readonly opened: Promise<void>;
  readonly exited: Promise<void>;
  dead: boolean;
}

/** @throws when the thread cannot open the file */
export async function openWorkerLink<Request, Reply>(
  body: URL,
  file: LogFile,
  events: WorkerLinkEvents,
): Promise<WorkerLink<Request, Reply>> {
  let next = 0;
  let closed = false;
  let thread = startThread<Reply>(body, file, events);
  await thread.opened;

  function post(message: ToWorker<Request>, transfer: readonly ArrayBuffer[] = []): void {
    thread.worker.postMessage(message, transfer);
  }

  return {
    call(request, transfer) {
      if (closed) return Promise.resolve(undefined);
      if (thread.dead) {
        thread = startThread<Reply>(body, file, events);
        // When it cannot open the file, the fate of this very request says so.
        thread.opened.then(events.onRestart, () => undefined);
      }
      const number = next++;
      const { promise, resolve } = Promise.withResolvers<Reply | undefined>();
      thread.pending.set(number, resolve);
      post({ kind: 'request', number, request }, transfer);
      return promise;
    },
    async close() {
      if (!closed) post({ kind: 'close' });
      closed = true;
      await thread.exited;
    },
  };
}

function startThread<Reply>(body: URL, file: LogFile, events: WorkerLinkEvents): Thread<Reply> {
  const worker = new Worker(body, { workerData: file, execArgv: [] });
  const pending = new Map<number, (reply: Reply | undefined) => void>();
  const opened = Promise.withResolvers<void>();
  const exited = Promise.withResolvers<void>();
  const thread: Thread<Reply> = { worker, pending, opened: opened.promise, exited: exited.promise, dead: false };

  function end(detail: string): void {
    thread.dead = true;
    opened.reject(new Error(`cannot open the event log ${file.file}: ${detail}`));
    for (const settle of pending.values()) settle(undefined);
    pending.clear();
  }

  worker.on('message', (message: FromWorker<Reply>) => {
    switch (message.kind) {
      case 'ready':
        return opened.resolve();
      case 'failed-to-open':
        return end(message.detail);
      case 'changed':
        return events.onChanged();
      case 'replies':
        for (const [number, reply] of message.replies) {
          pending.get(number)?.(reply);
          pending.delete(number);
        }
    }
  });
  worker.on('error', (error) => end(error instanceof Error ? error.message : String(error)));
  worker.on('exit', () => {
    end('the thread ended');
    exited.resolve();
  });
  return thread;
}
