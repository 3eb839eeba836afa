import type { FileHandle } from 'node:fs/promises';
import type { Segment } from './segment.ts';

/** Bytes of a file before its first record. */
export const headSize = 32;

/** The file of the segment that grows. One `write` or `finish` at a time; `sync` may run beside `write`. */
export interface ActiveFile {
  /** Writes the segment's bytes from `from`, where the last write that succeeded ended, to its size. */
  write(from: number): Promise<void>;
  /** Resolves once all that was written before would survive a power cut. */
  sync(): Promise<void>;
  /** Resolves once the file ends with what was written, for good. */
  finish(): Promise<void>;
  close(): Promise<void>;
}

export function createActiveFile(handle: FileHandle, segment: Segment): ActiveFile {
  let written = segment.size;
  // What an earlier process wrote may not be on the disk yet.
  let durable = 0;
  let torn = false;
  let doubtful = false;

  async function put(from: number, to: number): Promise<void> {
    if (segment.image === undefined) throw new Error('a segment that is written to has left memory');
    await writeWhole(handle, segment.image.subarray(from, to), headSize + from);
  }

  // Records behind what is overwritten next would be read back as events.
  async function mend(): Promise<void> {
    if (!torn) return;
    await handle.truncate(headSize + written);
    torn = false;
  }

  async function sync(): Promise<void> {
    const end = written;
    // A system that could not write pages may forget them and call the next sync a success.
    if (doubtful) await put(durable, end);
    doubtful = true;
    await handle.datasync();
    doubtful = false;
    durable = end;
  }

  return {
    write: async (from) => {
      const end = segment.size;
      await mend();
      torn = true;
      try {
        await put(from, end);
      } catch (error) {
        // Where this fails as well, the next write tries again.
        await mend().catch(() => {});
        throw error;
      }
      torn = false;
      written = end;
    },
    sync,
    finish: async () => {
      await mend();
      await sync();
    },
    close: () => handle.close(),
  };
}

/** Writes all of it: a disk that gets full takes a part first and fails only when it is asked for the rest. */
export async function writeWhole(handle: FileHandle, bytes: Buffer, at: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, at + done);
    if (bytesWritten === 0) throw new Error('the disk takes nothing more');
    done += bytesWritten;
  }
}
