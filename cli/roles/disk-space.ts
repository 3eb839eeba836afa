import { access, constants, stat, statfs } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { RunContext } from '#cli/roles/context.ts';
import type { EventLogSetting } from '#config/parsers.ts';
import type { Settings } from '#config/settings.ts';
import type { HealthRow } from '#web/health-report.ts';

/** What Tocsin keeps in files of this machine. */
type Kept = 'event log' | 'key store' | 'state folder';

export interface KeptFolder {
  readonly of: Kept;
  readonly folder: string;
}

/** `full` and `read-only`: the next event may not be kept. */
export type DiskLevel = 'enough' | 'low' | 'nearly-full' | 'full' | 'read-only';

/** One disk, with all that is kept on it. */
export interface DiskSpace {
  readonly of: readonly Kept[];
  /** Bytes, as `df` says it. */
  readonly free: number;
  readonly level: DiskLevel;
}

/** The disk that a folder is on, in bytes. */
export interface Disk {
  readonly id: number;
  /** As `df` says it: without what is reserved for the administrator. */
  readonly free: number;
  /** What this process may still write. */
  readonly left: number;
  readonly size: number;
  /** False where this process may not write there, as after a fault of the disk, when systems go on with what can still be read. */
  readonly writable: boolean;
}

export interface DiskSpaces {
  /** As last seen; empty where nobody could say. */
  spaces(): readonly DiskSpace[];
  /** Looks every few seconds until the signal is aborted. */
  run(signal: AbortSignal): Promise<void>;
}

export interface DiskSpacesDeps {
  readonly context: Pick<RunContext, 'clock' | 'log' | 'metrics'>;
  readonly folders: readonly KeptFolder[];
  /** Without it, what the operating system says. */
  readonly diskOf?: (folder: string) => Promise<Disk>;
}

const mebibyte = 1024 ** 2;
const lookMs = 5000;
const readOnlyLine = 'the disk can only be read';

/** A hundredth of a large disk is plenty, and a tenth of a small one is not much: the smaller of the two counts. */
export function levelOf({ free, left, size, writable }: Omit<Disk, 'id'>): DiskLevel {
  if (!writable) return 'read-only';
  if (left < 4 * mebibyte) return 'full';
  if (free < Math.min(100 * mebibyte, size / 50)) return 'nearly-full';
  return free < Math.min(1024 * mebibyte, size / 10) ? 'low' : 'enough';
}

/** The folders that the settings keep something in: what is kept by a server is that server's. */
export function keptFolders(
  settings: Pick<Settings, 'stateDir' | 'keyStore'>,
  eventLog: EventLogSetting | undefined,
): readonly KeptFolder[] {
  const fileOf = (of: Kept, kept: { readonly kind: string; readonly file?: string } | undefined): KeptFolder[] =>
    kept?.file === undefined ? [] : [{ of, folder: dirname(resolve(kept.file)) }];
  return [
    ...fileOf('event log', eventLog),
    ...fileOf('key store', settings.keyStore),
    { of: 'state folder', folder: resolve(settings.stateDir) },
  ];
}

/**
 * Watches how much room is left. SQLite says that a disk is full only to whoever writes, and on a quiet day nobody does: until the first call came, everything
 * would look as if it could be kept.
 */
export function createDiskSpaces({ context, folders, diskOf = askSystem }: DiskSpacesDeps): DiskSpaces {
  const { clock, log, metrics } = context;
  let spaces: readonly DiskSpace[] = [];
  let told = new Map<string, DiskLevel>();

  async function look(): Promise<void> {
    spaces = await spacesOf(folders, diskOf);
    const levels = new Map<string, DiskLevel>();
    for (const { of, free, level } of spaces) {
      const name = of.join(', ');
      levels.set(name, level);
      for (const kept of of) metrics.diskFree.set({ of: kept }, free);
      if (level === (told.get(name) ?? 'enough')) continue;
      if (level === 'enough') log.info({ disk: name, free }, 'the disk takes enough again');
      else
        log.warn(
          { disk: name, free, level },
          level === 'read-only' ? readOnlyLine : 'there is little room left on the disk',
        );
    }
    told = levels;
  }

  return {
    spaces: () => spaces,
    async run(signal) {
      while (!signal.aborted) {
        await look();
        await clock.sleep(lookMs, signal);
      }
    },
  };
}

/** Whether nothing more can be kept of one thing, or of anything. */
export function cannotKeep(spaces: readonly DiskSpace[], kept?: Kept): boolean {
  const isOver = (level: DiskLevel) => level === 'full' || level === 'read-only';
  return spaces.some(({ of, level }) => isOver(level) && (kept === undefined || of.includes(kept)));
}

/** One for each disk; a folder that is not there, or whose disk says nothing, is left out. One after the other: a disk that never answers holds one thread. */
export async function spacesOf(
  folders: readonly KeptFolder[],
  diskOf: (folder: string) => Promise<Disk> = askSystem,
): Promise<readonly DiskSpace[]> {
  const disks = new Map<string, { readonly of: Kept[]; readonly disk: Disk }>();
  for (const { of, folder } of folders) {
    const disk = await diskOf(folder).catch(() => undefined);
    // Some file systems of the network do not know how large they are.
    if (disk === undefined || (disk.size === 0 && disk.writable)) continue;
    const id = `${disk.id} ${disk.writable}`;
    const known = disks.get(id);
    if (known === undefined) disks.set(id, { of: [of], disk });
    else known.of.push(of);
  }
  return [...disks.values()].map(({ of, disk }) => ({ of, free: disk.free, level: levelOf(disk) }));
}

async function askSystem(folder: string): Promise<Disk> {
  const { dev } = await stat(folder);
  const { bsize, blocks, bfree, bavail } = await statfs(folder);
  const writable = await access(folder, constants.W_OK).then(
    () => true,
    () => false,
  );
  const left = process.getuid?.() === 0 ? bfree : bavail;
  return { id: dev, free: bavail * bsize, left: left * bsize, size: blocks * bsize, writable };
}

const next = 'Make room on that disk, or give it more; see "When the disk fills up" in docs/operator.md.';

/** What an operator is told of a disk. */
export function diskRow({ of, free, level }: DiskSpace): HealthRow {
  const row = { kind: 'disk', name: of.join(', ') } as const;
  switch (level) {
    case 'enough':
      return { ...row, state: 'ok', word: `${sizeWord(free)} free` };
    case 'low':
      return { ...row, state: 'warning', word: `only ${sizeWord(free)} free`, next };
    case 'nearly-full':
      return { ...row, state: 'trouble', word: `only ${sizeWord(free)} free: soon nothing can be kept`, next };
    case 'full':
      return { ...row, state: 'trouble', word: 'full: nothing more can be kept', next };
    case 'read-only':
      return {
        ...{ ...row, state: 'trouble', word: 'can only be read: nothing more can be kept' },
        next: 'See in the log of the system why it is read-only, and who may write there.',
      };
  }
}

export function sizeWord(bytes: number): string {
  const [unit, size] = bytes >= 1024 * mebibyte ? ['GiB', 1024 * mebibyte] : ['MiB', mebibyte];
  const figure = bytes / Number(size);
  return `${figure < 10 ? Math.floor(figure * 10) / 10 : Math.floor(figure)} ${unit}`;
}
