import type { Worker } from 'node:worker_threads';
import { bounded } from '#cli/roles/bounded.ts';

/** Milliseconds that threads are given to end by themselves or by force. */
const threadsMs = 2_000;

const threads = new Set<Worker>();
process.on('worker', (worker) => {
  threads.add(worker);
  worker.once('exit', () => threads.delete(worker));
});

/** Ends this process with an exit code when its threads have ended, and without them where one does not. */
export async function endProcess(code: number): Promise<never> {
  await bounded(Promise.all([...threads].map((thread) => thread.terminate())), threadsMs);
  return endAtOnce(code);
}

/**
 * Ends this process without waiting for anything. `process.exit` joins every thread first, and a thread whose event loop cannot be cleaned up (a handle that
 * does not close, a call to the system that does not return) then keeps the whole process for ever, deaf to SIGTERM (Node 24.21; seen once, at a
 * start that was refused). Where threads are left, another program that ends with the code takes the place of this one: the system ends the threads.
 */
export function endAtOnce(code: number): never {
  if (threads.size > 0 && process.execve !== undefined) {
    process.emit('exit', code);
    process.execve(process.execPath, [process.execPath, '--eval', `process.exit(${code})`], {});
  }
  return process.exit(code);
}
