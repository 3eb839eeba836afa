import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { obtainEngine } from '#adapters/pulumi/engine/obtain.ts';
import { createEngineCommand, type EngineCommand } from '#adapters/pulumi/engine-command.ts';
import { languageHostFolder } from '#adapters/pulumi/language-host.ts';
import { createStackDriver, listStacks, type StackDriver } from '#adapters/pulumi/stack-driver.ts';
import { systemClock } from '#adapters/system/clock.ts';
import { CommandError, exitCodes } from '#cli/exit-codes.ts';
import type { Output } from '#cli/output.ts';
import { programPlace } from '#cli/programs.ts';
import { requireSettings } from '#cli/settings.ts';
import { armPaths } from '#infra/driver/arm-ids.ts';
import { slugPattern } from '#infra/names.ts';
import type { StackPlan } from '#infra/stack-plan.ts';
import { type SimulatedAzure, startSimulatedAzure } from '#simulator/azure/simulated-azure.ts';

export interface PlaceOptions {
  readonly simulate?: boolean;
  readonly secretsProvider?: string;
}

/** Where stacks are driven: the engine, its folder and backend, and the simulated Azure where that is asked for. */
export interface TenantPlace {
  readonly simulated: boolean;
  /** Where the simulated Azure is read; absent for Microsoft's. */
  readonly reads?: Pick<SimulatedAzure, 'graphUrl' | 'armUrl'>;
  /** Holds `Pulumi.yaml` and the settings of each stack. */
  readonly folder: string;
  readonly policyPacks: readonly string[];
  /** Aborted by the first Ctrl-C, and when the terminal is closed. */
  readonly signal: AbortSignal;
  /** `onPlan` gets what the program plans, each time it runs. */
  driver(slug: string, onPlan?: (plan: StackPlan) => void): Promise<StackDriver>;
  list(): Promise<readonly string[]>;
  /** File that keeps the outputs of a stack for whoever starts Tocsin with them. */
  keepOutputs(slug: string, outputs: object): string;
  close(): Promise<void>;
}

const project = 'tocsin';
/** A terminal that is closed says so with the last one. */
const interrupts = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
const checkout = resolve(import.meta.dirname, '../..');

/** Gets the engine, which may take minutes once, and readies the place. */
export async function openPlace(
  options: PlaceOptions,
  stateDir: string | undefined,
  output: Output,
): Promise<TenantPlace> {
  const settings = requireSettings(stateDir);
  const state = resolve(settings.stateDir);
  const programs = programPlace(settings);
  const stopping = new AbortController();
  const interrupt = () => {
    if (stopping.signal.aborted) return;
    output.say('ending what was begun, and recording it; this may take a minute');
    stopping.abort();
  };
  for (const signal of interrupts) process.on(signal, interrupt);
  const engine = await obtainEngine({
    ...programs,
    ...(settings.pulumiCli === undefined ? {} : { executable: settings.pulumiCli }),
    clock: systemClock,
    onProgress: (line) => output.say(line),
    signal: stopping.signal,
  });
  if (!engine.ok)
    throw new CommandError(
      exitCodes.unreachable,
      `the Pulumi engine cannot be had: ${engine.detail}.\nTo get it: ${engine.remedy}.`,
    );
  output.say(`Pulumi ${engine.version} (${engine.executable})`);
  const simulated = options.simulate === true ? await simulatedPlace(join(state, 'simulated-azure')) : undefined;
  const env = {
    PULUMI_SKIP_UPDATE_CHECK: 'true',
    ...simulated?.env,
  };
  const command: EngineCommand = createEngineCommand({
    ...engine,
    // An engine that was installed brings its own language host.
    pathFirst: engine.source === 'cache' || engine.source === 'built' ? [languageHostFolder(programs.cacheDir)] : [],
    env: { ...programs.env, ...env },
    signal: stopping.signal,
  });
  const folder = simulated?.folder ?? checkout;
  return {
    simulated: simulated !== undefined,
    ...(simulated === undefined ? {} : { reads: simulated.azure }),
    folder,
    policyPacks: [join(checkout, 'infra/policy')],
    signal: stopping.signal,
    async driver(slug, onPlan = () => {}) {
      if (!slugPattern.test(slug))
        throw new CommandError(
          exitCodes.usage,
          `${slug} cannot be a tenant: 2 to 20 lower-case letters, digits and single hyphens, a letter first and no hyphen last`,
        );
      return createStackDriver({
        ...{ command, folder, project, env, clock: systemClock },
        stack: slug,
        program: async () => {
          // Only where it runs: it loads the declarations of all of Azure.
          const { stackProgram } = await import('#infra/stack-program.ts');
          const outputs = await stackProgram();
          onPlan(outputs);
          return Object.fromEntries(Object.entries(outputs).filter(([, value]) => value !== undefined));
        },
        ...(options.secretsProvider === undefined ? {} : { secretsProvider: options.secretsProvider }),
      });
    },
    list: () => listStacks({ command, folder, env }),
    keepOutputs(slug, outputs) {
      const file = join(simulated === undefined ? join(state, 'tenants') : join(folder, 'outputs'), `${slug}.json`);
      mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
      writeFileSync(file, `${JSON.stringify(outputs, undefined, 2)}\n`, { mode: 0o600 });
      return file;
    },
    async close() {
      for (const signal of interrupts) process.off(signal, interrupt);
      await simulated?.azure.stop();
    },
  };
}

/** A place of its own for the simulation: nothing of it touches a real backend or real settings. */
async function simulatedPlace(folder: string): Promise<{
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  readonly azure: SimulatedAzure;
}> {
  for (const inside of ['', 'state', 'home']) mkdirSync(join(folder, inside), { recursive: true, mode: 0o700 });
  const azure = await startSimulatedAzure({ folder: join(folder, 'cloud'), paths: armPaths });
  writeFileSync(
    join(folder, 'Pulumi.yaml'),
    `name: ${project}\ndescription: Stacks in a simulated Azure.\nruntime: nodejs\n`,
  );
  return {
    folder,
    azure,
    env: {
      PULUMI_HOME: join(folder, 'home'),
      PULUMI_BACKEND_URL: pathToFileURL(join(folder, 'state')).href,
      PULUMI_CONFIG_PASSPHRASE: passphrase(join(folder, 'passphrase')),
      PULUMI_CONFIG_PASSPHRASE_FILE: '',
      PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: 'true',
      PULUMI_DIY_BACKEND_DISABLE_CHECKPOINT_BACKUPS: 'true',
      PULUMI_DEBUG_PROVIDERS: azure.debugProviders,
    },
  };
}

function passphrase(file: string): string {
  if (!existsSync(file)) writeFileSync(file, randomBytes(24).toString('base64url'), { mode: 0o600 });
  return readFileSync(file, 'utf8');
}
