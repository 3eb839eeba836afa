import type { StackDriver } from '#adapters/pulumi/stack-driver.ts';
import type { ResourceStep } from '#adapters/pulumi/steps.ts';
import { systemClock } from '#adapters/system/clock.ts';
import { withLockCare } from '#cli/commands/tenant-run.ts';
import { CommandError, exitCodes } from '#cli/exit-codes.ts';
import type { Output } from '#cli/output.ts';
import {
  type DeletedVault,
  deletedVaultLines,
  findDeletedVaults,
  plannedVaults,
} from '#infra/driver/deleted-vaults.ts';

/**
 * Refuses a run that would make a vault whose name a deleted one still has, before anything is made. Where Azure does not say, that is said, and the run
 * goes on: it may be right.
 * @param armUrl of another Azure Resource Manager than Microsoft's
 */
export async function refuseDeletedVaults(
  driver: StackDriver,
  output: Output,
  given: { readonly slug: string; readonly steps: readonly ResourceStep[]; readonly armUrl?: string },
): Promise<void> {
  const { slug, steps, armUrl } = given;
  const planned = plannedVaults(steps);
  if (planned.length === 0) return;
  const answer: { deleted?: readonly DeletedVault[]; why?: string } = {};
  const asked = await withLockCare(driver, output, () =>
    driver.preview({
      program: async () => {
        const deps = { sleep: systemClock.sleep, ...(armUrl === undefined ? {} : { armUrl }) };
        try {
          answer.deleted = await findDeletedVaults(planned, deps);
        } catch (error) {
          answer.why = error instanceof Error ? error.message : String(error);
        }
      },
    }),
  );
  const { deleted } = answer;
  if (deleted === undefined) {
    const why = answer.why ?? (asked.ok ? 'no answer' : asked.detail.join('; '));
    output.say(`whether a deleted vault still has the name of a new one could not be asked: ${why}`);
    return;
  }
  if (deleted.length > 0)
    throw new CommandError(
      exitCodes.no,
      ['names of vaults are taken; nothing was changed:', ...deletedVaultLines(slug, deleted)].join('\n'),
    );
}
