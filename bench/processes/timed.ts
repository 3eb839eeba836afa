/** How long something took. */
export interface Timed {
  readonly seconds: number;
  /** Of all threads of the process. */
  readonly cpuSeconds: number;
}

/** Begins to time; what it returns ends it. Rubbish of earlier rounds is swept first where the process was started with `--expose-gc`. */
export function startTimer(): () => Timed {
  globalThis.gc?.();
  const cpu = process.cpuUsage();
  const started = performance.now();
  return () => {
    const seconds = (performance.now() - started) / 1000;
    const { user, system } = process.cpuUsage(cpu);
    return { seconds, cpuSeconds: (user + system) / 1e6 };
  };
}
