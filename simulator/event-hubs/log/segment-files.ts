import { mkdir, open, readdir, readFile, rm, truncate as truncateFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { type ActiveFile, createActiveFile, headSize, writeWhole } from './active-file.ts';
import { emptySegment, type Segment, scanRecords } from './segment.ts';

/** Where a partition's segments are kept. */
export interface SegmentStore {
  /** What an earlier run left, in order; what was torn by a crash is cut off. */
  load(): Promise<Segment[]>;
  /**
   * Makes room for a new segment, from now on the one that `write` writes to; what was written before is durable first. No `sync` may be under way. When it
   * rejects, `write` goes on with the segment before.
   */
  begin(segment: Segment): Promise<void>;
  /** Resolves once the bytes from `from` to the segment's size would survive the end of the process. When it rejects, the segment still ends at `from`. */
  write(segment: Segment, from: number): Promise<void>;
  /** Resolves once all that was written before would survive a power cut. */
  sync(): Promise<void>;
  /** Brings a segment's records back to memory. */
  fetch(segment: Segment): Promise<void>;
  /** Forgets segments that retention has passed. */
  drop(segment: Segment): Promise<void>;
  close(): Promise<void>;
}

const magic = 'TOCSINH1';

/** Segments as files of one folder, named by their first sequence number. */
export function createFileStore(folder: string, cache: ImageCache): SegmentStore {
  let current: ActiveFile | undefined;
  /** A file that could not be begun and may still be there. */
  let leftover: string | undefined;
  const path = (base: number) => join(folder, `${String(base).padStart(16, '0')}.log`);

  async function read(name: string, last: boolean): Promise<Segment | undefined> {
    const file = join(folder, name);
    const bytes = await readFile(file);
    const head = parseHead(bytes);
    if (head === undefined) {
      // Its header is durable before anything follows it.
      if (!last || bytes.length > headSize)
        throw new Error(`${file} is damaged: its header does not match its checksum`);
      // A crash while the file was made: nothing in it was ever acknowledged.
      await rm(file);
      return undefined;
    }
    const segment = scanRecords(head.base, head.startOffset, bytes.subarray(headSize));
    if (headSize + segment.size < bytes.length) {
      if (!last) throw new Error(`${file} is damaged at byte ${headSize + segment.size}`);
      await truncateFile(file, headSize + segment.size);
    }
    if (!last) segment.image = undefined;
    return segment;
  }

  // Beside what the segment before gets from now on, it would claim sequence numbers that others have.
  async function removeLeftover(): Promise<void> {
    if (leftover === undefined) return;
    await rm(leftover, { force: true });
    await syncFolder(folder);
    leftover = undefined;
  }

  async function make(segment: Segment): Promise<ActiveFile> {
    leftover = path(segment.base);
    const handle = await open(leftover, 'w+');
    try {
      await writeWhole(handle, encodeHead(segment), 0);
      await handle.datasync();
      await syncFolder(folder);
    } catch (error) {
      await handle.close().catch(() => {});
      throw error;
    }
    leftover = undefined;
    return createActiveFile(handle, segment);
  }

  return {
    load: async () => {
      await mkdir(folder, { recursive: true });
      const names = (await readdir(folder)).filter((name) => name.endsWith('.log')).sort();
      const segments: Segment[] = [];
      for (const name of names) {
        const segment = await read(name, name === names.at(-1));
        if (segment !== undefined) segments.push(segment);
      }
      const last = segments.at(-1);
      if (last !== undefined) {
        if (last.image === undefined) await fetchImage(path(last.base), last);
        current = createActiveFile(await open(path(last.base), 'r+'), last);
      }
      return segments;
    },
    begin: async (segment) => {
      const before = current;
      await before?.finish();
      await removeLeftover();
      try {
        current = await make(segment);
      } catch (error) {
        // Where this fails as well, the next write tries again.
        await removeLeftover().catch(() => {});
        throw error;
      }
      await before?.close().catch(() => {});
    },
    write: async (_, from) => {
      if (current === undefined) throw new Error('no segment is open');
      await removeLeftover();
      await current.write(from);
    },
    sync: async () => {
      await current?.sync();
    },
    fetch: async (segment) => {
      await fetchImage(path(segment.base), segment);
      cache.touch(segment);
    },
    drop: async (segment) => {
      cache.forget(segment);
      await rm(path(segment.base), { force: true });
    },
    close: async () => {
      await current?.close();
      current = undefined;
    },
  };
}

/** Keeps nothing beyond the process: segments stay in memory until retention passes them. */
export function createMemoryStore(): SegmentStore {
  return {
    load: async () => [],
    begin: async () => {},
    write: async () => {},
    sync: async () => {},
    fetch: async () => {},
    drop: async () => {},
    close: async () => {},
  };
}

/** Bounds the memory of segments that were read back from disk, over all partitions. */
export interface ImageCache {
  /** Marks a segment as just used; the one that was not used for longest loses its image. */
  touch(segment: Segment): void;
  forget(segment: Segment): void;
}

/** @param capacity how many sealed segments may be in memory at once */
export function createImageCache(capacity: number): ImageCache {
  const used = new Set<Segment>();
  return {
    touch: (segment) => {
      used.delete(segment);
      used.add(segment);
      for (const oldest of used) {
        if (used.size <= capacity) break;
        oldest.image = undefined;
        used.delete(oldest);
      }
    },
    forget: (segment) => {
      used.delete(segment);
    },
  };
}

async function fetchImage(file: string, segment: Segment): Promise<void> {
  const bytes = await readFile(file);
  if (bytes.length < headSize + segment.size) throw new Error(`${file} is shorter than it was`);
  segment.image = bytes.subarray(headSize, headSize + segment.size);
}

function encodeHead(segment: Segment): Buffer {
  const head = Buffer.alloc(headSize);
  head.write(magic, 0, 'ascii');
  head.writeDoubleBE(segment.base, 8);
  head.writeDoubleBE(segment.startOffset, 16);
  head.writeUInt32BE(crc32(head.subarray(0, headSize - 4)), headSize - 4);
  return head;
}

function parseHead(bytes: Buffer): Segment | undefined {
  if (bytes.length < headSize || bytes.toString('ascii', 0, 8) !== magic) return undefined;
  if (crc32(bytes.subarray(0, headSize - 4)) !== bytes.readUInt32BE(headSize - 4)) return undefined;
  return emptySegment(bytes.readDoubleBE(8), bytes.readDoubleBE(16));
}

/** Makes a new name in a folder durable; Windows has no such call and needs none. */
export async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
