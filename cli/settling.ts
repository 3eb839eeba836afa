import { flushCompileCache } from 'node:module';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/**
 * Lets the heap of every thread grow to four times what is alive before all of it is collected. V8 goes as far by itself only when it collects all the time; at a
 * hundred calls a second it collected everything every five seconds, and the calls of that moment came a tenth of a second later. Most of what is collected belongs
 * to appends that are long over: a stream of HTTP/2 keeps it until then. It holds for threads that are started later, and for those that are there from their next
 * collection on. At full load, when V8 goes that far anyway, memory is hardly more (`npm run bench -- memory`).
 */
export function collectSeldom(): void {
  setFlagsFromString('--heap-growing-percent=300');
}

/**
 * What a thread does once its part has started, before it says so and anybody waits for it: up to some tenths of a second the first time, later less than one.
 *
 * It keeps what V8 compiled. At its end a process does this by itself, but not when it is killed, and the start after that is the one that has to be quick.
 *
 * It collects the garbage of starting. Otherwise V8 does so in the middle of the first messages, with both cores busy, and a first call waits for it. A context made
 * while the flag is set is the only way to the collector for a program that was not started with it (Node.js, "v8.setFlagsFromString(flags)"). Contexts made later,
 * those of workflows, must not see it; should two threads settle at the same moment, one of them may find it gone, and leaves collecting to V8.
 */
export function settleThread(): void {
  flushCompileCache();
  setFlagsFromString('--expose-gc');
  const collect: unknown = runInNewContext('globalThis.gc');
  setFlagsFromString('--no-expose-gc');
  if (typeof collect === 'function') collect();
}
