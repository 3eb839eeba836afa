import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Where one process serves what; each key is there when that part runs. */
export interface Endpoints {
  readonly pid: number;
  readonly version: string;
  readonly roles: readonly string[];
  readonly [key: string]: unknown;
}

/** The endpoints of the living processes of a state folder: one file for each process, and one that merges them, replaced atomically. */
export interface EndpointsFile {
  write(own: Endpoints): Promise<void>;
  /** Takes this process out again. */
  remove(): Promise<void>;
}

export function createEndpointsFile(stateDir: string, pid: number): EndpointsFile {
  const folder = join(stateDir, 'endpoints');
  const ownFile = join(folder, `${pid}.json`);
  return {
    async write(own) {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      await replace(ownFile, `${JSON.stringify(own, null, 2)}\n`);
      await merge(stateDir, folder);
    },
    async remove() {
      await rm(ownFile, { force: true });
      await merge(stateDir, folder);
    },
  };
}

/** What the living processes of a state folder serve, merged; undefined where none runs. */
export async function readEndpoints(stateDir: string): Promise<Endpoints | undefined> {
  return mergeAll(await living(join(stateDir, 'endpoints')));
}

/** The endpoints of each living process. */
export async function readAllEndpoints(stateDir: string): Promise<readonly Endpoints[]> {
  return living(join(stateDir, 'endpoints'));
}

async function merge(stateDir: string, folder: string): Promise<void> {
  const merged = mergeAll(await living(folder));
  const file = join(stateDir, 'endpoints.json');
  if (merged === undefined) await rm(file, { force: true });
  else await replace(file, `${JSON.stringify(merged, null, 2)}\n`);
}

function mergeAll(all: readonly Endpoints[]): Endpoints | undefined {
  const [first] = all;
  if (first === undefined) return undefined;
  const roles = [...new Set(all.flatMap((one) => one.roles))];
  return { ...Object.assign({}, ...all), pid: first.pid, roles };
}

async function living(folder: string): Promise<Endpoints[]> {
  const names = await readdir(folder).catch(() => []);
  const all: Endpoints[] = [];
  for (const name of names
    .filter((n) => /^\d+\.json$/.test(n))
    .sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10))) {
    const file = join(folder, name);
    if (!isAlive(Number.parseInt(name, 10))) {
      await rm(file, { force: true });
      continue;
    }
    const text = await readFile(file, 'utf8').catch(() => undefined);
    if (text !== undefined) all.push(JSON.parse(text) as Endpoints);
  }
  return all;
}

/** True for a process that exists, also one of another user. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

async function replace(file: string, text: string): Promise<void> {
  const fresh = `${file}.${process.pid}.new`;
  await writeFile(fresh, text, { mode: 0o600 });
  await rename(fresh, file);
}
