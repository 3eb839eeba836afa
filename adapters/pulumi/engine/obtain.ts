import { mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type FileLock, tryLock } from '#adapters/programs/lock.ts';
import type { Clock } from '#ports/clock.ts';
import { buildEngine } from './build.ts';
import { cachedExecutable, executableOnPath, inspect, isExecutable, pinnedVersion } from './find.ts';
import type { NotToBeHad, ObtainResult, OnProgress } from './obtain-result.ts';

export interface ObtainOptions {
  /** Kept between runs and shared by all of them, such as `~/.cache/tocsin`. */
  readonly cacheDir: string;
  /** Path of a program that is used instead of all others (`TOCSIN_PULUMI_CLI`). */
  readonly executable?: string;
  /** Where `pulumi` is looked for; the PATH of this process without it. */
  readonly path?: string;
  readonly clock: Clock;
  readonly onProgress: OnProgress;
  readonly signal?: AbortSignal;
  /** What Go is called: for tests. */
  readonly go?: string;
}

const remedy =
  "install Pulumi's command line (https://www.pulumi.com/docs/install/), or Go 1.26 with access to its module proxy, or set TOCSIN_PULUMI_CLI to the path of a `pulumi` program";

/** The program named in the settings, one on the PATH, or the one in the cache; nothing is built. */
export async function findEngine(
  options: Pick<ObtainOptions, 'cacheDir' | 'executable' | 'path'>,
): Promise<ObtainResult> {
  const { cacheDir, executable, path = process.env['PATH'] ?? '' } = options;
  // Somebody asked for this very program: running another one would hide his mistake.
  if (executable !== undefined) {
    const answer = await inspect(executable, 'setting');
    return answer.ok ? answer : notToBeHad(answer.problem, 'correct or remove TOCSIN_PULUMI_CLI');
  }
  const problems: string[] = [];
  const candidates = [
    { file: executableOnPath(path), source: 'path', absent: 'no `pulumi` on the PATH' },
    { file: cachedExecutable(cacheDir), source: 'cache', absent: `nothing in ${dirname(cachedExecutable(cacheDir))}` },
  ] as const;
  for (const { file, source, absent } of candidates) {
    if (file === undefined || !isExecutable(file)) {
      problems.push(absent);
      continue;
    }
    const answer = await inspect(file, source);
    if (answer.ok) return answer;
    problems.push(answer.problem);
  }
  return notToBeHad(problems.join('; '), remedy);
}

/** Finds the engine or builds it into the cache. Only one process builds at a time; the others wait for it. Never throws. */
export async function obtainEngine(options: ObtainOptions): Promise<ObtainResult> {
  const found = await findEngine(options);
  if (found.ok || options.executable !== undefined) return found;
  try {
    const lock = await waitForLock(options);
    if (lock === undefined) return notToBeHad('told to stop while another process was building it', remedy);
    try {
      // Whoever held the lock may have built it.
      const again = await findEngine(options);
      return again.ok ? again : await fill(options, again.detail);
    } finally {
      lock.release();
    }
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    return notToBeHad(`${found.detail}; the cache cannot be used: ${said}`, remedy);
  }
}

async function waitForLock({ cacheDir, clock, onProgress, signal }: ObtainOptions): Promise<FileLock | undefined> {
  const file = join(cacheDir, `pulumi-${pinnedVersion()}.lock`);
  for (let told = false; signal?.aborted !== true; told = true) {
    const lock = tryLock(file);
    if (lock !== undefined) return lock;
    if (!told) onProgress('another process is building the Pulumi engine; waiting for it');
    await clock.sleep(500, signal);
  }
  return undefined;
}

/** Works in a folder beside the target and renames at the end: a half-made program is never found. */
async function fill(options: ObtainOptions, absent: string): Promise<ObtainResult> {
  const { cacheDir, clock, onProgress, signal, go } = options;
  const target = cachedExecutable(cacheDir);
  mkdirSync(dirname(target), { recursive: true });
  const folder = mkdtempSync(join(cacheDir, 'pulumi-'));
  try {
    const built = await buildEngine({
      folder,
      version: pinnedVersion(),
      clock,
      onProgress,
      ...(go !== undefined && { go }),
      ...(signal && { signal }),
    });
    const checked = built.ok ? await inspect(built.executable, 'built') : built;
    if (!checked.ok) return notToBeHad(`${absent}; ${checked.problem}`, remedy);
    renameSync(checked.executable, target);
    onProgress(`the Pulumi engine ${checked.version} is in ${dirname(target)}`);
    return { ...checked, executable: target };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function notToBeHad(detail: string, what: string): NotToBeHad {
  return { ok: false, reason: 'not-to-be-had', detail, remedy: what };
}
