import type { EventLog } from '#ports/event-log.ts';

/** A process as the log sees it: once dead it writes nothing, and nobody there hears of what it wrote last. */
export interface Mortal {
  readonly log: EventLog;
  /** Ends what runs in it. */
  readonly signal: AbortSignal;
  isDead(): boolean;
  die(): void;
  /** Dies at the next append to one of these streams, before or after it is written. */
  dieAtAppend(streams: readonly string[], when: 'before' | 'after'): void;
}

/** @param onDeath told once */
export function createMortal(log: EventLog, onDeath: () => void): Mortal {
  const ending = new AbortController();
  const never = new Promise<never>(() => undefined);
  let armed: { readonly streams: readonly string[]; readonly when: 'before' | 'after' } | undefined;
  const die = () => {
    if (ending.signal.aborted) return;
    ending.abort();
    onDeath();
  };
  return {
    ...{ signal: ending.signal, isDead: () => ending.signal.aborted, die },
    dieAtAppend(streams, when) {
      armed = { streams, when };
    },
    log: {
      ...log,
      async append(stream, expected, events, options) {
        if (ending.signal.aborted) return never;
        const dies = armed?.streams.some((prefix) => stream.startsWith(prefix)) === true;
        if (!dies) return log.append(stream, expected, events, options);
        if (armed?.when === 'after') await log.append(stream, expected, events, options);
        die();
        return never;
      },
    },
  };
}
