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

const command = 'github.com/pulumi/pulumi/pkg/v3/cmd/pulumi';
/** Measured: over five minutes on two cores; a slow and busy machine may take far longer. */
const longestMs = 60 * 60_000;
const tellEveryMs = 15_000;

/** Builds the engine from the Go module of ours, whose go.sum pins every byte; at low priority, because somebody is working on this machine. */
export async function buildEngine(options: BuildOptions): Promise<BuildResult> {
  const { folder, version, clock, go = 'go', signal, onProgress } = options;
  const found = await runProgram(go, ['version'], { timeoutMs: 30_000, ...(signal && { signal }) });
  if (!found.ok)
    return { ok: false, problem: found.reason === 'missing' ? 'Go is not installed' : `go: ${found.output}` };
  onProgress('building the Pulumi engine with Go, about 6 minutes and 2.5 GB of memory, once');
  let packages = 0;
  let told = clock.monotonic();
  const executable = join(folder, process.platform === 'win32' ? 'pulumi.exe' : 'pulumi');
  // Without its version the Automation API refuses it.
  const stamp = `-s -w -X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v${version}`;
  const built = await runProgram(go, ['build', '-v', '-trimpath', '-ldflags', stamp, '-o', executable, command], {
    cwd: moduleFolder,
    env: { ...process.env, CGO_ENABLED: '0', GOFLAGS: '-mod=readonly', GOWORK: 'off' },
    timeoutMs: longestMs,
    niceness: 10,
    ...(signal && { signal }),
    onLine(line) {
      // With -v, Go names each package that it compiles.
      if (!/^[\w.-]+(\/\S+)+$|^\w+$/.test(line)) return;
      packages += 1;
      if (clock.monotonic() - told < tellEveryMs) return;
      told = clock.monotonic();
      onProgress(`building the Pulumi engine: ${packages} packages so far`);
    },
  });
  if (built.ok) return { ok: true, executable };
  return {
    ok: false,
    problem: `go build: ${built.output.split('\n').slice(-3).join('; ').slice(0, 500) || built.reason}`,
  };
}
