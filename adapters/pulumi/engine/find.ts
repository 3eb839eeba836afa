import { accessSync, constants, readFileSync, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { runProgram } from '#adapters/programs/run-program.ts';
import type { FoundEngine } from './obtain-result.ts';

/** The oldest engine that is used: its Automation API hands events over a socket, and its `--exclude-protected` is what leaving needs. */
const oldest = [3, 206, 0] as const;
const suffix = process.platform === 'win32' ? '.exe' : '';
/** The Go module that pins the engine. */
export const moduleFolder = join(import.meta.dirname, '../../../tools/pulumi');

/** Version that the module pins, such as `3.259.0`. */
export function pinnedVersion(): string {
  const pinned = /github\.com\/pulumi\/pulumi\/pkg\/v3 v(\S+)/.exec(
    readFileSync(join(moduleFolder, 'go.mod'), 'utf8'),
  )?.[1];
  if (pinned === undefined) throw new Error(`${moduleFolder}/go.mod names no version of Pulumi`);
  return pinned;
}

/** Where the cache keeps the pinned version. */
export function cachedExecutable(cacheDir: string): string {
  return join(cacheDir, `pulumi-${pinnedVersion()}`, `pulumi${suffix}`);
}

/** The first `pulumi` on a PATH. */
export function executableOnPath(path: string): string | undefined {
  return path
    .split(delimiter)
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, `pulumi${suffix}`))
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

export type InspectResult = FoundEngine | { readonly ok: false; readonly problem: string };

/** Asks a program for its version; `problem` says why it is of no use. */
export async function inspect(executable: string, source: FoundEngine['source']): Promise<InspectResult> {
  if (!isExecutable(executable)) return { ok: false, problem: `${executable} is not an executable file` };
  const env = { ...process.env, PULUMI_SKIP_UPDATE_CHECK: 'true' };
  const answer = await runProgram(executable, ['version'], { timeoutMs: 30_000, env });
  if (!answer.ok) return { ok: false, problem: `${executable} version: ${answer.output || answer.reason}` };
  const version = /^v?(\d+\.\d+\.\d+)/m.exec(answer.output)?.[1];
  if (version === undefined) return { ok: false, problem: `${executable} does not say which version of Pulumi it is` };
  if (isOlder(version))
    return { ok: false, problem: `${executable} is Pulumi ${version}, at least ${oldest.join('.')} is needed` };
  return { ok: true, executable, source, version };
}

function isOlder(version: string): boolean {
  const parts = version.split('.').map(Number);
  const differs = oldest.findIndex((needed, index) => (parts[index] ?? 0) !== needed);
  return differs >= 0 && (parts[differs] ?? 0) < (oldest[differs] ?? 0);
}
