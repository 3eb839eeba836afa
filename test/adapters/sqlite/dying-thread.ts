import { parentPort } from 'node:worker_threads';
import type { FromWorker, ToWorker } from '#adapters/sqlite/messages.ts';

/** A thread that answers every request with its text, and dies of the text `die`. */
const say = (message: FromWorker<string>): void => parentPort?.postMessage(message);
parentPort?.on('message', (message: ToWorker<string>) => {
  if (message.kind === 'close') return parentPort?.close();
  if (message.request === 'die') process.exit(1);
  say({ kind: 'replies', replies: [[message.number, message.request]] });
});
say({ kind: 'ready' });
