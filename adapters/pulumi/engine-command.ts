import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { delimiter } from 'node:path';
import type { PulumiCommand } from '@pulumi/pulumi/automation/index.js';

export interface EngineCommandOptions {
  /** Absolute path of `pulumi`. */
  readonly executable: string;
  readonly version: string;
  /** Folders that come first on the PATH: where plugins and the language host are. */
  readonly pathFirst?: readonly string[];
  /** Environment of the engine; the Automation API adds to it, and nothing else does. */
  readonly env: NodeJS.ProcessEnv;
  /** Ends commands that are given no signal of their own, such as those that only read. */
  readonly signal?: AbortSignal;
}

const require = createRequire(import.meta.url);
const ofPulumi = createRequire(require.resolve('@pulumi/pulumi/package.json'));
/** The Automation API tells errors apart by what this makes of a result; its declarations hide it. */
const { createCommandError } = ofPulumi('@pulumi/pulumi/automation/errors.js') as {
  createCommandError(result: object): Error;
};
const { parse } = ofPulumi('semver') as { parse(text: string): unknown };

type Run = (
  args: string[],
  cwd: string,
  env: Readonly<Record<string, string>>,
  onOutput?: (text: string) => void,
  onError?: (text: string) => void,
  signal?: AbortSignal,
) => Promise<{ readonly stdout: string; readonly stderr: string; readonly code: number }>;

/** How the engine is called. Also by the Automation API, whose own way shares our process group: a Ctrl-C would reach the engine twice, and twice means at once. */
export interface EngineCommand {
  /** What the Automation API takes for its command. */
  readonly forAutomation: PulumiCommand;
  /** One command; `input` is written to its standard input, which is how a secret gets in without a list of processes showing it. */
  run(args: readonly string[], options: CommandPlace): Promise<CommandResult>;
  /** The same for a command that has to succeed: its standard output. Throws the errors of the Automation API. */
  must(args: readonly string[], options: CommandPlace): Promise<string>;
}

export interface CommandPlace {
  readonly cwd: string;
  readonly input?: string;
}

export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export function createEngineCommand(options: EngineCommandOptions): EngineCommand {
  const { executable, version, pathFirst = [], env } = options;
  const path = [...pathFirst, env['PATH'] ?? ''].join(delimiter);
  const call = (
    args: readonly string[],
    given: {
      readonly cwd: string;
      readonly env?: Readonly<Record<string, string>>;
      readonly input?: string;
      readonly onOutput?: (text: string) => void;
      readonly onError?: (text: string) => void;
      readonly signal?: AbortSignal;
    },
  ): Promise<CommandResult> =>
    new Promise((resolve) => {
      const all = args.includes('--non-interactive') ? [...args] : [...args, '--non-interactive'];
      const child = spawn(executable, all, {
        cwd: given.cwd,
        env: { ...env, ...given.env, PATH: path, PULUMI_AUTOMATION_API: 'true' },
        stdio: ['pipe', 'pipe', 'pipe'],
        detached: process.platform !== 'win32',
      });
      const texts = { stdout: '', stderr: '' };
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        texts.stdout += text;
        given.onOutput?.(text);
      });
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        texts.stderr += text;
        given.onError?.(text);
      });
      child.stdin.on('error', () => {});
      child.stdin.end(given.input ?? '');
      // Once: the engine takes a second one for impatience, and leaves what it does undone.
      const interrupt = () => void child.kill('SIGINT');
      const signal = given.signal ?? options.signal;
      signal?.addEventListener('abort', interrupt, { once: true });
      if (signal?.aborted === true) interrupt();
      const settle = (code: number, said = '') => {
        signal?.removeEventListener('abort', interrupt);
        resolve({ code, stdout: texts.stdout, stderr: texts.stderr + said });
      };
      child.once('error', (error) => settle(-2, error.message));
      child.once('close', (code) => settle(code ?? -1));
    });

  const masked = new Map<string, CommandResult>();
  const run: Run = async (args, cwd, more, onOutput, onError, signal) => {
    // What the Automation API asks after each run and nobody here reads: the history, and the outputs once more with their secrets in plain text. Each
    // would be a process of its own.
    const [noun, verb] = args;
    if (noun === 'stack' && verb === 'history') return { code: 0, stdout: '[]', stderr: '' };
    const outputsOf = noun === 'stack' && verb === 'output' ? [cwd, ...args.filter(isPlain)].join('\n') : undefined;
    const before = outputsOf === undefined ? undefined : masked.get(outputsOf);
    if (outputsOf !== undefined && before !== undefined && !args.every(isPlain)) {
      masked.delete(outputsOf);
      return before;
    }
    const result = await call(args, {
      cwd,
      env: more,
      ...(onOutput && { onOutput }),
      ...(onError && { onError }),
      ...(signal && { signal }),
    });
    if (outputsOf !== undefined) masked.set(outputsOf, result);
    return succeeded(result);
  };
  return {
    forAutomation: { command: executable, version: parse(version), run } as unknown as PulumiCommand,
    run: (args, given) => call(args, given),
    must: async (args, given) => succeeded(await call(args, given)).stdout,
  };
}

const isPlain = (arg: string) => arg !== '--show-secrets';

function succeeded(result: CommandResult): CommandResult {
  const { code, stdout, stderr } = result;
  // The text becomes the message of the error.
  if (code !== 0)
    throw createCommandError({
      ...result,
      toString: () => `code: ${code}\n stdout: ${stdout}\n stderr: ${stderr}\n err?: \n`,
    });
  return result;
}
