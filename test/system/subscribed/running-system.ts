import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { auditLines, board, deskOf, getJson, type PlacedCall, placeCall, postJson } from '#test/support/desk.ts';
import { eventually } from '#test/support/eventually.ts';
import { type CommandResult, launchTocsin, type TocsinProcess, tocsin } from '#test/support/tocsin-process.ts';
import type { CredentialView, SubscriptionView, WatchReport } from '#web/subscribing.ts';

/** An event as `/api/audit` shows it. */
export interface Recorded {
  readonly stream: string;
  readonly type: string;
  readonly position: string;
  readonly data: Readonly<Record<string, unknown>>;
}

export interface Endpoints {
  readonly temporal?: string;
  readonly temporalUi?: string;
  readonly temporalNamespace?: string;
  readonly [name: string]: unknown;
}

/** `tocsin run --simulate` with its Temporal server, and what tests ask of it. */
export interface RunningSystem {
  readonly stateDir: string;
  process(): TocsinProcess;
  desk(): string;
  /** What the state folder says now. */
  endpoints(): Endpoints;
  /** Everything that it wrote to stderr, of every process that ran. */
  said(): string;
  cli(...args: readonly string[]): Promise<CommandResult>;
  fault(name: string, action?: 'start' | 'stop'): Promise<void>;
  call(request: object): Promise<PlacedCall & { readonly unnotified: readonly string[]; readonly publishedAt: string }>;
  credential(id: string): Promise<CredentialView | undefined>;
  subscription(id: string): Promise<SubscriptionView | undefined>;
  subscriptions(): Promise<readonly SubscriptionView[]>;
  watch(): Promise<WatchReport>;
  /** What is on record in streams whose name begins so. */
  recorded(prefix: string): Promise<readonly Recorded[]>;
  /** Approves whatever code waits for the chat feed, or declines it; resolves with the code. */
  approve(deny?: boolean): Promise<string>;
  /** Codes that were shown to people. */
  readonly codes: Set<string>;
  /** Kills it without warning and starts it again on what it left. */
  crash(meanwhile?: () => Promise<void>): Promise<void>;
  close(): Promise<void>;
}

export async function startSystem(more: Readonly<Record<string, string>> = {}): Promise<RunningSystem> {
  const stateDir = mkdtempSync(join(tmpdir(), 'tocsin-subscribed-'));
  const settings = { TOCSIN_TEMPORAL: 'managed', TOCSIN_LOG_LEVEL: 'debug', ...more };
  const ends: (() => Promise<void>)[] = [];
  const gone: string[] = [];
  const start = () => launchTocsin(stateDir, ['--simulate'], settings, (end) => ends.push(end));
  let process = await start().catch(async (error: unknown) => {
    for (const end of ends) await end();
    throw error;
  });
  const desk = () => deskOf(process);
  const codes = new Set<string>();
  const list = async <T extends { readonly id: string }>(what: string) =>
    (await getJson<{ items: readonly T[] }>(`${desk()}/api/${what}`)).items;
  const system: RunningSystem = {
    stateDir,
    codes,
    process: () => process,
    desk,
    endpoints: () => JSON.parse(readFileSync(join(stateDir, 'endpoints.json'), 'utf8')) as Endpoints,
    said: () => [...gone, process.said()].join('\n'),
    cli: (...args) => tocsin(stateDir, args),
    async fault(name, action = 'start') {
      const { status, body } = await postJson(`${process.endpoints['simulator']}/faults`, { name, action });
      if (status !== 200) throw new Error(`fault ${name}: ${JSON.stringify(body)}`);
    },
    call: async (request) => (await placeCall(process, request)) as Awaited<ReturnType<RunningSystem['call']>>,
    credential: async (id) => (await list<CredentialView>('credentials')).find((one) => one.id === id),
    subscription: async (id) => (await list<SubscriptionView>('subscriptions')).find((one) => one.id === id),
    subscriptions: () => list<SubscriptionView>('subscriptions'),
    watch: () => getJson<WatchReport>(`${desk()}/api/watch?from=${new Date(Date.now() - 3_600_000).toISOString()}`),
    recorded: async (prefix) =>
      (await auditLines(desk()))
        .map((line) => JSON.parse(line) as Recorded)
        .filter(({ stream }) => stream.startsWith(prefix)),
    async approve(deny = false) {
      const code = await eventually('a code waits', async () => (await system.credential('chat'))?.pending?.userCode);
      codes.add(code);
      const args = ['simulate', 'approve', code, ...(deny ? ['--deny'] : [])];
      const result = await system.cli(...args);
      if (result.code !== 0) throw new Error(result.stderr);
      return code;
    },
    async crash(meanwhile) {
      await process.end('SIGKILL');
      gone.push(process.said());
      await meanwhile?.();
      process = await start();
    },
    async close() {
      await process.end('SIGTERM');
      for (const end of ends) await end();
      rmSync(stateDir, { recursive: true, force: true, maxRetries: 10 });
    },
  };
  return system;
}

/** Seconds that it took until it was so. */
export async function secondsUntil(what: string, ask: () => Promise<unknown>, withinMs = 60_000): Promise<number> {
  const began = performance.now();
  await eventually(what, async () => (await ask()) === true, withinMs);
  return (performance.now() - began) / 1000;
}

/**
 * Seconds until all that should be is signed in, live and watched; else an error that says what is not.
 * @param also what else has to be so
 */
export async function untilWell(
  system: RunningSystem,
  also: () => Promise<boolean> = async () => true,
  withinMs = 60_000,
): Promise<number> {
  let ails: readonly string[] = [];
  const well = async () => {
    const expected = await also();
    ails = [...(expected ? [] : ['not what was asked for']), ...(await ailments(system))];
    return ails.length === 0;
  };
  return secondsUntil('all is well', well, withinMs).catch((cause: unknown) => {
    throw new Error(`not well after ${withinMs} ms: ${ails.join('; ')}\n${troubles(system).slice(-10_000)}`, { cause });
  });
}

/** What it said but for the steps that only a debugger wants to see. */
function troubles(system: RunningSystem): string {
  return system
    .said()
    .split('\n')
    .filter((line) => !line.startsWith('{"level":20'))
    .join('\n');
}

async function ailments(system: RunningSystem): Promise<readonly string[]> {
  const [chat, events, subscriptions, { feeds }] = await Promise.all([
    system.credential('chat'),
    system.credential('events'),
    system.subscriptions(),
    system.watch(),
  ]);
  return [
    ...[chat, events].flatMap((one) =>
      one?.state === 'ok' ? [] : [`credential ${one?.id}: ${one?.state} ${one?.word}`],
    ),
    ...(subscriptions.length === 6 ? [] : [`${subscriptions.length} subscriptions`]),
    ...subscriptions.flatMap(({ id, state, word }) => (state === 'ok' ? [] : [`subscription ${id}: ${state} ${word}`])),
    ...(feeds.length === 6 ? [] : [`${feeds.length} feeds`]),
    ...feeds.flatMap(({ policy, watching }) => (watching ? [] : [`${policy} is not watched`])),
  ];
}

/** The call on the board, readable, from whichever feed it came. */
export function callOnBoard(system: RunningSystem, call: PlacedCall, withinMs?: number) {
  return eventually(
    `the call ${call.emergencyIds.join('/')} on the board, readable`,
    async () =>
      (await board(system.desk())).find(({ id, text }) => call.emergencyIds.includes(id) && text !== undefined),
    withinMs,
  );
}

/** Process id of the Temporal server of a state folder. */
export function temporalPid(stateDir: string): number {
  return (JSON.parse(readFileSync(join(stateDir, 'temporal', 'server.json'), 'utf8')) as { pid: number }).pid;
}

/** What `ps` shows of a process and all below it. */
export async function titlesOf(pid: number): Promise<string> {
  const { stdout } = await promisify(execFile)('ps', ['-eo', 'pid,ppid,args', '--no-headers', '-ww']);
  const rows = stdout.split('\n').map((line) => /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line));
  const family = new Set([String(pid)]);
  for (const row of rows) if (row !== null && family.has(row[2] ?? '')) family.add(row[1] ?? '');
  return rows.flatMap((row) => (row !== null && family.has(row[1] ?? '') ? [row[3] ?? ''] : [])).join('\n');
}
