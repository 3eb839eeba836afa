import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** What `startOf` says where the system does not tell. */
export const unknownStart = 'unknown';

/**
 * When a process started, in words of the system's own; undefined when there is no such process. Ids are used again, the pair of id and start is not.
 * A process that ended and waits for its parent counts as gone.
 */
export function startOf(pid: number): string | undefined {
  if (process.platform === 'linux') {
    try {
      return startIn(readFileSync(`/proc/${pid}/stat`, 'utf8'));
    } catch {
      return undefined;
    }
  }
  if (process.platform === 'win32') return isThere(pid) ? unknownStart : undefined;
  try {
    return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim() || undefined;
  } catch {
    return undefined;
  }
}

/** {@link startOf} from the text of `/proc/<pid>/stat` (proc_pid_stat(5)). */
export function startIn(stat: string): string | undefined {
  // After the name in brackets the state comes first, the number of threads is the 18th, the start in ticks since boot the 20th.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ended = 'ZXx'.includes(fields[0] ?? 'X');
  // The first thread may have ended before the others: they still hold ports and files.
  return ended && Number(fields[17]) <= 1 ? undefined : fields[19];
}

function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
