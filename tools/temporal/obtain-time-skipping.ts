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
const source = join(project, 'SkippingServer.java');

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
  readonly javac?: string;
}

/**
 * The Temporal server that skips time: a Java program whose jars Maven fetches once (40 MB, a quarter of a minute) into the cache. Each jar is compared with
 * `checksums.txt`; after a change of `pom.xml` that is made again with `sha256sum *.jar` in the folder `lib`. Where a compiler is, `SkippingServer.java` mends what makes
 * it slower with every day that it skips; without one a year takes several times as long.
 */
export async function obtainTimeSkippingServer(options: TimeSkippingOptions): Promise<TimeSkippingResult> {
  const { cacheDir, onlyCached = false, java = 'java', maven = 'mvn', javac = 'javac' } = options;
  const pinned = readFileSync(join(project, 'checksums.txt'), 'utf8');
  const own = readFileSync(source, 'utf8');
  const folder = join(cacheDir, `temporal-time-skipping-${sha256(pinned + own).slice(0, 12)}`);
  const found: TimeSkippingResult = { ok: true, executable: join(folder, 'time-skipping-server') };
  const runs = await runProgram(java, ['-version'], { timeoutMs: 30_000, env: process.env });
  if (!runs.ok) return notToBeHad(`Java is needed: ${runs.output || runs.reason}`);
  if (existsSync(found.executable)) return found;
  if (onlyCached) return notToBeHad(`nothing in ${folder}`);
  if (process.platform === 'win32') return notToBeHad('it is started by a shell script');
  const lock = await waitForLock(`${folder}.lock`);
  try {
    return existsSync(found.executable) ? found : await fill(folder, pinned, { java, maven, javac });
  } finally {
    lock.release();
  }
}

/** Works in a folder beside the target and renames at the end. */
async function fill(
  folder: string,
  pinned: string,
  { java, maven, javac }: { readonly java: string; readonly maven: string; readonly javac: string },
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
    const compiled = await runProgram(javac, ['-cp', join(lib, '*'), '-d', join(half, 'classes'), source], {
      timeoutMs: 60_000,
      env: process.env,
    });
    const main = compiled.ok ? 'SkippingServer' : 'io.temporal.testserver.TestServer';
    const script = join(half, 'time-skipping-server');
    // Quick to start rather than quick later: it mostly runs for seconds. It forgets nothing, and a year needs the room.
    const flags = '-XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xshare:auto -Xmx2g';
    writeFileSync(
      script,
      `#!/bin/sh\nhere="$(dirname "$0")"\nexec ${java} ${flags} -cp "$here/classes:$here/lib/*" ${main} "$@"\n`,
    );
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
