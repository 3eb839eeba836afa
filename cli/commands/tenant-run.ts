import { hostname } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { type FileLock, tryLock } from '#adapters/programs/lock.ts';
import type { RunFailed, StackLock } from '#adapters/pulumi/outcome.ts';
import type { RunOptions, StackDriver } from '#adapters/pulumi/stack-driver.ts';
import { pendingCreations, type StateResource } from '#adapters/pulumi/stack-state.ts';
import type { RunProgress } from '#adapters/pulumi/steps.ts';
import { systemClock } from '#adapters/system/clock.ts';
import { CommandError, exitCodes } from '#cli/exit-codes.ts';
import type { Output } from '#cli/output.ts';
import { programPlace } from '#cli/programs.ts';
import { requireSettings } from '#cli/settings.ts';
import { spanWords } from '#cli/time-words.ts';
import { type Existing, findExisting, remedyLines } from '#infra/driver/find-existing.ts';
import { remedies } from '#infra/driver/remedies.ts';
import { isComponent } from '#infra/driver/step.ts';

/** Milliseconds that a process is waited for which takes a lock away; it takes a few seconds. */
const lockMs = 20_000;

/** Tells how far a run has come: on a terminal in one line, elsewhere a line every few seconds. */
function tellProgress(output: Output, word: string, total?: number): (progress: RunProgress) => void {
  const began = performance.now();
  const running = new Map<string, { name: string; since: number }>();
  let done = 0;
  let told = began;
  const terminal = process.stderr.isTTY === true;
  return (progress) => {
    if (progress.kind === 'message') {
      if (progress.severity === 'warning') output.say(`warning: ${progress.text}`);
      return;
    }
    const { step } = progress;
    if (step.op === 'same' || isComponent(step)) return;
    if (progress.kind === 'started') running.set(step.urn, { name: step.name, since: performance.now() });
    else {
      running.delete(step.urn);
      done += 1;
    }
    const slowest = [...running.values()][0];
    const waiting =
      slowest === undefined ? '' : `; ${slowest.name} for ${spanWords(performance.now() - slowest.since)}`;
    const line = `${word}: ${done}${total === undefined ? '' : ` of ${total}`} resources in ${spanWords(performance.now() - began)}${waiting}`;
    if (terminal) return output.progress(line);
    // The last one always, so that whoever reads a log sees that it went through.
    if (performance.now() - told < 3_000 && done !== total) return;
    told = performance.now();
    output.say(line);
  };
}

/**
 * Runs, and where the lock of a dead process of this machine is in the way takes that away and runs again.
 * @param alone file of a lock that one process of this machine holds while it does so: two that met the same dead lock would otherwise take away each other's
 */
export async function withLockCare<Done extends { readonly ok: true }>(
  driver: Pick<StackDriver, 'unlock'>,
  output: Output,
  run: () => Promise<Done | RunFailed>,
  alone?: string,
): Promise<Done | RunFailed> {
  const first = await run();
  const dead = staleLock(first);
  if (dead === undefined) return first;
  const lock = await waitForLock(
    alone ?? join(programPlace(requireSettings(undefined)).cacheDir, 'taking-locks-away.lock'),
  );
  // Whoever has it for so long runs by now, and says what is the matter.
  if (lock === undefined) return await run();
  try {
    // Another process may have been here first: what holds the stack now is alive.
    const again = await run();
    const still = staleLock(again);
    if (still === undefined || still.pid !== dead.pid || still.since !== dead.since) return again;
    output.say(`process ${dead.pid}, which held the stack since ${dead.since}, is gone; taking its lock away`);
    await driver.unlock();
  } finally {
    lock.release();
  }
  return await run();
}

function staleLock(outcome: { readonly ok: true } | RunFailed): StackLock | undefined {
  if (outcome.ok || outcome.reason !== 'locked' || outcome.lock === undefined) return undefined;
  return isStale(outcome.lock) ? outcome.lock : undefined;
}

async function waitForLock(file: string): Promise<FileLock | undefined> {
  const deadline = systemClock.monotonic() + lockMs;
  for (;;) {
    const lock = tryLock(file);
    if (lock !== undefined || systemClock.monotonic() > deadline) return lock;
    await systemClock.sleep(100);
  }
}

/** True for the lock of a process of this machine that runs no more. Of other machines nothing is known. */
export function isStale(lock: StackLock): boolean {
  if (lock.host !== hostname()) return false;
  try {
    process.kill(lock.pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}

/**
 * Takes up what a killed run left: for each creation without a known end the cloud is asked; what is there is adopted, what is not is forgotten. Without
 * this the engine would make such things a second time, or be refused each time. Nothing is changed where the cloud does not say.
 * @param graphUrl of another Graph than Microsoft's
 * @param signal ends it
 */
export async function takeUp(
  driver: StackDriver,
  output: Output,
  graphUrl?: string,
  signal?: AbortSignal,
): Promise<void> {
  const before = await driver.state();
  const pending = pendingCreations(before);
  if (pending.length === 0) return;
  // What somebody imported is no doubt any more.
  const known = new Set((before.resources ?? []).map(({ urn }) => urn));
  const doubtful = pending.filter(({ urn }) => !known.has(urn));
  const existing = await askCloud(driver, output, doubtful, graphUrl, signal);
  const settled = await withLockCare(driver, output, () => driver.settle(({ urn }) => existing.ids[urn]));
  if (!settled.ok) throw failure(settled);
  const { adopted } = settled;
  const interruptible = signal === undefined ? {} : { signal };
  if (adopted.length > 0) {
    const refreshed = await driver.refresh({ targets: adopted.map(({ urn }) => urn), ...interruptible });
    if (!refreshed.ok) throw failure(refreshed);
  }
  const there = new Set(((await driver.state()).resources ?? []).map(({ urn }) => urn));
  const taken = adopted.filter(({ urn }) => there.has(urn)).length;
  output.say(`${taken} had been made and are taken over; ${doubtful.length - taken} had not`);
}

/** What the cloud says of them; ends the command where it does not say. */
async function askCloud(
  driver: StackDriver,
  output: Output,
  doubtful: readonly StateResource[],
  graphUrl: string | undefined,
  signal: AbortSignal | undefined,
): Promise<Existing> {
  if (doubtful.length === 0) return { ids: {}, unclear: [] };
  output.say(`an earlier run was killed; asking Azure about ${doubtful.length} resources that it had begun to make`);
  const answer: { existing?: Existing } = {};
  const deps = { sleep: systemClock.sleep, ...(graphUrl === undefined ? {} : { graphUrl }) };
  const asked = await withLockCare(driver, output, () =>
    driver.preview({
      ...(signal === undefined ? {} : { signal }),
      program: async () => {
        answer.existing = await findExisting(doubtful, deps);
      },
    }),
  );
  const { existing } = answer;
  if (existing === undefined)
    throw new CommandError(
      exitCodes.unreachable,
      [
        'Azure could not be asked what the earlier run had made; nothing was changed',
        ...(asked.ok ? [] : asked.detail),
      ].join('\n  ') + (asked.ok ? '' : whatToDo(asked.detail)),
    );
  if (existing.unclear.length > 0)
    throw new CommandError(
      exitCodes.unreachable,
      [
        'Entra ID does not say whether an earlier run had made these; nothing was changed:',
        ...remedyLines(existing.unclear),
      ].join('\n  '),
    );
  return existing;
}

/** Common options of a run. */
export function runOptions(
  output: Output,
  word: string,
  signal: AbortSignal,
  more: { readonly total?: number; readonly policyPacks?: readonly string[] } = {},
): RunOptions {
  return {
    signal,
    onProgress: tellProgress(output, word, more.total),
    ...(more.policyPacks === undefined ? {} : { policyPacks: more.policyPacks }),
  };
}

/** The end of the command for a run that did not come to its end. */
export function failure(failed: RunFailed): CommandError {
  const lines = saidLines(failed.detail);
  const { create, update, replace, delete: gone } = failed.counts;
  const changed = create + update + replace + gone;
  const so =
    failed.cut === true
      ? `the engine ended without saying what it did: at least ${changed} resources were made, changed or deleted, and more may have been`
      : changed === 0
        ? 'nothing was changed'
        : `${changed} resources were made, changed or deleted before`;
  switch (failed.reason) {
    case 'locked':
      return new CommandError(
        exitCodes.no,
        [
          `somebody else works on this stack${holderOf(failed)}; nothing was changed`,
          lines,
          'Wait until that has ended, then repeat the command. Only where its process is dead: `pulumi cancel <slug>`, then repeat the command, which takes up what was made.',
        ].join('\n'),
      );
    case 'policy':
      return new CommandError(exitCodes.no, `the policies refuse this; ${so}:\n${lines}`);
    case 'protected':
      return new CommandError(exitCodes.no, `something that is protected would have to be deleted; ${so}:\n${lines}`);
    case 'stopped':
      return new CommandError(exitCodes.no, 'stopped cleanly; the same command takes it up again');
    case 'no-stack':
      return new CommandError(
        exitCodes.no,
        'there is no such tenant; `tocsin tenant init <slug>` makes one, `tocsin tenant list` shows those that there are',
      );
    case 'failed':
      return new CommandError(
        exitCodes.no,
        `it did not end well; ${so}; the same command takes it up again:\n${lines}${whatToDo(failed.detail)}`,
      );
  }
}

/** The end of the command for what the engine refuses outside of a run: where the state is kept does not answer, or does not take the sign-in. */
export function refusal(said: readonly string[]): CommandError {
  return new CommandError(exitCodes.unreachable, `Pulumi could not do this:\n${saidLines(said)}${whatToDo(said)}`);
}

function holderOf({ lock, update }: RunFailed): string {
  if (lock !== undefined) return ` (${lock.user} on ${lock.host}, process ${lock.pid}, since ${lock.since})`;
  return update === undefined ? '' : ` (${update.user}: ${update.kind.toLowerCase()}, begun ${update.since})`;
}

function saidLines(said: readonly string[]): string {
  return said.map((one) => `  ${one.replace(/^error: /, '').replaceAll('\n', '\n  ')}`).join('\n');
}

function whatToDo(said: readonly string[]): string {
  const known = remedies(said);
  return known.length === 0 ? '' : `\nWhat to do:\n${known.map((one) => `  - ${one}.`).join('\n')}`;
}

/** Where a person answers. */
interface Terminal {
  readonly input: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  readonly output: NodeJS.WritableStream & { readonly isTTY?: boolean };
}

/**
 * Asks a person; where nobody can answer, `--yes` is needed.
 * @param signal of whoever ends it from outside; Ctrl-C and Ctrl-D at the question do as well
 */
export async function confirm(
  question: string,
  yes: boolean,
  signal?: AbortSignal,
  { input, output }: Terminal = { input: process.stdin, output: process.stderr },
): Promise<void> {
  if (yes) return;
  if (input.isTTY !== true) throw new CommandError(exitCodes.usage, `${question} Nobody can answer here; add --yes.`);
  const terminal = createInterface({ input, output });
  const answer = await new Promise<string | undefined>((resolve) => {
    const none = () => resolve(undefined);
    // By Ctrl-C and Ctrl-D.
    terminal.once('close', none);
    terminal.question(`${question} [y/N] `, signal === undefined ? {} : { signal }).then(resolve, none);
  });
  terminal.close();
  if (answer === undefined) output.write('\n');
  if (!/^y(?:es)?$/i.test(answer?.trim() ?? '')) throw new CommandError(exitCodes.no, 'nothing was changed');
}
