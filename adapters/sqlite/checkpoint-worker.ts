import { parentPort, workerData } from 'node:worker_threads';
import { createFileGuard } from '#adapters/sqlite/file-guard.ts';
import type { FromWorker, LogFile, ToWorker } from '#adapters/sqlite/messages.ts';
import { openLogFile } from '#adapters/sqlite/schema.ts';

/**
 * Thread that moves what was committed from the write-ahead log to its place. Done by the writing thread, as SQLite does by default, it would
 * hold up an append for as long as the disk needs for some megabytes; passively, beside it, it holds up nobody.
 */

if (parentPort === null) throw new Error('this file is the body of a thread');
const port = parentPort;
const say = (message: FromWorker<null>): void => port.postMessage(message);

try {
  const { file } = workerData as LogFile;
  const db = openLogFile(file, 'checkpoint');
  const guard = createFileGuard(file);
  const checkpoint = db.prepare('PRAGMA wal_checkpoint(PASSIVE)');
  port.on('message', (message: ToWorker<null>) => {
    if (message.kind === 'close') {
      db.close();
      port.close();
      return;
    }
    try {
      guard();
      checkpoint.get();
    } catch {
      // Nothing is lost: the next one, or in the end the writing thread, does the work.
    }
    say({ kind: 'replies', replies: [[message.number, null]] });
  });
  say({ kind: 'ready' });
} catch (error) {
  say({ kind: 'failed-to-open', detail: error instanceof Error ? error.message : String(error) });
}
