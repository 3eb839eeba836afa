import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Bag } from '#simulator/azure/wire.ts';

/** One thing in the simulated cloud. */
export interface CloudResource {
  /** As the provider calls it; two that differ in case alone are the same. */
  readonly id: string;
  /** Such as `azure-native:eventhub:Namespace`. */
  readonly type: string;
  /** What was asked for. Plain text, secrets too: a cloud knows them. */
  readonly inputs: Bag;
  /** What the cloud added. */
  readonly computed: Bag;
}

/** The simulated cloud: a folder with one readable file for each resource. Whoever edits or deletes a file changes the cloud behind the engine's back. */
export interface CloudFolder {
  get(id: string): CloudResource | undefined;
  put(resource: CloudResource): void;
  /** False when there was none. */
  remove(id: string): boolean;
  list(): readonly CloudResource[];
  /** The file of a resource. */
  fileOf(id: string): string;
}

export function createCloudFolder(folder: string): CloudFolder {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const fileOf = (id: string) => {
    const last =
      id
        .toLowerCase()
        .split('/')
        .at(-1)
        ?.replaceAll(/[^\w.-]/g, '') ?? '';
    const digest = createHash('sha256').update(id.toLowerCase()).digest('hex').slice(0, 16);
    return join(folder, `${last.slice(0, 40)}-${digest}.json`);
  };
  const read = (file: string): CloudResource | undefined => {
    try {
      return JSON.parse(readFileSync(file, 'utf8')) as CloudResource;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  };
  return {
    fileOf,
    get: (id) => read(fileOf(id)),
    put(resource) {
      const file = fileOf(resource.id);
      writeFileSync(`${file}.new`, `${JSON.stringify(resource, undefined, 2)}\n`, { mode: 0o600 });
      renameSync(`${file}.new`, file);
    },
    remove(id) {
      const file = fileOf(id);
      const was = read(file) !== undefined;
      rmSync(file, { force: true });
      return was;
    },
    list: () =>
      readdirSync(folder)
        .filter((name) => name.endsWith('.json'))
        .flatMap((name) => read(join(folder, name)) ?? []),
  };
}
