import { parentPort, workerData } from 'node:worker_threads';
import { metaOf, openModel, removeModel, writeMeta } from '#adapters/sqlite-read-models/database.ts';
import { digestOf } from '#adapters/sqlite-read-models/digest.ts';
import type {
  FromStoreThread,
  StoreReply,
  StoreRequest,
  StoreThreadData,
} from '#adapters/sqlite-read-models/messages.ts';
import { createConnection } from '#adapters/sqlite-read-models/writer.ts';

/** Thread that keeps one read model: SQLite waits for the disk here, and not where calls are handled. */

if (parentPort === null) throw new Error('this file is the body of a thread');
const port = parentPort;
const say = (message: FromStoreThread): void => port.postMessage(message);

try {
  const data = workerData as StoreThreadData;
  const { file, db } = openModel(data);
  const connection = createConnection(db, data.schema);
  const digests = new Set<Promise<unknown>>();

  function answer(request: StoreRequest): StoreReply | Promise<StoreReply> {
    switch (request.kind) {
      case 'commit':
        connection.commit(request.runs, request.position);
        return { kind: 'done' };
      case 'read':
        return { kind: 'rows', answers: connection.read(request.questions), position: connection.position() };
      case 'digest': {
        const digest = digestOf(file, data.schema);
        digests.add(digest);
        return digest
          .then((found): StoreReply => ({ kind: 'digest', digest: found }))
          .finally(() => digests.delete(digest));
      }
      case 'complete':
        writeMeta(db, 'complete', 'yes');
        return { kind: 'done' };
      case 'close':
        return close(request.discard);
    }
  }

  async function close(discard: boolean): Promise<StoreReply> {
    await Promise.allSettled(digests);
    db.close();
    if (discard) removeModel(file);
    port.close();
    return { kind: 'done' };
  }

  port.on('message', ({ number, request }: { number: number; request: StoreRequest }) => {
    const fail = (error: unknown): StoreReply => ({
      kind: 'failed',
      detail: error instanceof Error ? error.message : String(error),
    });
    try {
      const reply = answer(request);
      if (reply instanceof Promise)
        void reply.catch(fail).then((settled) => say({ kind: 'reply', number, reply: settled }));
      else say({ kind: 'reply', number, reply });
    } catch (error) {
      say({ kind: 'reply', number, reply: fail(error) });
    }
  });
  say({ kind: 'ready', position: connection.position(), complete: metaOf(db, 'complete') === 'yes' });
} catch (error) {
  say({ kind: 'failed-to-open', detail: error instanceof Error ? error.message : String(error) });
}
