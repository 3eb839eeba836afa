import { join } from 'node:path';
import { isExecutable, isOlder, pinnedIn } from '#adapters/programs/executables.ts';
import { cachedProgram, type WantedProgram } from '#adapters/programs/obtain-program.ts';
import { runProgram } from '#adapters/programs/run-program.ts';

/** The oldest server that has worker deployments (Temporal documentation, "Worker Versioning"). */
const oldestServer = [1, 29, 1] as const;
/** The Go module that pins the command line. */
export const moduleFolder = join(import.meta.dirname, '../../../tools/temporal');

/** Version of the command line that the module pins, such as `1.8.2`. */
export function pinnedVersion(): string {
  return pinnedIn(moduleFolder, 'github.com/temporalio/cli');
}

/** Where the cache keeps the pinned version. */
export function cachedExecutable(cacheDir: string): string {
  return cachedProgram({ name: 'temporal', version: pinnedVersion() }, cacheDir);
}

/** The command line, as something to look for and to get; the version that it tells is that of the server in it. @param env what it is run with */
export function wantedTemporal(env: NodeJS.ProcessEnv): WantedProgram {
  return {
    ...{ what: 'the Temporal dev server', name: 'temporal', setting: 'TOCSIN_TEMPORAL_CLI', version: pinnedVersion() },
    remedy:
      'install the Temporal command line (https://docs.temporal.io/cli), or Go 1.26 with access to its module proxy, or set TOCSIN_TEMPORAL_CLI to the path of a `temporal` program',
    async inspect(executable, source) {
      if (!isExecutable(executable)) return { ok: false, problem: `${executable} is not an executable file` };
      const answer = await runProgram(executable, ['--version'], { timeoutMs: 30_000, env });
      if (!answer.ok) return { ok: false, problem: `${executable} --version: ${answer.output || answer.reason}` };
      const version = /\bServer (\d+\.\d+\.\d+)/.exec(answer.output)?.[1];
      if (version === undefined) return { ok: false, problem: `${executable} is no Temporal command line` };
      if (isOlder(version, oldestServer)) {
        const needed = oldestServer.join('.');
        return { ok: false, problem: `${executable} holds Temporal ${version}, at least ${needed} is needed` };
      }
      return { ok: true, executable, source, version };
    },
  };
}
