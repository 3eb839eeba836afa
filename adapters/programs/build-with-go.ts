import { join } from 'node:path';
import type { Clock } from '#ports/clock.ts';
import { fileOf } from './executables.ts';
import type { OfNoUse, OnProgress } from './found.ts';
import { runProgram } from './run-program.ts';

/** What is built, from a Go module of ours whose go.sum pins every byte. */
export interface GoProgram {
  /** For people, such as `the Pulumi engine`. */
  readonly what: string;
  /** How long it takes, measured on two cores. */
  readonly takes: string;
  /** Its file, without a suffix. */
  readonly name: string;
  /** Path of its main package. */
  readonly main: string;
  /** Holds go.mod. */
  readonly moduleFolder: string;
  /** Full name of the variable that holds its version, and the value. */
  readonly stamp: string;
  readonly env?: Readonly<Record<string, string>>;
}

export interface GoBuildOptions {
  /** An empty folder for the result. */
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
  readonly clock: Pick<Clock, 'monotonic'>;
  /** The Go command; `go` on the PATH but in tests. */
  readonly go?: string;
  readonly signal?: AbortSignal;
  readonly onProgress: OnProgress;
}

/** A slow and busy machine may take far longer than was measured. */
const longestMs = 60 * 60_000;
const tellEveryMs = 15_000;

/** Builds at low priority, because somebody is working on this machine. */
export async function buildWithGo(
  program: GoProgram,
  options: GoBuildOptions,
): Promise<{ readonly ok: true; readonly executable: string } | OfNoUse> {
  const { what, takes, name, main, moduleFolder, stamp } = program;
  const { folder, clock, go = 'go', signal, onProgress } = options;
  const ending = signal && { signal };
  const found = await runProgram(go, ['version'], { timeoutMs: 30_000, env: options.env, ...ending });
  if (!found.ok)
    return { ok: false, problem: found.reason === 'missing' ? 'Go is not installed' : `go: ${found.output}` };
  onProgress(`building ${what} with Go, ${takes}, once`);
  let packages = 0;
  let told = clock.monotonic();
  const executable = join(folder, fileOf(name));
  const flags = ['-v', '-trimpath', '-ldflags', `-s -w -X ${stamp}`];
  const built = await runProgram(go, ['build', ...flags, '-o', executable, main], {
    cwd: moduleFolder,
    env: { ...options.env, ...program.env, GOFLAGS: '-mod=readonly', GOWORK: 'off' },
    timeoutMs: longestMs,
    niceness: 10,
    ...ending,
    onLine(line) {
      // With -v, Go names each package that it compiles.
      if (!/^[\w.-]+(\/\S+)+$|^\w+$/.test(line)) return;
      packages += 1;
      if (clock.monotonic() - told < tellEveryMs) return;
      told = clock.monotonic();
      onProgress(`building ${what}: ${packages} packages so far`);
    },
  });
  if (built.ok) return { ok: true, executable };
  const last = built.output.split('\n').slice(-3).join('; ').slice(0, 500);
  return { ok: false, problem: `go build: ${last || built.reason}` };
}
