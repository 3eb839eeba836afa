/** Counts commits and wakes those who wait for the next one. */
export interface Changes {
  /** Grows with every commit; compare it with what it was before reading. */
  version(): number;
  notify(): void;
  listen(listener: () => void): () => void;
  /** Resolves once the version differs from `seen`, or when `signal` is aborted. */
  waitFor(seen: number, signal: AbortSignal): Promise<void>;
}

/** @param onWatched told when the first listener comes and when the last one goes */
export function createChanges(onWatched: (watched: boolean) => void): Changes {
  const listeners = new Set<() => void>();
  let version = 0;

  function listen(listener: () => void): () => void {
    // Wrapped, so that the same function may listen twice.
    const entry = (): void => listener();
    listeners.add(entry);
    if (listeners.size === 1) onWatched(true);
    return () => {
      if (listeners.delete(entry) && listeners.size === 0) onWatched(false);
    };
  }

  return {
    version: () => version,
    notify() {
      version++;
      for (const listener of [...listeners]) listener();
    },
    listen,
    async waitFor(seen, signal) {
      if (version !== seen || signal.aborted) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      const wake = (): void => resolve();
      const stop = listen(wake);
      signal.addEventListener('abort', wake, { once: true });
      await promise;
      signal.removeEventListener('abort', wake);
      stop();
    },
  };
}
