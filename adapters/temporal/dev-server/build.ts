import { join } from 'node:path';
import { runProgram } from '#adapters/programs/run-program.ts';
import type { Clock } from '#ports/clock.ts';
import { moduleFolder } from './find.ts';
import type { OnProgress } from './obtain-result.ts';

export interface BuildOptions {
  /** An empty folder for the result. */
  readonly folder: string;
  readonly version: string;
  readonly clock: Pick<Clock, 'monotonic'>;
  /** The Go command; `go` on the PATH but in tests. */
  readonly go?: string;
  readonly signal?: AbortSignal;
  readonly onProgress: OnProgress;
}

export type BuildResult =
  | { readonly ok: true; readonly executable: string }
  | { readonly ok: false; readonly problem: string };

const command = 'github.com/temporalio/cli/cmd/temporal';
/** Measured: under four minutes on two cores; a slow and busy machine may take far longer. */
const longestMs = 60 * 60_000;
const tellEveryMs = 15_000;

/** Builds the command line from the Go module of ours, whose go.sum pins every byte; at low priority, because somebody is working on this machine. */
export async function buildTemporal(options: BuildOptions): Promise<BuildResult> {
  const { folder, version, clock, go = 'go', signal, onProgress } = options;
  const found = await runProgram(go, ['version'], { timeoutMs: 30_000, ...(signal && { signal }) });
  if (!found.ok)
    return { ok: false, problem: found.reason === 'missing' ? 'Go is not installed' : `go: ${found.output}` };
  onProgress('building the Temporal dev server with Go, about 3 minutes, once');
  let packages = 0;
  let told = clock.monotonic();
  const executable = join(folder, process.platform === 'win32' ? 'temporal.exe' : 'temporal');
  const stamp = `-s -w -X github.com/temporalio/cli/internal/temporalcli.Version=${version}`;
  const built = await runProgram(go, ['build', '-v', '-trimpath', '-ldflags', stamp, '-o', executable, command], {
    cwd: moduleFolder,
    env: { ...process.env, GOFLAGS: '-mod=readonly', GOWORK: 'off' },
    timeoutMs: longestMs,
    niceness: 10,
    ...(signal && { signal }),
    onLine(line) {
      // With -v, Go names each package that it compiles.
      if (!/^[\w.-]+(\/\S+)+$|^\w+$/.test(line)) return;
      packages += 1;
      if (clock.monotonic() - told < tellEveryMs) return;
      told = clock.monotonic();
      onProgress(`building the Temporal dev server: ${packages} packages so far`);
    },
  });
  if (built.ok) return { ok: true, executable };
  return { ok: false, problem: `go build: ${lastLines(built.output) || built.reason}` };
}

function lastLines(text: string): string {
  return text.split('\n').slice(-3).join('; ').slice(0, 500);
}
