import type { LogFile } from '#adapters/sqlite/messages.ts';
import { openWorkerLink } from '#adapters/sqlite/worker-link.ts';

/** Asks for a checkpoint whenever so many bytes were appended. */
const everyBytes = 4 * 1024 * 1024;

/** Keeps the write-ahead log short while appends go on. */
export interface Checkpoints {
  written(bytes: number): void;
  close(): Promise<void>;
}

/** @throws when the file cannot be opened */
export async function createCheckpoints(file: LogFile): Promise<Checkpoints> {
  const nothing = (): void => undefined;
  const body = new URL('./checkpoint-worker.ts', import.meta.url);
  const link = await openWorkerLink<null, null>(body, file, { onChanged: nothing, onRestart: nothing });
  let bytes = 0;
  let running = false;
  return {
    written(more) {
      bytes += more;
      if (bytes < everyBytes || running) return;
      bytes = 0;
      running = true;
      void link.call(null).then(() => {
        running = false;
      });
    },
    close: link.close,
  };
}
