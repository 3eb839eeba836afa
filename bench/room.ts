import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Where a figure is measured: a folder of its own, and whatever it started, both gone afterwards. */
export interface Room {
  /** Exists, and nobody else's. */
  readonly folder: string;
  /** Tells a person how far it is. */
  say(text: string): void;
  /** Called in the reverse order when the figure is done, whether or not it could be measured. */
  defer(end: () => unknown): void;
  /** A path in the folder that was not given out before. */
  fresh(name: string): string;
}

/** Makes a room, lets somebody work in it, and clears it away. */
export async function inRoom<T>(say: (text: string) => void, work: (room: Room) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'tocsin-bench-'));
  // Also where the process is interrupted.
  const remove = () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  process.on('exit', remove);
  const stack = new AsyncDisposableStack();
  let given = 0;
  try {
    return await work({
      folder,
      say,
      defer: (end) =>
        stack.defer(async () => {
          await end();
        }),
      fresh: (name) => join(folder, `${name}-${++given}`),
    });
  } finally {
    await stack.disposeAsync();
    remove();
    process.off('exit', remove);
  }
}
