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
      // proc_pid_stat(5): after the name in brackets the state comes first, the start in ticks since boot is the 20th.
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return 'ZXx'.includes(fields[0] ?? 'X') ? undefined : fields[19];
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

function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
