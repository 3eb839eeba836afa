import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { CommandError, exitCodes } from '#cli/exit-codes.ts';
import { ask, expectOk } from '#cli/http.ts';
import { createOutput } from '#cli/output.ts';
import type { RunContext } from '#cli/roles/context.ts';
import { findDesk, running } from '#cli/running.ts';
import { requireSettings } from '#cli/settings.ts';
import { version } from '#cli/version.ts';
import { type EventLogSetting, eventLog as parseEventLog } from '#config/parsers.ts';
import type { Settings } from '#config/settings.ts';
import { boundKeyStore } from '#processor/keys.ts';
import type { ProjectionStatus } from '#web/projection-admin.ts';

/** Milliseconds that a log may take to answer, and to be folded. */
const answerMs = 10_000;
const foldMs = 600_000;
/** Milliseconds that a running desk may take before it is said that it has not read the whole log. */
const beginMs = 2_000;

/** What ends a process without its `exit`. */
const interrupts = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Runs a command that only reads against the running desk; where none runs, against one of its own that folds the log into a
 * temporary folder, says nothing to anybody else, and is gone afterwards.
 */
export async function withReadingDesk<T>(stateDir: string | undefined, work: (desk: string) => Promise<T>): Promise<T> {
  const desk = await findDesk(stateDir);
  if (desk === undefined) return withOwnDesk(stateDir, work);
  await sayIfBehind(desk);
  return work(desk);
}

/** A desk that has just started, or cannot read its log, answers with what it has: whoever asks is to know that it may not be all. */
export async function sayIfBehind(desk: string): Promise<void> {
  // What else is wrong with a desk, the question itself tells.
  const level = await catchesUp(desk, beginMs).catch(() => true);
  if (!level)
    createOutput().say(
      'the desk has not read the event log to its end: what it shows may not be all; `npx tocsin status` tells why',
    );
}

async function withOwnDesk<T>(stateDir: string | undefined, work: (desk: string) => Promise<T>): Promise<T> {
  const settings = requireSettings(stateDir);
  const eventLog = logInUse((await running(stateDir))?.['eventLog']) ?? logOf(settings);
  const { contextOf } = await import('#cli/roles/context.ts');
  const { checkLog, openShared } = await import('#cli/roles/shared.ts');
  const { startDesk } = await import('#cli/roles/desk.ts');
  const output = createOutput();
  const stop = new AbortController();
  await using stack = new AsyncDisposableStack();
  // Also where whoever reads the output goes away, which ends the process at once.
  const forget = () => {
    try {
      rmSync(folder, { recursive: true, force: true });
    } catch {
      // A thread is writing there still; how the command ends must not depend on it.
    }
  };
  const leave = (signal: NodeJS.Signals) => {
    forget();
    process.kill(process.pid, signal);
  };
  process.once('exit', forget);
  for (const signal of interrupts) process.once(signal, leave);
  const folder = mkdtempSync(join(tmpdir(), 'tocsin-reading-'));
  stack.defer(async () => {
    await rm(folder, { recursive: true, force: true });
    process.off('exit', forget);
    for (const signal of interrupts) process.off(signal, leave);
  });
  const quiet: Settings = {
    ...settings,
    ...{ logLevel: 'silent', deskUrl: undefined, evidence: undefined, http: { host: '127.0.0.1', port: 0 } },
  };
  const context = contextOf(quiet, version, stop.signal);
  requireFile(eventLog);
  await requireKeyStore(context, eventLog);
  const shared = await openShared(context, eventLog);
  stack.defer(() => shared.close());
  await checkLog(context, shared);
  const own = { ...context, file: (...path: readonly string[]) => join(folder, ...path) };
  output.progress('no desk runs here: reading the log …');
  const desk = await startDesk({
    context: own,
    shared,
    hub: undefined,
    ingest: undefined,
    triage: undefined,
    resolve: undefined,
    acts: undefined,
    payloads: undefined,
    workflows: undefined,
    targets: [],
    disks: { spaces: () => [] },
    signal: stop.signal,
  });
  stack.defer(async () => {
    stop.abort();
    await desk.close();
  });
  if (!(await catchesUp(desk.url, foldMs)))
    throw new CommandError(exitCodes.unreachable, 'the event log could not be read to its end within ten minutes');
  output.progress(undefined);
  return await work(desk.url);
}

/** Ends the command where an embedded log is not there: opening it would make an empty one. */
export function requireFile(eventLog: EventLogSetting): void {
  if (eventLog.kind === 'sqlite' && !existsSync(eventLog.file))
    throw new CommandError(exitCodes.unreachable, `there is no event log at ${eventLog.file}`);
}

/**
 * Ends the command where the log does not answer (following it would wait for ever), and where the key store is not there that the log was sealed with:
 * opening it would make another one, to which every name is an erased one.
 */
async function requireKeyStore(context: RunContext, setting: EventLogSetting): Promise<void> {
  const { openEventLog } = await import('#cli/roles/shared.ts');
  const { isKeyStoreMissing, keyStoreFile } = await import('#cli/roles/key-store.ts');
  const eventLog = await openEventLog(context, setting);
  try {
    const late = new Promise<undefined>((resolve) => setTimeout(() => resolve(undefined), answerMs).unref());
    const bound = await Promise.race([boundKeyStore(eventLog), late]);
    if (bound?.ok !== true)
      throw new CommandError(
        exitCodes.unreachable,
        `no desk runs with this state folder, and the event log cannot be read (${bound === undefined ? `no answer within ${answerMs / 1000} s` : bound.detail}); \`npx tocsin doctor\` says what to do`,
      );
    if (isKeyStoreMissing(context))
      throw new CommandError(
        exitCodes.settings,
        `TOCSIN_KEY_STORE: there is no key store at ${keyStoreFile(context)}${bound.keyStoreId === undefined ? '' : `, and the event log is sealed by the key store ${bound.keyStoreId}`}; point the setting at the key store of the processes that write this log, or start a desk with \`npx tocsin run desk\` where it is`,
      );
  } finally {
    await eventLog.close();
  }
}

/** Whether it has read the log to its end, now or within that time. */
async function catchesUp(desk: string, mostMs: number): Promise<boolean> {
  const deadline = performance.now() + mostMs;
  for (;;) {
    const timeoutMs = Math.min(mostMs, 30_000);
    const { items } = expectOk(await ask(`${desk}/api/projections`, { timeoutMs })) as unknown as {
      readonly items: readonly ProjectionStatus[];
    };
    if (items.every((item) => item.caughtUp)) return true;
    if (performance.now() > deadline) return false;
    await new Promise((later) => setTimeout(later, 20));
  }
}

/** The log of these settings; that of a simulated run is found in its folder. Exit code 69 where there is none. */
export function logOf(settings: Settings): EventLogSetting {
  const found = findLog(settings);
  if (found !== undefined) return found;
  throw new CommandError(
    exitCodes.unreachable,
    'no desk runs with this state folder, and there is no event log in it; start one with `npm start`, or set TOCSIN_EVENT_LOG',
  );
}

/** As {@link logOf}; undefined where there is none yet. */
export function findLog(settings: Settings): EventLogSetting | undefined {
  if (settings.eventLog !== undefined) return settings.eventLog;
  const folder = resolve(settings.stateDir);
  const candidates = [join(folder, 'event-log.db'), join(folder, 'simulator', 'event-log.db')];
  const file = candidates.find((candidate) => existsSync(candidate));
  return file === undefined ? undefined : { kind: 'sqlite', file };
}

/** What `endpoints.json` says of the log that running processes use, which need not be the one that the settings of this shell name. */
export function logInUse(text: unknown): EventLogSetting | undefined {
  const parsed = typeof text === 'string' ? parseEventLog(text) : undefined;
  return parsed?.ok === true ? parsed.value : undefined;
}
