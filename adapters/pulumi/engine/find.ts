import { join } from 'node:path';
import { isExecutable, isOlder, pinnedIn } from '#adapters/programs/executables.ts';
import { cachedProgram, type WantedProgram } from '#adapters/programs/obtain-program.ts';
import { runProgram } from '#adapters/programs/run-program.ts';

/** The oldest engine that is used: its Automation API hands events over a socket, and its `--exclude-protected` is what leaving needs. */
const oldest = [3, 206, 0] as const;
/** The Go module that pins the engine. */
export const moduleFolder = join(import.meta.dirname, '../../../tools/pulumi');

/** Version that the module pins, such as `3.259.0`. */
export function pinnedVersion(): string {
  return pinnedIn(moduleFolder, 'github.com/pulumi/pulumi/pkg/v3');
}

/** Where the cache keeps the pinned version. */
export function cachedExecutable(cacheDir: string): string {
  return cachedProgram({ name: 'pulumi', version: pinnedVersion() }, cacheDir);
}

/** The engine, as something to look for and to get. @param env what it is run with */
export function wantedEngine(env: NodeJS.ProcessEnv): WantedProgram {
  return {
    ...{ what: 'the Pulumi engine', name: 'pulumi', setting: 'TOCSIN_PULUMI_CLI', version: pinnedVersion() },
    remedy:
      "install Pulumi's command line (https://www.pulumi.com/docs/install/), or Go 1.26 with access to its module proxy, or set TOCSIN_PULUMI_CLI to the path of a `pulumi` program",
    async inspect(executable, source) {
      if (!isExecutable(executable)) return { ok: false, problem: `${executable} is not an executable file` };
      const answer = await runProgram(executable, ['version'], {
        timeoutMs: 30_000,
        env: { ...env, PULUMI_SKIP_UPDATE_CHECK: 'true' },
      });
      if (!answer.ok) return { ok: false, problem: `${executable} version: ${answer.output || answer.reason}` };
      const version = /^v?(\d+\.\d+\.\d+)/m.exec(answer.output)?.[1];
      if (version === undefined)
        return { ok: false, problem: `${executable} does not say which version of Pulumi it is` };
      if (isOlder(version, oldest))
        return { ok: false, problem: `${executable} is Pulumi ${version}, at least ${oldest.join('.')} is needed` };
      return { ok: true, executable, source, version };
    },
  };
}
