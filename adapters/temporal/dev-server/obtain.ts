import { mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type FileLock, tryLock } from '#adapters/programs/lock.ts';
import type { Clock } from '#ports/clock.ts';
import { messageOf } from '../log.ts';
import { buildTemporal } from './build.ts';
import { downloadTemporal } from './download.ts';
import { cachedExecutable, executableOnPath, inspect, isExecutable, pinnedVersion } from './find.ts';
import type { NotToBeHad, ObtainResult, OnProgress } from './obtain-result.ts';

export interface ObtainOptions {
  /** Kept between runs and shared by all of them, such as `~/.cache/tocsin`. */
  readonly cacheDir: string;
  /** Path of a program that is used instead of all others (`TOCSIN_TEMPORAL_CLI`). */
  readonly executable?: string;
  /** Where `temporal` is looked for; the PATH of this process without it. */
  readonly path?: string;
  readonly clock: Clock;
  readonly onProgress: OnProgress;
  readonly signal?: AbortSignal;
  /** Where to download from and what Go is called: for tests. */
  readonly downloadBase?: string;
  readonly go?: string;
}

const remedy =
  'install the Temporal command line (https://docs.temporal.io/cli), or Go 1.26 with access to its module proxy, or set TOCSIN_TEMPORAL_CLI to the path of a `temporal` program';

/** The program named in the settings, one on the PATH, or the one in the cache; nothing is fetched. */
export async function findTemporal(
  options: Pick<ObtainOptions, 'cacheDir' | 'executable' | 'path'>,
): Promise<ObtainResult> {
  const { cacheDir, executable, path = process.env['PATH'] ?? '' } = options;
  // Somebody asked for this very program: running another one would hide his mistake.
  if (executable !== undefined) {
    const answer = await inspect(executable, 'setting');
    return answer.ok ? answer : notToBeHad(answer.problem, 'correct or remove TOCSIN_TEMPORAL_CLI');
  }
  const problems: string[] = [];
  const candidates = [
    { file: executableOnPath(path), source: 'path', absent: 'no `temporal` on the PATH' },
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

/**
 * Finds the Temporal command line or gets it into the cache: downloaded where there is internet, else built with Go. Only one process does so at a time;
 * the others wait for it. Never throws.
 */
export async function obtainTemporal(options: ObtainOptions): Promise<ObtainResult> {
  const found = await findTemporal(options);
  if (found.ok || options.executable !== undefined) return found;
  try {
    const lock = await waitForLock(options);
    if (lock === undefined) return notToBeHad('told to stop while another process was getting it', remedy);
    try {
      // Whoever held the lock may have got it.
      const again = await findTemporal(options);
      return again.ok ? again : await fill(options, again.detail);
    } finally {
      lock.release();
    }
  } catch (error) {
    return notToBeHad(`${found.detail}; the cache cannot be used: ${messageOf(error)}`, remedy);
  }
}

async function waitForLock({ cacheDir, clock, onProgress, signal }: ObtainOptions): Promise<FileLock | undefined> {
  const file = join(cacheDir, `temporal-${pinnedVersion()}.lock`);
  for (let told = false; signal?.aborted !== true; told = true) {
    const lock = tryLock(file);
    if (lock !== undefined) return lock;
    if (!told) onProgress('another process is getting the Temporal dev server; waiting for it');
    await clock.sleep(500, signal);
  }
  return undefined;
}

/** Works in a folder beside the target and renames at the end: a half-made program is never found. */
async function fill(options: ObtainOptions, absent: string): Promise<ObtainResult> {
  const { cacheDir, clock, onProgress, signal, downloadBase, go } = options;
  const target = cachedExecutable(cacheDir);
  mkdirSync(dirname(target), { recursive: true });
  const folder = mkdtempSync(join(cacheDir, 'temporal-'));
  const version = pinnedVersion();
  const problems = [absent];
  try {
    const ways = [
      {
        source: 'download',
        get: () =>
          downloadTemporal({
            folder,
            version,
            ...(downloadBase !== undefined && { base: downloadBase }),
            ...(signal && { signal }),
            onStart: () => onProgress('downloading the Temporal dev server, once'),
          }),
      },
      {
        source: 'built',
        get: () =>
          buildTemporal({
            folder,
            version,
            clock,
            onProgress,
            ...(go !== undefined && { go }),
            ...(signal && { signal }),
          }),
      },
    ] as const;
    for (const { source, get } of ways) {
      if (signal?.aborted === true) break;
      const got = await get();
      const checked = got.ok ? await inspect(got.executable, source) : got;
      if (!checked.ok) {
        problems.push(checked.problem);
        continue;
      }
      renameSync(checked.executable, target);
      onProgress(`the Temporal dev server ${checked.version} is in ${dirname(target)}`);
      return { ...checked, executable: target };
    }
    return notToBeHad(problems.join('; '), remedy);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function notToBeHad(detail: string, what: string): NotToBeHad {
  return { ok: false, reason: 'not-to-be-had', detail, remedy: what };
}
