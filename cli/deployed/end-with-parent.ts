import { isMainThread } from 'node:worker_threads';

// Loaded first by processes that are groups of their own, where no Ctrl-C and no end of a terminal comes: whoever started them ends them in order, and where
// that was killed nobody would.

/** Milliseconds between two looks. */
const everyMs = 500;
const startedBy = process.ppid;

if (isMainThread) {
  const looking = setInterval(() => {
    if (process.ppid === startedBy) return;
    clearInterval(looking);
    process.kill(process.pid, 'SIGTERM');
  }, everyMs).unref();
}
