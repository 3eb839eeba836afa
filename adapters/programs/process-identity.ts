import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/** Which process this is, so that another one on the same machine can tell whether it still runs. */
export interface ProcessIdentity {
  /** Machine since its start, and the container: process ids mean the same only where all of it is equal. */
  readonly host: string;
  readonly pid: number;
  /** When it started, as the system counts; undefined where the system does not say. Process ids are used again, this pair is not. */
  readonly started: string | undefined;
}

export function ownIdentity(): ProcessIdentity {
  const parts = [
    hostname(),
    read(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()),
    read(() => readlinkSync('/proc/self/ns/pid')),
  ];
  return {
    host: parts.filter((part) => part !== undefined).join(' '),
    pid: process.pid,
    started: statOf(process.pid)?.started,
  };
}

/** Whether a process of this machine still runs; one that ended and waits for its parent to notice does not. */
export function isProcessAlive(pid: number, started: string | undefined): boolean {
  const stat = statOf(pid);
  if (stat !== undefined) return (started === undefined || stat.started === started) && !'ZXx'.includes(stat.state);
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it runs and belongs to somebody else.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/** proc_pid_stat(5): field 3 is the state, field 22 the start in ticks since boot; field 2 is a name that may hold anything. */
function statOf(pid: number): { readonly state: string; readonly started: string } | undefined {
  const stat = read(() => readFileSync(`/proc/${pid}/stat`, 'utf8'));
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state, started] = [fields?.[0], fields?.[19]];
  return state === undefined || started === undefined ? undefined : { state, started };
}

function read<T>(action: () => T): T | undefined {
  try {
    return action();
  } catch {
    return undefined;
  }
}
