import type { RunDone, RunOutcome } from '#adapters/pulumi/outcome.ts';
import type { StackDriver } from '#adapters/pulumi/stack-driver.ts';
import { systemClock } from '#adapters/system/clock.ts';
import { CommandError, exitCodes } from '#cli/exit-codes.ts';
import type { Output } from '#cli/output.ts';
import { type LockOff, locksInTheWay, withLocksOff } from '#infra/driver/locks-off.ts';

/** The locks that forbid what a run would delete; somebody who is asked whether to run is told of them first. */
export async function locksToTakeOff(
  driver: Pick<StackDriver, 'state'>,
  output: Pick<Output, 'say'>,
  { steps }: Pick<RunDone, 'steps'>,
): Promise<readonly LockOff[]> {
  if (!steps.some(({ op }) => op === 'delete' || op === 'replace')) return [];
  const locks = locksInTheWay(steps, (await driver.state()).resources ?? []);
  if (locks.length > 0)
    output.say(
      `what is deleted is beneath ${locks.map(({ name }) => name).join(', ')}: taken off for the run, and put back in the end`,
    );
  return locks;
}

/**
 * Runs with these locks off.
 * @param given.armUrl of another Azure Resource Manager than Microsoft's
 * @throws {CommandError} where they cannot be taken off; then nothing was run
 */
export async function runWithLocksOff(
  driver: Pick<StackDriver, 'preview'>,
  output: Pick<Output, 'say'>,
  given: { readonly slug: string; readonly locks: readonly LockOff[]; readonly armUrl?: string | undefined },
  run: () => Promise<RunOutcome>,
): Promise<RunOutcome> {
  const { slug, locks, armUrl } = given;
  const { outcome, faults } = await withLocksOff(
    locks,
    {
      ...(armUrl === undefined ? {} : { armUrl }),
      sleep: (ms) => systemClock.sleep(ms),
      inProgram: (program) => driver.preview({ program }),
    },
    run,
  );
  if (outcome === undefined)
    throw new CommandError(
      exitCodes.unreachable,
      ['the locks on what is deleted cannot be taken off; nothing was changed:', ...faults].join('\n  '),
    );
  for (const fault of faults) output.say(`warning: ${fault}`);
  if (faults.length > 0) output.say(`put them back: npx tocsin tenant up ${slug} --refresh`);
  return outcome;
}
