/**
 * Runs a call of a vendor's client that must end. The race is needed besides the signal: credentials and some steps of the clients do not look at
 * signals, and their own limits are minutes. Measured by the machine's own timer: the network does not wait for a simulated clock.
 * @throws an error named `TimeoutError` or `AbortError`, or what the call throws
 */
export async function within<T>(
  timeoutMs: number,
  closed: AbortSignal,
  call: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const over = new AbortController();
  const end = Promise.withResolvers<never>();
  const stop = (name: string, message: string) => {
    end.reject(Object.assign(new Error(message), { name }));
    over.abort();
  };
  const onClosed = () => stop('AbortError', 'the key store is closed');
  if (closed.aborted) onClosed();
  closed.addEventListener('abort', onClosed, { once: true });
  const timeout = setTimeout(() => stop('TimeoutError', `no answer within ${timeoutMs} ms`), timeoutMs);
  try {
    return await Promise.race([end.promise, call(over.signal)]);
  } finally {
    clearTimeout(timeout);
    closed.removeEventListener('abort', onClosed);
  }
}
