import { join } from 'node:path';
import type { FoundProgram, NotToBeHad, ObtainResult, OnProgress } from '#adapters/programs/found.ts';
import type { Clock } from '#ports/clock.ts';
import type { TemporalLog } from '../log.ts';
import { findTemporal, obtainTemporal } from './obtain.ts';
import { createSupervisor, type RunningServer } from './supervisor.ts';

export interface DevServerOptions {
  /** Kept between runs and shared by all of them, such as `~/.cache/tocsin`: holds the program. */
  readonly cacheDir: string;
  /** What programs are run with. */
  readonly env: NodeJS.ProcessEnv;
  /** Holds `temporal/`: database, lock and address. All processes with the same folder share one server. */
  readonly stateDir: string;
  /** Path of a `temporal` program that is used instead of all others. */
  readonly executable?: string;
  readonly namespace: string;
  /** 0: any free port, the one of the last run if that is free. */
  readonly ports: { readonly grpc: number; readonly ui: number };
  /** Address of the codec endpoint that the UI in a browser asks. */
  readonly codecEndpoint?: string;
  /** Name and type (`Keyword`, `Datetime`, ...). */
  readonly searchAttributes: Readonly<Record<string, string>>;
  readonly clock: Clock;
  readonly log: TemporalLog;
  readonly onProgress: OnProgress;
  /** Told of every change. */
  readonly onState?: (state: DevServerState) => void;
}

export type DevServerState =
  | { readonly state: 'stopped' }
  | { readonly state: 'obtaining' }
  | { readonly state: 'not-to-be-had'; readonly detail: string; readonly remedy: string }
  | { readonly state: 'starting' | 'restarting'; readonly detail: string }
  | ({ readonly state: 'running' } & RunningServer);

/** `fails`: the program is there but its server does not come up; it is tried again and again until `stop`. */
export type StartResult =
  | ({ readonly ok: true } & RunningServer)
  | NotToBeHad
  | { readonly ok: false; readonly reason: 'fails'; readonly detail: string }
  | { readonly ok: false; readonly reason: 'stopped' };

/** Temporal's dev server for one machine, with its state in a file. */
export interface DevServer {
  /** Finds the program; nothing is fetched. */
  find(): Promise<ObtainResult>;
  /** Finds the program or gets it: seconds with internet, minutes with Go, once. */
  obtain(): Promise<ObtainResult>;
  /**
   * Obtains the program, runs the server and keeps it running: when it dies it is started again on the same ports. Where another process on the same
   * `stateDir` runs it already, that one is used, and run here once the other process is gone. Resolves when it serves, or cannot.
   */
  start(): Promise<StartResult>;
  state(): DevServerState;
  /** Stops what this process started; waits for its end. */
  stop(): Promise<void>;
}

export function createDevServer(options: DevServerOptions): DevServer {
  const { cacheDir, env, stateDir, executable, clock, onProgress, onState } = options;
  let state: DevServerState = { state: 'stopped' };
  let started: Promise<StartResult> | undefined;
  let running: Promise<void> | undefined;
  let stopping = new AbortController();

  const set = (next: DevServerState) => {
    state = next;
    onState?.(next);
  };
  const obtaining = { cacheDir, env, ...(executable !== undefined && { executable }) };
  const obtain = () => obtainTemporal({ ...obtaining, clock, onProgress, signal: stopping.signal });

  const start = async (signal: AbortSignal): Promise<StartResult> => {
    set({ state: 'obtaining' });
    const program = await obtain();
    if (signal.aborted) return { ok: false, reason: 'stopped' };
    if (!program.ok) {
      set({ state: 'not-to-be-had', detail: program.detail, remedy: program.remedy });
      return program;
    }
    return await new Promise<StartResult>((resolve) => {
      running = supervise(program, signal, resolve);
    });
  };

  const supervise = (program: FoundProgram, signal: AbortSignal, resolve: (result: StartResult) => void) => {
    set({ state: 'starting', detail: `Temporal ${program.version} (${program.executable})` });
    const supervisor = createSupervisor({
      ...options,
      program,
      folder: join(stateDir, 'temporal'),
      onRunning(server) {
        set({ state: 'running', ...server });
        resolve({ ok: true, ...server });
      },
      onDown: (detail) => set({ state: 'restarting', detail }),
      onFailing: (detail) => resolve({ ok: false, reason: 'fails', detail }),
    });
    return supervisor.run(signal).finally(() => resolve({ ok: false, reason: 'stopped' }));
  };

  return {
    find: () => findTemporal(obtaining),
    obtain,
    start() {
      started ??= start(stopping.signal);
      return started;
    },
    state: () => state,
    async stop() {
      stopping.abort();
      await started?.catch(() => undefined);
      await running;
      stopping = new AbortController();
      [started, running] = [undefined, undefined];
      set({ state: 'stopped' });
    },
  };
}
