import { spawn } from 'node:child_process';
import { setPriority } from 'node:os';
import { createInterface } from 'node:readline';

export interface RunOptions {
  readonly cwd?: string;
  readonly env: NodeJS.ProcessEnv;
  /** After this many milliseconds it is killed with all that it started. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
  /** As of nice(1); 0 without it. */
  readonly niceness?: number;
  /** Each line of stderr. */
  readonly onLine?: (line: string) => void;
}

/** `missing`: there is no such program. `output` is stdout, then the last lines of stderr. */
export type RunResult =
  | { readonly ok: true; readonly output: string }
  | { readonly ok: false; readonly reason: 'missing' | 'failed' | 'timeout' | 'aborted'; readonly output: string };

/** Characters of output that are kept. */
const kept = 16_384;

/** Runs a program to its end; never throws. */
export function runProgram(program: string, args: readonly string[], options: RunOptions): Promise<RunResult> {
  const { cwd, env, timeoutMs, signal, niceness = 0, onLine } = options;
  return new Promise((resolve) => {
    if (signal?.aborted === true) return resolve({ ok: false, reason: 'aborted', output: '' });
    // A group of its own: what it starts (compilers, say) must end with it.
    const detached = process.platform !== 'win32';
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], env, detached, ...(cwd && { cwd }) });
    if (niceness > 0 && child.pid !== undefined) lowerPriority(child.pid, niceness);
    let output = '';
    let ended: 'timeout' | 'aborted' | undefined;
    const keep = (text: string) => {
      output = `${output}${text}\n`.slice(-kept);
    };
    child.stdout.setEncoding('utf8').on('data', (text: string) => keep(text.trimEnd()));
    createInterface({ input: child.stderr }).on('line', (line) => {
      onLine?.(line);
      keep(line);
    });
    const end = (why: 'timeout' | 'aborted') => {
      ended ??= why;
      killGroup(child.pid, detached);
    };
    const timer = setTimeout(() => end('timeout'), timeoutMs);
    const onAbort = () => end('aborted');
    signal?.addEventListener('abort', onAbort, { once: true });
    const settle = (result: RunResult) => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      resolve(result);
    };
    child.on('error', (error: NodeJS.ErrnoException) => {
      const missing = error.code === 'ENOENT' || error.code === 'EACCES' || error.code === 'ENOEXEC';
      settle({ ok: false, reason: missing ? 'missing' : 'failed', output: error.message });
    });
    child.on('close', (code) => {
      if (ended !== undefined) settle({ ok: false, reason: ended, output: output.trim() });
      else if (code === 0) settle({ ok: true, output: output.trim() });
      else settle({ ok: false, reason: 'failed', output: output.trim() });
    });
  });
}

/** Ends a process and, where `group` is true, all that it started. */
export function killGroup(pid: number | undefined, group: boolean): void {
  if (pid === undefined) return;
  try {
    process.kill(group ? -pid : pid, 'SIGKILL');
  } catch {
    // It is gone already.
  }
}

function lowerPriority(pid: number, niceness: number): void {
  try {
    setPriority(pid, niceness);
  } catch {
    // It is gone already, or the system has no such thing.
  }
}
