import { fork } from 'node:child_process';
import { join } from 'node:path';
import type { Room } from '#bench/room.ts';

/** What a process can be asked to do; arguments and answers are JSON. */
export type Jobs = Readonly<Record<string, (args: never) => unknown>>;

/** A process of its own that does one job after the other, so that nothing else shares its event loop and its memory. */
export interface Helper<J extends Jobs> {
  ask<K extends keyof J & string>(job: K, args: Parameters<J[K]>[0]): Promise<Awaited<ReturnType<J[K]>>>;
}

interface Asked {
  readonly number: number;
  readonly job: string;
  readonly args: unknown;
}

interface Answered {
  readonly number: number;
  readonly value?: unknown;
  readonly error?: string;
}

/** Longest time that a job may take, milliseconds: a figure that hangs must not hang everything. */
const jobMs = 120_000;

/** Starts `main.ts --process NAME`; ended together with the room. */
export function startHelper<J extends Jobs>(room: Room, name: string, execArgv: readonly string[] = []): Helper<J> {
  const child = fork(join(import.meta.dirname, 'main.ts'), ['--process', name], { execArgv: [...execArgv] });
  const pending = new Map<number, PromiseWithResolvers<unknown>>();
  let next = 0;
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.on('message', (message) => {
    const { number, value, error } = message as Answered;
    const asked = pending.get(number);
    pending.delete(number);
    if (error === undefined) asked?.resolve(value);
    else asked?.reject(new Error(`${name}: ${error}`));
  });
  child.once('exit', (code, signal) => {
    for (const { reject } of pending.values()) reject(new Error(`${name} ended (${code ?? signal})`));
    pending.clear();
  });
  room.defer(async () => {
    if (child.connected) child.disconnect();
    const late = setTimeout(() => child.kill('SIGKILL'), 3000);
    await gone;
    clearTimeout(late);
  });
  return {
    async ask(job, args) {
      const number = next++;
      const asked = Promise.withResolvers<unknown>();
      pending.set(number, asked);
      child.send({ number, job, args } satisfies Asked);
      const late = setTimeout(() => asked.reject(new Error(`${name}: no answer to ${job}`)), jobMs);
      try {
        return (await asked.promise) as never;
      } finally {
        clearTimeout(late);
        pending.delete(number);
      }
    },
  };
}

/** The other side of {@link startHelper}: does what is asked until the process that asks is gone. */
export function answerJobs(jobs: Jobs): void {
  process.once('disconnect', () => process.exit());
  process.on('message', (message) => {
    const { number, job, args } = message as Asked;
    const work = jobs[job] as ((args: unknown) => unknown) | undefined;
    const done = async () => {
      if (work === undefined) throw new Error(`there is no job ${job}`);
      return await work(args);
    };
    done().then(
      (value) => process.send?.({ number, value } satisfies Answered),
      (error: unknown) =>
        process.send?.({
          number,
          error: error instanceof Error ? (error.stack ?? error.message) : String(error),
        } satisfies Answered),
    );
  });
}
