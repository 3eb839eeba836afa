import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { createFileGuard } from '#adapters/sqlite/file-guard.ts';
import { createGroupCommit } from '#adapters/sqlite/group-commit.ts';
import type { FromWorker, LogFile, ToWorker, WriteReply, WriteRequest } from '#adapters/sqlite/messages.ts';
import { createRecentIds } from '#adapters/sqlite/recent-ids.ts';
import { openLogFile } from '#adapters/sqlite/schema.ts';
import { createTurnstile } from '#adapters/sqlite/turnstile.ts';
import { createWriter } from '#adapters/sqlite/writer.ts';

/** Thread that writes: all requests that are waiting when it is free share one commit. */

/** More than this in one transaction would make the first wait for the last. */
const mostEvents = 4_000;

if (parentPort === null) throw new Error('this file is the body of a thread');
const port = parentPort;
const say = (message: FromWorker<WriteReply>): void => port.postMessage(message);

try {
  const { file, lockTimeoutMs } = workerData as LogFile;
  const db = openLogFile(file, 'write');
  const turnstile = createTurnstile(file, lockTimeoutMs);
  const guard = createFileGuard(file);
  const recent = createRecentIds();
  const commit = createGroupCommit(db, createWriter(db, recent), recent, turnstile, guard);
  port.on('message', (first: ToWorker<WriteRequest>) => {
    let message: ToWorker<WriteRequest> | undefined = first;
    while (message !== undefined) {
      const numbers: number[] = [];
      const requests: WriteRequest[] = [];
      let events = 0;
      while (message?.kind === 'request' && events < mostEvents) {
        numbers.push(message.number);
        requests.push(message.request);
        events += message.request.kind === 'append' ? message.request.events.ids.length : 1;
        message = receiveMessageOnPort(port)?.message;
      }
      if (requests.length > 0) {
        const replies = commit(requests);
        say({ kind: 'replies', replies: numbers.map((number, i) => [number, replies[i] as WriteReply]) });
        turnstile.leave();
      }
      if (message?.kind === 'close') {
        db.close();
        port.close();
        return;
      }
    }
  });
  say({ kind: 'ready' });
} catch (error) {
  say({ kind: 'failed-to-open', detail: error instanceof Error ? error.message : String(error) });
}
