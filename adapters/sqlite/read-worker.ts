import { parentPort, workerData } from 'node:worker_threads';
import { createFileGuard } from '#adapters/sqlite/file-guard.ts';
import type { FromWorker, LogFile, ReadReply, ReadRequest, ToWorker } from '#adapters/sqlite/messages.ts';
import { createReader } from '#adapters/sqlite/reader.ts';
import { openLogFile } from '#adapters/sqlite/schema.ts';

/** Thread that reads, on a connection of its own: in WAL mode no read waits for a write, and no write for a read. */

/** How often commits of other processes are looked for: a few bytes of shared memory, but each look wakes the thread. */
const pollMs = 20;

if (parentPort === null) throw new Error('this file is the body of a thread');
const port = parentPort;
const say = (message: FromWorker<ReadReply>, transfer: ArrayBuffer[] = []): void => port.postMessage(message, transfer);

try {
  const db = openLogFile((workerData as LogFile).file, 'read');
  const read = createReader(db);
  const guard = createFileGuard((workerData as LogFile).file);
  const dataVersion = db.prepare('PRAGMA data_version');
  let watch: NodeJS.Timeout | undefined;
  let seen: unknown;

  const look = (): void => {
    try {
      const found = dataVersion.get()?.['data_version'];
      if (found === seen) return;
      seen = found;
      say({ kind: 'changed' });
    } catch {
      // A fault of the file shows itself to whoever reads from it.
    }
  };

  const answer = (request: ReadRequest): ReadReply => {
    try {
      if (request.kind !== 'watch') {
        guard();
        return read(request);
      }
      clearInterval(watch);
      if (request.on) watch = setInterval(look, pollMs);
      return { kind: 'done' };
    } catch (error) {
      return { kind: 'failed', detail: error instanceof Error ? error.message : String(error) };
    }
  };

  port.on('message', (message: ToWorker<ReadRequest>) => {
    if (message.kind === 'close') {
      clearInterval(watch);
      db.close();
      port.close();
      return;
    }
    const reply = answer(message.request);
    say({ kind: 'replies', replies: [[message.number, reply]] }, 'page' in reply ? [reply.page.bytes.buffer] : []);
  });
  say({ kind: 'ready' });
} catch (error) {
  say({ kind: 'failed-to-open', detail: error instanceof Error ? error.message : String(error) });
}
