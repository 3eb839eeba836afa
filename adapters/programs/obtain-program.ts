import { mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Clock } from '#ports/clock.ts';
import { executableOnPath, fileOf, isExecutable } from './executables.ts';
import type { FoundProgram, NotToBeHad, ObtainResult, OfNoUse, OnProgress } from './found.ts';
import { type FileLock, tryLock } from './lock.ts';

/** A program that somebody else made, which is used where it is or got once and kept. */
export interface WantedProgram {
  /** For people, such as `the Pulumi engine`. */
  readonly what: string;
  /** As it is called on a PATH. */
  readonly name: string;
  /** Setting that names another one. */
  readonly setting: string;
  /** The version that is got. */
  readonly version: string;
  /** What somebody can do where it is not to be had. */
  readonly remedy: string;
  /** Asks a program whether it is of use. */
  inspect(executable: string, source: FoundProgram['source']): Promise<FoundProgram | OfNoUse>;
}

/** One way to get it, into an empty folder. */
export interface WayToGet {
  readonly source: 'download' | 'built';
  get(folder: string): Promise<{ readonly ok: true; readonly executable: string } | OfNoUse>;
}

export interface FindOptions {
  /** Kept between runs and shared by all of them, such as `~/.cache/tocsin`. */
  readonly cacheDir: string;
  /** Path of a program that is used instead of all others. */
  readonly executable?: string;
  /** What programs are run with. */
  readonly env: NodeJS.ProcessEnv;
  /** Where it is looked for; the PATH of `env` without it. */
  readonly path?: string;
}

export interface ObtainOptions extends FindOptions {
  readonly clock: Clock;
  readonly onProgress: OnProgress;
  readonly signal?: AbortSignal;
}

/** Where the cache keeps it. */
export function cachedProgram({ name, version }: Pick<WantedProgram, 'name' | 'version'>, cacheDir: string): string {
  return join(cacheDir, `${name}-${version}`, fileOf(name));
}

/** The program named in the settings, one on the PATH, or the one in the cache; nothing is fetched or built. */
export async function findProgram(wanted: WantedProgram, options: FindOptions): Promise<ObtainResult> {
  const { cacheDir, executable, env, path = env['PATH'] ?? '' } = options;
  // Somebody asked for this very program: running another one would hide his mistake.
  if (executable !== undefined) {
    const answer = await wanted.inspect(executable, 'setting');
    return answer.ok ? answer : notToBeHad(answer.problem, `correct or remove ${wanted.setting}`);
  }
  const problems: string[] = [];
  const cached = cachedProgram(wanted, cacheDir);
  const candidates = [
    { file: executableOnPath(wanted.name, path), source: 'path', absent: `no \`${wanted.name}\` on the PATH` },
    { file: cached, source: 'cache', absent: `nothing in ${dirname(cached)}` },
  ] as const;
  for (const { file, source, absent } of candidates) {
    if (file === undefined || !isExecutable(file)) {
      problems.push(absent);
      continue;
    }
    const answer = await wanted.inspect(file, source);
    if (answer.ok) return answer;
    problems.push(answer.problem);
  }
  return notToBeHad(problems.join('; '), wanted.remedy);
}

/** Finds it, or gets it into the cache, by the first way that works. Only one process does so at a time; the others wait for it. Never throws. */
export async function obtainProgram(
  wanted: WantedProgram,
  options: ObtainOptions,
  ways: readonly WayToGet[],
): Promise<ObtainResult> {
  const found = await findProgram(wanted, options);
  if (found.ok || options.executable !== undefined) return found;
  try {
    const lock = await waitForLock(wanted, options);
    if (lock === undefined) return notToBeHad('told to stop while another process was getting it', wanted.remedy);
    try {
      // Whoever held the lock may have got it.
      const again = await findProgram(wanted, options);
      return again.ok ? again : await fill(wanted, options, ways, again.detail);
    } finally {
      lock.release();
    }
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    return notToBeHad(`${found.detail}; the cache cannot be used: ${said}`, wanted.remedy);
  }
}

async function waitForLock(
  { what, name, version }: WantedProgram,
  { cacheDir, clock, onProgress, signal }: ObtainOptions,
): Promise<FileLock | undefined> {
  const file = join(cacheDir, `${name}-${version}.lock`);
  for (let told = false; signal?.aborted !== true; told = true) {
    const lock = tryLock(file);
    if (lock !== undefined) return lock;
    if (!told) onProgress(`another process is getting ${what}; waiting for it`);
    await clock.sleep(500, signal);
  }
  return undefined;
}

/** Works in a folder beside the target and renames at the end: a half-made program is never found. */
async function fill(
  wanted: WantedProgram,
  { cacheDir, onProgress, signal }: ObtainOptions,
  ways: readonly WayToGet[],
  absent: string,
): Promise<ObtainResult> {
  const target = cachedProgram(wanted, cacheDir);
  mkdirSync(dirname(target), { recursive: true });
  const folder = mkdtempSync(join(cacheDir, `${wanted.name}-`));
  const problems = [absent];
  try {
    for (const { source, get } of ways) {
      if (signal?.aborted === true) break;
      const got = await get(folder);
      const checked = got.ok ? await wanted.inspect(got.executable, source) : got;
      if (!checked.ok) {
        problems.push(checked.problem);
        continue;
      }
      renameSync(checked.executable, target);
      onProgress(`${wanted.what} ${checked.version} is in ${dirname(target)}`);
      return { ...checked, executable: target };
    }
    return notToBeHad(problems.join('; '), wanted.remedy);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function notToBeHad(detail: string, remedy: string): NotToBeHad {
  return { ok: false, reason: 'not-to-be-had', detail, remedy };
}
