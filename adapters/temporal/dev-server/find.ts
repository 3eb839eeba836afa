import { accessSync, constants, readFileSync, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { runProgram } from '#adapters/programs/run-program.ts';
import type { FoundServer } from './obtain-result.ts';

/** The oldest server that has worker deployments (Temporal documentation, "Worker Versioning"). */
const oldestServer = [1, 29, 1] as const;
const suffix = process.platform === 'win32' ? '.exe' : '';
/** The Go module that pins the command line. */
export const moduleFolder = join(import.meta.dirname, '../../../tools/temporal');

/** Version of the command line that the module pins, such as `1.8.2`. */
export function pinnedVersion(): string {
  const pinned = /temporalio\/cli v(\S+)/.exec(readFileSync(join(moduleFolder, 'go.mod'), 'utf8'))?.[1];
  if (pinned === undefined) throw new Error(`${moduleFolder}/go.mod names no version of the Temporal command line`);
  return pinned;
}

/** Where the cache keeps the pinned version. */
export function cachedExecutable(cacheDir: string): string {
  return join(cacheDir, `temporal-${pinnedVersion()}`, `temporal${suffix}`);
}

/** The first `temporal` on a PATH. */
export function executableOnPath(path: string): string | undefined {
  return path
    .split(delimiter)
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, `temporal${suffix}`))
    .find(isExecutable);
}

export function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

export type InspectResult = FoundServer | { readonly ok: false; readonly problem: string };

/** Asks a program for its version; `problem` says why it is of no use. */
export async function inspect(executable: string, source: FoundServer['source']): Promise<InspectResult> {
  if (!isExecutable(executable)) return { ok: false, problem: `${executable} is not an executable file` };
  const answer = await runProgram(executable, ['--version'], { timeoutMs: 30_000 });
  if (!answer.ok) return { ok: false, problem: `${executable} --version: ${answer.output || answer.reason}` };
  const version = /\bServer (\d+\.\d+\.\d+)/.exec(answer.output)?.[1];
  if (version === undefined) return { ok: false, problem: `${executable} is no Temporal command line` };
  if (isOlder(version)) {
    const needed = oldestServer.join('.');
    return { ok: false, problem: `${executable} holds Temporal ${version}, at least ${needed} is needed` };
  }
  return { ok: true, executable, source, version };
}

function isOlder(version: string): boolean {
  const parts = version.split('.').map(Number);
  const differs = oldestServer.findIndex((needed, index) => (parts[index] ?? 0) !== needed);
  return differs >= 0 && (parts[differs] ?? 0) < (oldestServer[differs] ?? 0);
}
