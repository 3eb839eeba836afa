import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type FileLock, tryLock } from '#adapters/programs/lock.ts';
import { isProcessAlive, ownIdentity } from '#adapters/programs/process-identity.ts';

/** Milliseconds that a file is waited for which another process writes: one that was stopped must not keep others from starting. */
const lockMs = 5_000;

/** Where one process serves what; each key is there when that part runs. */
export interface Endpoints {
  readonly pid: number;
  readonly version: string;
  readonly roles: readonly string[];
  /** When the process started, as the system counts: its id may be another one's later. */
  readonly started?: string;
  readonly [key: string]: unknown;
}

/** The endpoints of the living processes of a state folder: one file for each process, and one that merges them, replaced atomically. */
export interface EndpointsFile {
  /** Does nothing any more once this process was taken out. */
  write(own: Endpoints): Promise<void>;
  /** Takes this process out again. */
  remove(): Promise<void>;
}

export function createEndpointsFile(stateDir: string, pid: number): EndpointsFile {
  const folder = join(stateDir, 'endpoints');
  const ownFile = join(folder, `${pid}.json`);
  const { started } = ownIdentity();
  const own = pid === process.pid && started !== undefined ? { started } : {};
  let removed = false;
  return {
    async write(given) {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      await alone(stateDir, async () => {
        if (removed) return;
        await replace(ownFile, `${JSON.stringify({ ...given, ...own }, null, 2)}\n`);
        await merge(stateDir, folder);
      });
    },
    async remove() {
      removed = true;
      if (!existsSync(folder)) return;
      await alone(stateDir, async () => {
        await rm(ownFile, { force: true });
        await merge(stateDir, folder);
      });
    },
  };
}

/** Several processes start and end at once: who merges must see what the others wrote, and be the last to write. */
async function alone(stateDir: string, work: () => Promise<void>): Promise<void> {
  const lock = await lockOf(join(stateDir, 'endpoints.lock'));
  try {
    await work();
  } finally {
    lock?.release();
  }
}

/** Undefined where it is not to be had: a merge that another one undoes is mended by the next, a desk that does not start is not. */
async function lockOf(file: string): Promise<FileLock | undefined> {
  const deadline = performance.now() + lockMs;
  try {
    for (;;) {
      const lock = tryLock(file);
      if (lock !== undefined || performance.now() > deadline) return lock;
      await sleep(5);
    }
  } catch {
    // Of another user, or on a disk that knows no locks.
    return undefined;
  }
}

/** What the living processes of a state folder serve, merged; undefined where none runs. */
export async function readEndpoints(stateDir: string): Promise<Endpoints | undefined> {
  return mergeAll((await look(join(stateDir, 'endpoints'))).living);
}

/** The endpoints of each living process. */
export async function readAllEndpoints(stateDir: string): Promise<readonly Endpoints[]> {
  return (await look(join(stateDir, 'endpoints'))).living;
}

async function merge(stateDir: string, folder: string): Promise<void> {
  const { living, dead } = await look(folder);
  for (const file of dead) await rm(file, { force: true });
  const merged = mergeAll(living);
  const file = join(stateDir, 'endpoints.json');
  if (merged === undefined) await rm(file, { force: true });
  else await replace(file, `${JSON.stringify(merged, null, 2)}\n`);
}

function mergeAll(all: readonly Endpoints[]): Endpoints | undefined {
  const [first] = all;
  if (first === undefined) return undefined;
  const roles = [...new Set(all.flatMap((one) => one.roles))];
  const { started: _ofOne, ...merged } = { ...first, ...Object.assign({}, ...all), pid: first.pid, roles };
  return merged;
}

/** The endpoints of each living process, and the files of those that are gone. */
async function look(
  folder: string,
): Promise<{ readonly living: readonly Endpoints[]; readonly dead: readonly string[] }> {
  const names = await readdir(folder).catch(() => []);
  const living: Endpoints[] = [];
  const dead: string[] = [];
  for (const name of names
    .filter((n) => /^\d+\.json$/.test(n))
    .sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10))) {
    const file = join(folder, name);
    const found = parse(await readFile(file, 'utf8').catch(() => ''));
    if (!isProcessAlive(Number.parseInt(name, 10), found?.started)) dead.push(file);
    else if (found !== undefined) living.push(found);
  }
  return { living, dead };
}

/** Undefined for what a machine without power left of a file. */
function parse(text: string): Endpoints | undefined {
  try {
    const found = JSON.parse(text) as Partial<Endpoints> | null;
    return Array.isArray(found?.roles) ? (found as Endpoints) : undefined;
  } catch {
    return undefined;
  }
}

async function replace(file: string, text: string): Promise<void> {
  const fresh = `${file}.${process.pid}.new`;
  await writeFile(fresh, text, { mode: 0o600 });
  await rename(fresh, file);
}
