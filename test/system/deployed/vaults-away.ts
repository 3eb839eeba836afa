import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { unitOf } from '#cli/deployed/deployed-stack.ts';
import type { RoleProcess } from '#cli/deployed/role-process.ts';
import type { Deployed } from '#cli/deployed/start-deployed.ts';
import type { Role } from '#infra/names.ts';
import { eventually } from '#test/support/eventually.ts';

/** Takes every vault of a stack away; what is returned brings them back. */
export async function takeVaultsAway({ services }: Deployed): Promise<() => Promise<void>> {
  const { simulators } = services.vaults;
  await Promise.all(simulators.map(({ faults }) => faults.start('unreachable')));
  return async () => {
    await Promise.all(simulators.map(({ faults }) => faults.stop('unreachable')));
  };
}

/** Starts a role anew, and waits until it says that it waits for its keys. `started` resolves when it no longer does. */
export async function restartWaiting(
  deployed: Deployed,
  role: Role,
): Promise<{ readonly started: Promise<RoleProcess> }> {
  const { name } = unitOf(deployed.stack, role);
  const stateDir = deployed.processes.find((one) => one.name === name)?.stateDir ?? '';
  const started = deployed.restart(name);
  // Whoever waits for it hears of a failure; who does not get that far hears of another.
  started.catch(() => undefined);
  await eventually(`${name} says what it waits for`, () =>
    readFileSync(join(stateDir, 'stderr.log'), 'utf8').includes('the keys of the stack cannot be reached'),
  );
  return { started };
}
