import { spawnSync } from 'node:child_process';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import type { RunFailed } from '#adapters/pulumi/outcome.ts';
import { confirm, failure, withLockCare } from '#cli/commands/tenant-run.ts';
import { CommandError } from '#cli/exit-codes.ts';
import { createOutput } from '#cli/output.ts';
import { temporaryFolder } from '#test/support/temporary-folder.ts';

const counts = { create: 0, update: 0, replace: 0, delete: 0, same: 0 };
const output = { ...createOutput(), say: () => {} };

describe('asking a person', () => {
  const question = (signal?: AbortSignal) => {
    const input = Object.assign(new PassThrough(), { isTTY: true });
    const asked = confirm('Make it so?', false, signal, {
      input,
      output: Object.assign(new PassThrough().resume(), { isTTY: true }),
    });
    return { input, ended: asked.catch((error: unknown) => error) };
  };
  const nothing = new CommandError(1, 'nothing was changed');

  it.each([
    ['no', 'n\n'],
    ['nothing', '\n'],
    ['Ctrl-C', '\x03'],
    ['Ctrl-D', '\x04'],
  ])('takes %s for a no', async (_what, typed) => {
    const { input, ended } = question();
    input.write(typed);
    expect(await ended).toEqual(nothing);
  });

  it('takes an end of the terminal, and a signal, for a no', async () => {
    const { input, ended } = question();
    input.end();
    expect(await ended).toEqual(nothing);
    const stopping = new AbortController();
    const asked = question(stopping.signal);
    stopping.abort();
    expect(await asked.ended).toEqual(nothing);
  });

  it('goes on with a yes', async () => {
    const { input, ended } = question();
    input.write('y\n');
    expect(await ended).toBeUndefined();
  });
});

describe('the lock of a dead process', () => {
  const { pid } = spawnSync(process.execPath, ['--version']);
  const heldBy = (holder: number): RunFailed => ({
    ...{ ok: false, reason: 'locked', detail: [], counts, steps: [] },
    lock: { user: 'ada', host: hostname(), pid: holder, since: '2026-11-21T10:00:00Z' },
  });
  const done = { ok: true } as const;

  it('is taken away once by two that meet it at once, and the living lock of the first is left alone', async () => {
    const file = join(temporaryFolder(), 'lock');
    let holder: number | undefined = pid;
    const removed: (number | undefined)[] = [];
    const driver = {
      async unlock() {
        removed.push(holder);
        holder = undefined;
      },
    };
    const met = Promise.withResolvers<void>();
    let looked = 0;
    /** Both look before either acts; whoever gets the stack is this process, which lives. */
    const run = async () => {
      const held = holder;
      if (++looked === 2) met.resolve();
      await met.promise;
      if (held !== undefined) return heldBy(held);
      holder = process.pid;
      return done;
    };
    const ends = await Promise.all([1, 2].map(() => withLockCare(driver, output, run, file)));
    expect(removed).toEqual([pid]);
    expect(ends.filter(({ ok }) => ok)).toHaveLength(1);
    expect(ends.find(({ ok }) => !ok)).toMatchObject({ reason: 'locked', lock: { pid: process.pid } });
  });
});

describe('what is said of a run that was cut off', () => {
  const failed: RunFailed = { ok: false, reason: 'failed', detail: ['the engine ended'], counts, steps: [] };

  it('is never that nothing was changed', () => {
    expect(failure(failed).message).toContain('nothing was changed');
    const cut = failure({ ...failed, counts: { ...counts, create: 3 }, cut: true }).message;
    expect(cut).toContain('at least 3 resources were made, changed or deleted, and more may have been');
    expect(failure({ ...failed, cut: true }).message).not.toContain('nothing was changed');
  });
});
