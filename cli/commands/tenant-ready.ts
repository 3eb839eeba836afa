import { engineSays } from '#adapters/pulumi/engine-says.ts';
import type { StackDriver } from '#adapters/pulumi/stack-driver.ts';
import { openPlace, type PlaceOptions, type TenantPlace } from '#cli/commands/tenant-place.ts';
import { failure, refusal } from '#cli/commands/tenant-run.ts';
import { simulatedSettings } from '#cli/commands/tenant-settings.ts';
import { resourceCounts } from '#cli/commands/tenant-show.ts';
import { CommandError, exitCodes } from '#cli/exit-codes.ts';
import { createOutput, type Output } from '#cli/output.ts';
import type { StackPlan } from '#infra/stack-plan.ts';

/** Opens the place, acts, and closes it whatever happened. A refusal of the engine ends the command with words. */
export async function withPlace(
  options: PlaceOptions,
  stateDir: string | undefined,
  act: (place: TenantPlace, output: Output) => Promise<void>,
): Promise<void> {
  const output = createOutput();
  const place = await openPlace(options, stateDir, output);
  try {
    await act(place, output);
  } catch (error) {
    const said = engineSays(error);
    if (said !== undefined && place.signal.aborted)
      throw new CommandError(exitCodes.no, 'stopped; the same command takes it up again');
    throw said === undefined ? error : refusal(said);
  } finally {
    output.progress(undefined);
    await place.close();
  }
}

/** The driver of a stack that is there; ends the command where there is none. */
export async function existing(
  place: TenantPlace,
  slug: string,
  onPlan?: (plan: StackPlan) => void,
): Promise<StackDriver> {
  const driver = await place.driver(slug, onPlan);
  if (await driver.exists()) return driver;
  throw failure({ ok: false, reason: 'no-stack', detail: [], counts: resourceCounts({ steps: [] }), steps: [] });
}

export interface Ready {
  readonly driver: StackDriver;
  /** What the program said at its last run. */
  readonly plan: () => StackPlan;
}

/** The driver of a stack that is there; in the simulation one is made. */
export async function readyDriver(place: TenantPlace, slug: string, output: Output): Promise<Ready> {
  let known: StackPlan = { outboundHosts: [], appSizes: {} };
  const onPlan = (plan: StackPlan) => {
    known = plan;
  };
  const plan = () => known;
  if (!place.simulated) return { driver: await existing(place, slug, onPlan), plan };
  const driver = await place.driver(slug, onPlan);
  if (await driver.exists()) return { driver, plan };
  await driver.create();
  const { plain, secrets } = simulatedSettings(slug);
  await driver.configure(plain, secrets);
  output.say(
    `made a stack for ${slug} with the settings of an ordinary tenant, in ${place.folder}/Pulumi.${slug}.yaml`,
  );
  return { driver, plan };
}
