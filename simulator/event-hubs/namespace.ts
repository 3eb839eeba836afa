import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { lockFolder } from './folder-lock.ts';
import { createHub, type Hub } from './hub.ts';
import { openPartitionLog, type Retention } from './log/partition-log.ts';
import {
  createFileStore,
  createImageCache,
  createMemoryStore,
  type ImageCache,
  syncFolder,
} from './log/segment-files.ts';
import type { EventHubsSimulatorOptions, HubOptions } from './options.ts';

/** The hubs of the simulated namespace. */
export interface Namespace {
  readonly hubs: readonly Hub[];
  /** By name in any case. */
  find(name: string): Hub | undefined;
  /**
   * Replaces a hub by an empty one. Throws for an unknown name.
   * @param onReplaced called in the moment when the new hub is the one to be found; the old one still stores
   */
  recreate(name: string, onReplaced: (old: Hub) => void): Promise<void>;
  close(): Promise<void>;
}

const memoryBytes = 32 * 1024 * 1024;
// 16 segments of 2 MiB: what readers that lag behind may hold in memory together.
const cachedSegments = 16;

/** @throws FolderInUse where another simulator keeps its hubs in the folder */
export async function openNamespace(options: EventHubsSimulatorOptions): Promise<Namespace> {
  const lock = options.storage.kind === 'folder' ? lockFolder(options.storage.folder) : undefined;
  const release = () => lock?.release();
  try {
    return await openHubs(options, release);
  } catch (error) {
    release();
    throw error;
  }
}

/** @param onClosed called once no file is open any more */
async function openHubs(options: EventHubsSimulatorOptions, onClosed: () => void): Promise<Namespace> {
  const { clock, storage } = options;
  const cache: ImageCache =
    storage.kind === 'memory' ? { touch: () => {}, forget: () => {} } : createImageCache(cachedSegments);
  const retention: Retention =
    storage.kind === 'memory' ? { maxBytes: memoryBytes, ...options.retention } : { ...options.retention };
  const settings = new Map(options.hubs.map((hub) => [hub.name.toLowerCase(), hub]));
  const hubs = new Map<string, Hub>();

  async function openHub(hub: HubOptions, createdAt: number): Promise<Hub> {
    const ids = Array.from({ length: hub.partitions }, (_, index) => String(index));
    const partitions = [];
    for (const id of ids) {
      const store =
        storage.kind === 'memory'
          ? createMemoryStore()
          : createFileStore(join(hubFolder(storage.folder, hub.name), String(createdAt), id), cache);
      const log = (line: string) => options.log?.(`hub ${hub.name}: ${line}`);
      partitions.push(await openPartitionLog({ id, store, cache, retention, now: () => clock.now(), log }));
    }
    return createHub(hub.name, createdAt, partitions, hub.consumerGroups ?? []);
  }

  for (const [name, hub] of settings) {
    const kept = storage.kind === 'folder' ? await readRecord(hubFolder(storage.folder, hub.name)) : undefined;
    if (kept !== undefined && kept.partitions > hub.partitions) {
      throw new Error(`the hub ${hub.name} has ${kept.partitions} partitions, which cannot become ${hub.partitions}`);
    }
    const createdAt = kept?.createdAt ?? Math.floor(clock.now());
    if (storage.kind === 'folder') {
      await writeRecord(hubFolder(storage.folder, hub.name), { createdAt, partitions: hub.partitions });
    }
    hubs.set(name, await openHub(hub, createdAt));
  }

  return {
    get hubs() {
      return [...hubs.values()];
    },
    find: (name) => hubs.get(name.toLowerCase()),
    recreate: async (name, onReplaced) => {
      const hub = settings.get(name.toLowerCase());
      const old = hubs.get(name.toLowerCase());
      if (hub === undefined || old === undefined) throw new Error(`there is no hub ${name}`);
      const createdAt = Math.max(Math.floor(clock.now()), old.createdAt + 1);
      const fresh = await openHub(hub, createdAt);
      if (storage.kind === 'folder') {
        await writeRecord(hubFolder(storage.folder, hub.name), { createdAt, partitions: hub.partitions });
      }
      hubs.set(name.toLowerCase(), fresh);
      onReplaced(old);
      await closeHub(old);
      if (storage.kind === 'folder') {
        await rm(join(hubFolder(storage.folder, hub.name), String(old.createdAt)), { recursive: true, force: true });
      }
    },
    close: async () => {
      try {
        for (const hub of hubs.values()) await closeHub(hub);
      } finally {
        onClosed();
      }
    },
  };
}

interface HubRecord {
  readonly createdAt: number;
  readonly partitions: number;
}

const hubFolder = (folder: string, name: string) => join(folder, encodeURIComponent(name.toLowerCase()));

async function closeHub(hub: Hub): Promise<void> {
  await Promise.all(hub.partitions.map((partition) => partition.close()));
}

async function readRecord(folder: string): Promise<HubRecord | undefined> {
  try {
    return JSON.parse(await readFile(join(folder, 'hub.json'), 'utf8')) as HubRecord;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

async function writeRecord(folder: string, record: HubRecord): Promise<void> {
  await mkdir(folder, { recursive: true });
  const file = join(folder, 'hub.json');
  const handle = await open(`${file}.new`, 'w');
  try {
    await handle.writeFile(JSON.stringify(record));
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(`${file}.new`, file);
  await syncFolder(folder);
}
