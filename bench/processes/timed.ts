/** How long something took. */
export interface Timed {
  readonly seconds: number;
  /** Of all threads of the process. */
  readonly cpuSeconds: number;
}

/** Sweeps up what earlier rounds left, where the process was started with `--expose-gc`. */
export function sweep(): void {
  globalThis.gc?.();
}

/** Begins to time; what it returns ends it. */
export function startTimer(): () => Timed {
  const cpu = process.cpuUsage();
  const started = performance.now();
  return () => {
    const seconds = (performance.now() - started) / 1000;
    const { user, system } = process.cpuUsage(cpu);
    return { seconds, cpuSeconds: (user + system) / 1e6 };
  };
}

/** How long so many events took. */
export interface TimedEvents extends Timed {
  readonly events: number;
}

/**
 * Times the last nine tenths of a number of events. The first tenth passes before: connecting, loading code and letting the engine learn it are no part of
 * what is compared, and of a service that runs for months they are nothing.
 */
export function createTimedEvents(count: number): {
  /** To be told how many have passed by now, however often. */
  passed(events: number): void;
  /** Resolves when all have. */
  readonly all: Promise<TimedEvents>;
} {
  const all = Promise.withResolvers<TimedEvents>();
  let began: { readonly at: number; readonly ended: () => Timed } | undefined;
  return {
    passed(events) {
      if (began === undefined && events >= count / 10) began = { at: events, ended: startTimer() };
      if (began !== undefined && events >= count) all.resolve({ ...began.ended(), events: events - began.at });
    },
    all: all.promise,
  };
}
