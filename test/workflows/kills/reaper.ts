import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheDir } from '#test/adapters/temporal/start-temporal.ts';
import type { Doom } from '#test/workflows/kills/doomed-worker.ts';
import type { KillPoint } from '#test/workflows/kills/kill-points.ts';
import type { Places } from '#test/workflows/kills/tenant.ts';

const program = fileURLToPath(new URL('doomed-worker.ts', import.meta.url));
/** The module within workflows. */
const interceptors = fileURLToPath(new URL('soon-noticed.ts', import.meta.url));

/** Runs one worker after the other: each dies where the first of the points that are armed is reached, and the next begins. */
export interface Reaper {
  /** Workers die there from now on, each point once. @param when what the call has to speak of */
  arm(points: readonly KillPoint[], when?: string): void;
  /** Points that are armed and were not reached yet. */
  left(): readonly KillPoint[];
  /** Where workers died, in order. */
  deaths(): readonly KillPoint[];
  /** Called when one has died, before the next begins. */
  onDeath: (point: KillPoint) => Promise<void>;
  /** Why a worker ended otherwise: then no other begins. */
  failures(): readonly string[];
  stop(): Promise<void>;
}

export function startReaper(places: Places, folder: string): Reaper {
  const deathsFile = join(folder, 'deaths');
  const armed = new Map<KillPoint, { readonly when?: string }>();
  const deaths: KillPoint[] = [];
  const failures: string[] = [];
  let stopped = false;
  let present: ChildProcess | undefined;
  let spare: ReturnType<typeof prepare> | undefined;

  /** The next one is ready when this one dies. */
  const haveSpare = () => {
    if (armed.size > 0) spare ??= prepare();
  };
  const doomNow = (): Doom => ({ armed: Object.fromEntries(armed) });

  async function run(): Promise<void> {
    while (!stopped) {
      const child = spare ?? prepare();
      spare = undefined;
      await child.ready;
      if (stopped) {
        child.process.kill('SIGKILL');
        await child.ended;
        return;
      }
      if (!child.process.connected) {
        failures.push(child.said());
        break;
      }
      present = child.process;
      const work = { places, cacheDir, deathsFile, interceptors };
      present.send({ ...doomNow(), work } satisfies Doom);
      haveSpare();
      await child.ended;
      present = undefined;
      if (stopped) break;
      const died = existsSync(deathsFile) ? (readFileSync(deathsFile, 'utf8').trim().split('\n') as KillPoint[]) : [];
      const [point] = died.slice(deaths.length);
      if (point === undefined) {
        failures.push(child.said());
        break;
      }
      deaths.push(point);
      armed.delete(point);
      await reaper.onDeath(point);
    }
    spare?.process.kill('SIGKILL');
    await spare?.ended;
  }

  const reaper: Reaper = {
    arm(points, when) {
      for (const point of points) armed.set(point, when === undefined ? {} : { when });
      if (present === undefined) return;
      present.send(doomNow());
      haveSpare();
    },
    left: () => [...armed.keys()],
    deaths: () => deaths,
    onDeath: async () => undefined,
    failures: () => failures,
    async stop() {
      stopped = true;
      present?.kill('SIGKILL');
      await running;
    },
  };
  const running = run();
  return reaper;
}

/** A worker's process that has loaded all that it needs. */
function prepare() {
  const child = fork(program, {
    execArgv: [],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    env: { ...process.env, NODE_COMPILE_CACHE: join(cacheDir, 'compiled') },
  });
  let said = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  const ended = once(child, 'exit').then(([code, signal]) => {
    said += `\nended with ${code ?? signal}`;
  });
  return { process: child, ended, said: () => said, ready: Promise.race([once(child, 'message'), ended]) };
}
