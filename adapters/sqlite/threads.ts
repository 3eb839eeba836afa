import { type Checkpoints, createCheckpoints } from '#adapters/sqlite/checkpoints.ts';
import type { LogFile, ReadReply, ReadRequest, WriteReply, WriteRequest } from '#adapters/sqlite/messages.ts';
import { openWorkerLink, type WorkerLink, type WorkerLinkEvents } from '#adapters/sqlite/worker-link.ts';

/** The threads of one open event log. */
export interface Threads {
  readonly writer: WorkerLink<WriteRequest, WriteReply>;
  readonly reader: WorkerLink<ReadRequest, ReadReply>;
  readonly checkpoints: Checkpoints;
  close(): Promise<void>;
}

/**
 * Starts them, the writing one first: it makes the file where there is none.
 * @throws when the file cannot be opened; then none is left running
 */
export async function startThreads(file: LogFile, events: WorkerLinkEvents): Promise<Threads> {
  const body = (name: string): URL => new URL(name, import.meta.url);
  const writer = await openWorkerLink<WriteRequest, WriteReply>(body('./write-worker.ts'), file, events);
  const [reader, checkpoints] = await Promise.allSettled([
    openWorkerLink<ReadRequest, ReadReply>(body('./read-worker.ts'), file, events),
    createCheckpoints(file),
  ]);
  const started = [reader, checkpoints].filter((one) => one.status === 'fulfilled').map((one) => one.value);
  const close = async () => {
    // SQLite takes the write-ahead log in when its last connection is closed; of several that close at once each leaves it to the others.
    await Promise.all(started.map((one) => one.close()));
    await writer.close();
  };
  if (reader.status === 'fulfilled' && checkpoints.status === 'fulfilled')
    return { writer, reader: reader.value, checkpoints: checkpoints.value, close };
  await close();
  throw reader.status === 'rejected' ? reader.reason : (checkpoints as PromiseRejectedResult).reason;
}
