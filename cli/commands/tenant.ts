import type { RunDone } from '#adapters/pulumi/outcome.ts';
import type { StackDriver } from '#adapters/pulumi/stack-driver.ts';
import { pendingCreations } from '#adapters/pulumi/stack-state.ts';
import { endWatching } from '#cli/commands/tenant-leaving.ts';
import { locksToTakeOff, runWithLocksOff } from '#cli/commands/tenant-locks.ts';
import type { TenantPlace } from '#cli/commands/tenant-place.ts';
import { existing, readyDriver, withPlace } from '#cli/commands/tenant-ready.ts';
import { confirm, failure, runOptions, takeUp, withLockCare } from '#cli/commands/tenant-run.ts';
import { givenSettings, simulatedSettings } from '#cli/commands/tenant-settings.ts';
import {
  changedResources,
  maskedOutputs,
  previewDocument,
  printOutputs,
  printPreview,
  resourceCounts,
} from '#cli/commands/tenant-show.ts';
import { refuseDeletedVaults } from '#cli/commands/tenant-vaults.ts';
import { CommandError, exitCodes } from '#cli/exit-codes.ts';
import type { Output } from '#cli/output.ts';
import { spanWords } from '#cli/time-words.ts';
import { driftOf } from '#infra/driver/drift.ts';
import { firstLockFaults } from '#infra/driver/first-lock.ts';
import { deskIn, keptLines, leavingOrder, refuseDestroy } from '#infra/driver/leaving.ts';
import { isComponent } from '#infra/driver/step.ts';
import { readStackSettings } from '#infra/settings/read-stack-settings.ts';

interface Common {
  readonly json?: boolean;
  readonly simulate?: boolean;
}
interface Changing extends Common {
  readonly yes?: boolean;
  readonly policy?: boolean;
}

interface Leaving extends Changing {
  readonly keepEvidence?: boolean;
  readonly withoutEndingWatch?: boolean;
}

/** `tocsin tenant init`. */
export async function init(
  slug: string,
  options: Common & {
    readonly set?: readonly string[];
    readonly secretFile?: readonly string[];
    readonly secretsProvider?: string;
  },
  stateDir: string | undefined,
): Promise<void> {
  const given = givenSettings(options.set, options.secretFile);
  await withPlace(options, stateDir, async (place, output) => {
    const driver = await place.driver(slug);
    await driver.create();
    const start =
      place.simulated && (await driver.settings())['tenant'] === undefined
        ? simulatedSettings(slug)
        : { plain: {}, secrets: {} };
    await driver.configure({ tenant: slug, ...start.plain, ...given.plain }, { ...start.secrets, ...given.secrets });
    const faults = await settingsFaults(driver);
    if (options.json === true) output.json({ tenant: slug, ready: faults.length === 0, faults });
    else output.say(`${slug} has a stack; its settings are in ${place.folder}/Pulumi.${slug}.yaml`);
    if (faults.length > 0)
      throw new CommandError(
        exitCodes.settings,
        `before \`tocsin tenant up ${slug}\`, put right:\n${faults.map((fault) => `  - ${fault}`).join('\n')}`,
      );
    output.say(`next: npx tocsin tenant preview ${slug}${place.simulated ? ' --simulate' : ''}`);
  });
}

/** `tocsin tenant preview`. */
export async function preview(slug: string, options: Changing, stateDir: string | undefined): Promise<void> {
  await withPlace(options, stateDir, async (place, output) => {
    const { driver, plan } = await readyDriver(place, slug, output);
    const run = await previewed(place, driver, slug, options, output);
    if (options.json === true) output.json(previewDocument(slug, run, plan()));
    else printPreview(output, slug, run, plan());
  });
}

/** `tocsin tenant up`. */
export async function up(
  slug: string,
  options: Changing & { readonly start?: boolean; readonly refresh?: boolean },
  stateDir: string | undefined,
): Promise<void> {
  await withPlace(options, stateDir, async (place, output) => {
    const { driver, plan } = await readyDriver(place, slug, output);
    await takeUp(driver, output, place.reads?.graphUrl, place.signal);
    if (options.refresh === true) await lookAround(place, driver, output);
    const planned = await previewed(place, driver, slug, options, output);
    const counts = resourceCounts(planned);
    const changing = counts.create + counts.update + counts.replace + counts.delete;
    if (options.json !== true) printPreview(output, slug, planned, plan());
    const { armUrl } = place.reads ?? {};
    await refuseDeletedVaults(driver, output, {
      slug,
      steps: planned.steps,
      ...(armUrl === undefined ? {} : { armUrl }),
    });
    const locks = await locksToTakeOff(driver, output, planned);
    if (changing > 0) await confirm(`Make it so for ${slug}?`, options.yes === true || place.simulated, place.signal);
    const began = performance.now();
    const done = await runWithLocksOff(driver, output, { slug, locks, armUrl }, () =>
      withLockCare(driver, output, () =>
        driver.up(runOptions(output, 'making', place.signal, { total: changing, ...packs(place, options) })),
      ),
    );
    if (!done.ok) throw failure(done);
    const changes = resourceCounts(done);
    output.say(
      `done in ${spanWords(performance.now() - began)}: ${changes.create} made, ${changes.update} changed, ${changes.replace} made anew, ${changes.delete} deleted, ${changes.same} as they were`,
    );
    const file = place.keepOutputs(slug, maskedOutputs(done.outputs));
    if (options.json !== true) {
      output.data('');
      printOutputs(output, done.outputs);
    }
    if (place.simulated && options.json !== true) await againWithoutChanges(place, driver, output);
    output.say(`outputs, with the settings of each role: ${file}`);
    const stay = process.stdin.isTTY === true && process.stdout.isTTY === true && options.yes !== true;
    const call =
      place.simulated && options.start !== false
        ? await (await import('#cli/commands/tenant-start.ts')).startFromOutputs(
            place,
            file,
            output,
            stay && options.json !== true,
          )
        : undefined;
    if (options.json === true)
      return output.json({
        ...{ tenant: slug, changes, resources: changedResources(done) },
        ...{ outputs: maskedOutputs(done.outputs), outputsFile: file },
        ...(call === undefined ? {} : { call }),
      });
    output.say(
      place.simulated
        ? 'a real stack runs all this in Azure by itself'
        : `next: open the desk, and sign the service user in (npx tocsin sign-in)`,
    );
  });
}

/** `tocsin tenant status`. */
export async function status(slug: string, options: Common, stateDir: string | undefined): Promise<void> {
  await withPlace(options, stateDir, async (place, output) => {
    const driver = await existing(place, slug);
    const state = await driver.state();
    const resources = (state.resources ?? []).filter((one) => one.custom && !one.type.startsWith('pulumi:'));
    const pending = pendingCreations(state);
    const looked = await withLockCare(driver, output, () =>
      driver.refresh({ ...runOptions(output, 'looking', place.signal), dryRun: true }),
    );
    if (!looked.ok) throw failure(looked);
    const drift = driftOf(looked.steps);
    // The engine keeps the outputs of the last `up` also when most of what they name has been deleted.
    const hasDesk = deskIn(resources);
    const outputs = hasDesk ? await driver.outputs() : {};
    if (options.json === true)
      output.json({
        tenant: slug,
        resources: resources.length,
        desk: hasDesk,
        pending: pending.map(({ urn }) => urn.split('::').at(-1)),
        drift: drift.map(({ kind, type, name, sentence }) => ({ kind, type, name, sentence })),
        outputs: maskedOutputs(outputs),
      });
    else {
      output.data(`${slug}: ${resources.length} resources${hasDesk ? '' : ' and no desk: nothing watches here'}`);
      const kept = hasDesk ? [] : keptLines(resources);
      for (const line of kept) output.data(line);
      if (kept.length > 0)
        output.data(
          `  and ${resources.length - kept.length} that belong to these: locks, roles and who has them, settings, network`,
        );
      printOutputs(output, outputs);
      for (const { sentence } of drift) output.data(output.paint('red', `  ${sentence}`));
      for (const { urn } of pending)
        output.data(
          output.paint('red', `  ${urn.split('::').at(-1)} was begun and nobody knows how it ended; \`up\` asks Azure`),
        );
      if (drift.length > 0)
        output.say(`next: npx tocsin tenant up ${slug} --refresh${place.simulated ? ' --simulate' : ''}`);
      else if (pending.length === 0) output.say('nothing differs from what the stack made');
    }
    if (drift.length + pending.length > 0) process.exitCode = exitCodes.no;
  });
}

/** `tocsin tenant destroy`. */
export async function destroy(slug: string, options: Leaving, stateDir: string | undefined): Promise<void> {
  await withPlace(options, stateDir, async (place, output) => {
    await destroyStack(place, await existing(place, slug), slug, options, output, stateDir);
  });
}

/** What a killed run had begun is taken up first: what is not in the state would stay behind, and nobody would know. */
export async function destroyStack(
  place: Pick<TenantPlace, 'simulated' | 'reads' | 'signal'>,
  driver: StackDriver,
  slug: string,
  options: Leaving,
  output: Output,
  stateDir: string | undefined,
): Promise<void> {
  await takeUp(driver, output, place.reads?.graphUrl, place.signal);
  const resources = (await driver.state()).resources ?? [];
  const refusal = refuseDestroy(slug, resources, place.simulated);
  if (refusal !== undefined && options.keepEvidence !== true)
    throw new CommandError(exitCodes.no, refusal.lines.join('\n'));
  await confirm(
    refusal === undefined
      ? `Delete everything of ${slug}?`
      : `Delete everything of ${slug} but ${refusal.kept.length} protected resources?`,
    options.yes === true || place.simulated,
    place.signal,
  );
  await endWatching({
    ...{ slug, output, simulated: place.simulated, signal: place.signal, stateDir, resources },
    ...{ outputs: () => driver.outputs(), without: options.withoutEndingWatch === true },
  });
  const order = leavingOrder(resources);
  const done = await withLockCare(driver, output, () =>
    driver.destroy({ ...runOptions(output, 'deleting', place.signal), ...order }),
  );
  if (!done.ok) throw failure(done);
  const changes = resourceCounts(done);
  const after = await driver.state();
  const left = (after.resources ?? []).filter((one) => one.custom && !one.type.startsWith('pulumi:'));
  const pending = pendingCreations(after).map(({ urn }) => urn.split('::').at(-1) ?? '');
  if (options.json === true)
    output.json({ tenant: slug, changes, kept: left.map(({ urn }) => urn.split('::').at(-1)), pending });
  else {
    output.say(`${changes.delete} deleted, ${left.length} left where they are`);
    if (order.keepProtected)
      output.say(`what, and why: npx tocsin tenant status ${slug}${place.simulated ? ' --simulate' : ''}`);
    for (const name of pending)
      output.say(`${name} was begun and nobody knows how it ended: it may still be there; the same command asks Azure`);
  }
  if (pending.length > 0) process.exitCode = exitCodes.no;
}

/** `tocsin tenant list`. */
export async function list(options: Common, stateDir: string | undefined): Promise<void> {
  await withPlace(options, stateDir, async (place, output) => {
    const tenants = await place.list();
    if (options.json === true) return output.json({ items: tenants.map((tenant) => ({ tenant })) });
    for (const tenant of tenants) output.data(tenant);
    if (tenants.length === 0) output.say('no tenant has a stack');
  });
}

/** Puts into the state what there really is, and says what differs from what the stack made: the next run puts it back. */
async function lookAround(place: TenantPlace, driver: StackDriver, output: Output): Promise<void> {
  const looked = await withLockCare(driver, output, () => driver.refresh(runOptions(output, 'looking', place.signal)));
  if (!looked.ok) throw failure(looked);
  for (const { sentence } of driftOf(looked.steps)) output.say(sentence);
}

async function previewed(
  place: TenantPlace,
  driver: StackDriver,
  slug: string,
  options: Changing,
  output: Output,
): Promise<RunDone> {
  // Faults of settings end the command with a code of their own, and without a run of the engine.
  const faults = await settingsFaults(driver);
  if (faults.length > 0)
    throw new CommandError(
      exitCodes.settings,
      `the settings of ${slug} are wrong; nothing was changed:\n${faults.map((fault) => `  - ${fault}`).join('\n')}`,
    );
  const run = await withLockCare(driver, output, () =>
    driver.preview(runOptions(output, 'looking', place.signal, packs(place, options))),
  );
  if (!run.ok) throw failure(run);
  return run;
}

/** All that is wrong with the settings, by themselves and for what the stack has by now. */
async function settingsFaults(driver: StackDriver): Promise<readonly string[]> {
  const settings = await driver.settings();
  const read = readStackSettings(settings);
  const resources = settings['lockEvidence']?.trim() === 'true' ? ((await driver.state()).resources ?? []) : [];
  return [...(read.ok ? [] : read.faults), ...firstLockFaults(settings, resources)];
}

async function againWithoutChanges(place: TenantPlace, driver: StackDriver, output: Output): Promise<void> {
  const again = await driver.up(runOptions(output, 'again', place.signal));
  if (!again.ok) throw failure(again);
  const { create, update, replace, delete: gone } = resourceCounts(again);
  const changed = create + update + replace + gone;
  output.say(`a second run changes ${changed} resources`);
  if (changed > 0)
    throw new CommandError(
      exitCodes.no,
      again.steps
        .filter((one) => one.op !== 'same' && !isComponent(one))
        .map(({ op, name }) => `${op} ${name}`)
        .join('\n'),
    );
}

const packs = (place: TenantPlace, options: Changing) =>
  options.policy === false ? {} : { policyPacks: place.policyPacks };
