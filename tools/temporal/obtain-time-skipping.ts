import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { tryLock } from '#adapters/programs/lock.ts';
import { runProgram } from '#adapters/programs/run-program.ts';
import { systemClock } from '#adapters/system/clock.ts';

const project = join(import.meta.dirname, 'time-skipping');

export type TimeSkippingResult =
  /** A program that takes a port as its argument: `existing-path` for `TestWorkflowEnvironment.createTimeSkipping`. */
  | { readonly ok: true; readonly executable: string }
  | { readonly ok: false; readonly reason: 'not-to-be-had'; readonly detail: string };

export interface TimeSkippingOptions {
  readonly cacheDir: string;
  /** Fetches nothing. */
  readonly onlyCached?: boolean;
  /** What Java and Maven are called. */
  readonly java?: string;
  readonly maven?: string;
}

/**
 * The Temporal server that skips time: a Java program whose jars Maven fetches once (40 MB, a quarter of a minute) into the cache. Each jar is compared with
 * `checksums.txt`; after a change of `pom.xml` that is made again with `sha256sum *.jar` in the folder `lib`.
 */
export async function obtainTimeSkippingServer(options: TimeSkippingOptions): Promise<TimeSkippingResult> {
  const { cacheDir, onlyCached = false, java = 'java', maven = 'mvn' } = options;
  const pinned = readFileSync(join(project, 'checksums.txt'), 'utf8');
  const folder = join(cacheDir, `temporal-time-skipping-${sha256(pinned).slice(0, 12)}`);
  const found: TimeSkippingResult = { ok: true, executable: join(folder, 'time-skipping-server') };
  const runs = await runProgram(java, ['-version'], { timeoutMs: 30_000, env: process.env });
  if (!runs.ok) return notToBeHad(`Java is needed: ${runs.output || runs.reason}`);
  if (existsSync(found.executable)) return found;
  if (onlyCached) return notToBeHad(`nothing in ${folder}`);
  if (process.platform === 'win32') return notToBeHad('it is started by a shell script');
  const lock = await waitForLock(`${folder}.lock`);
  try {
    return existsSync(found.executable) ? found : await fill(folder, pinned, { java, maven });
  } finally {
    lock.release();
  }
}

/** Works in a folder beside the target and renames at the end. */
async function fill(
  folder: string,
  pinned: string,
  { java, maven }: { readonly java: string; readonly maven: string },
): Promise<TimeSkippingResult> {
  const half = mkdtempSync(`${folder}-`);
  try {
    const lib = join(half, 'lib');
    const got = await runProgram(
      maven,
      ['-q', '-B', '-ntp', '-C', 'dependency:copy-dependencies', '-DincludeScope=runtime', `-DoutputDirectory=${lib}`],
      { cwd: project, timeoutMs: 5 * 60_000, env: process.env },
    );
    if (!got.ok) return notToBeHad(`Maven is needed: ${got.output.slice(0, 500) || got.reason}`);
    const names = readdirSync(lib).sort();
    const sums = names.map((name) => `${sha256(readFileSync(join(lib, name)))}  ${name}\n`).join('');
    if (sums !== pinned) return notToBeHad('Maven fetched other jars than checksums.txt names');
    const script = join(half, 'time-skipping-server');
    // Quick to start rather than quick later: it runs for seconds.
    const flags = '-XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xshare:auto -Xmx512m';
    const libraries = '"$(dirname "$0")/lib/*"';
    writeFileSync(script, `#!/bin/sh\nexec ${java} ${flags} -cp ${libraries} io.temporal.testserver.TestServer "$@"\n`);
    chmodSync(script, 0o755);
    rmSync(folder, { recursive: true, force: true });
    renameSync(half, folder);
    return { ok: true, executable: join(folder, basename(script)) };
  } finally {
    rmSync(half, { recursive: true, force: true });
  }
}

async function waitForLock(file: string) {
  for (;;) {
    const lock = tryLock(file);
    if (lock !== undefined) return lock;
    await systemClock.sleep(200);
  }
}

function notToBeHad(detail: string): TimeSkippingResult {
  return { ok: false, reason: 'not-to-be-had', detail: `the Temporal server that skips time: ${detail}` };
}

function sha256(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}
