import { linkSignals } from '#kernel/linked-signal.ts';
import type { Clock } from '#ports/clock.ts';

/**
 * Takes items one by one, but gives up waiting after a while: what was being waited for is then handed out next time. Without `ms` it waits for
 * the item alone.
 */
export function nextOrTimeout<T>(
  items: AsyncIterator<T>,
  clock: Clock,
): (ms: number | undefined, signal: AbortSignal) => Promise<IteratorResult<T> | 'timeout'> {
  let waiting: Promise<IteratorResult<T>> | undefined;
  return async (ms, signal) => {
    waiting ??= items.next();
    if (ms !== undefined) {
      const ending = linkSignals(signal);
      const timeout = clock.sleep(ms, ending.signal).then((): 'timeout' => 'timeout');
      try {
        if ((await Promise.race([waiting, timeout])) === 'timeout') return 'timeout';
      } finally {
        ending.abort();
      }
    }
    const result = await waiting;
    waiting = undefined;
    return result;
  };
}
