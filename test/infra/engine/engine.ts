import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PulumiFn } from '@pulumi/pulumi/automation/index.js';
import { findEngine, obtainEngine } from '#adapters/pulumi/engine/obtain.ts';
import { createEngineCommand, type EngineCommand } from '#adapters/pulumi/engine-command.ts';
import { languageHostFolder } from '#adapters/pulumi/language-host.ts';
import { createStackDriver, type StackDriver } from '#adapters/pulumi/stack-driver.ts';
import { systemClock } from '#adapters/system/clock.ts';
import { armPaths } from '#infra/driver/arm-ids.ts';
import { stackSettings } from '#infra/settings/schema.ts';
import type { ProviderCall } from '#simulator/azure/provider-service.ts';
import { type SimulatedAzure, startSimulatedAzure } from '#simulator/azure/simulated-azure.ts';
import type { Given } from '#test/infra/given.ts';

const options = {
  env: process.env,
  cacheDir: process.env['TOCSIN_CACHE_DIR'] ?? join(homedir(), '.cache', 'tocsin'),
  ...(process.env['TOCSIN_PULUMI_CLI'] === undefined ? {} : { executable: process.env['TOCSIN_PULUMI_CLI'] }),
};
const required = process.env['TOCSIN_TEST_REQUIRE_PULUMI'] === '1';
/** Only where it is required is the engine built, which takes minutes. */
const engine = required
  ? await obtainEngine({ ...options, clock: systemClock, onProgress: () => {} })
  : await findEngine(options);
if (!engine.ok && required) throw new Error(`TOCSIN_TEST_REQUIRE_PULUMI=1, but: ${engine.detail}; ${engine.remedy}`);

/** Why tests with the real engine cannot run here; undefined where they can. */
export const noEngine: string | undefined = engine.ok ? undefined : engine.detail;

/** The real engine with a backend, a passphrase and a simulated Azure of its own. */
export interface EngineBench {
  readonly folder: string;
  readonly azure: SimulatedAzure;
  readonly calls: ProviderCall[];
  readonly command: EngineCommand;
  readonly env: Readonly<Record<string, string>>;
  driver(stack: string, program?: PulumiFn): StackDriver;
  /** Every file of the backend that holds state. */
  stateFiles(): readonly string[];
  /** Process ids of the engines that hold a lock on a stack. */
  lockHolders(stack: string): readonly number[];
  close(): Promise<void>;
}

/** The state is written at the end of a run alone, not with each of a hundred resources: half of the engine's time. Not where a run is killed. */
export const savedOnce = { PULUMI_EXPERIMENTAL: 'true', PULUMI_SKIP_CHECKPOINTS: 'true' };

/** @param more for the engine: where the state is kept instead of a folder (`PULUMI_BACKEND_URL`, and what that needs), how it works */
export async function startBench(more: Readonly<Record<string, string>> = {}): Promise<EngineBench> {
  if (!engine.ok) throw new Error(engine.detail);
  const root = mkdtempSync(join(tmpdir(), 'tocsin-engine-'));
  const folder = join(root, 'work');
  for (const one of ['work', 'state', 'home']) mkdirSync(join(root, one));
  const calls: ProviderCall[] = [];
  const azure = await startSimulatedAzure({
    folder: join(root, 'cloud'),
    paths: armPaths,
    onCall: (call) => calls.push(call),
  });
  writeFileSync(join(folder, 'Pulumi.yaml'), 'name: tocsin\nruntime: nodejs\n');
  const env = {
    PULUMI_HOME: join(root, 'home'),
    PULUMI_BACKEND_URL: `file://${join(root, 'state')}`,
    PULUMI_CONFIG_PASSPHRASE: 'a passphrase of the tests',
    PULUMI_SKIP_UPDATE_CHECK: 'true',
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: 'true',
    PULUMI_DIY_BACKEND_DISABLE_CHECKPOINT_BACKUPS: 'true',
    PULUMI_DEBUG_PROVIDERS: azure.debugProviders,
    NODE_COMPILE_CACHE: join(options.cacheDir, 'compiled'),
    ...more,
  };
  const command = createEngineCommand({
    ...engine,
    pathFirst: [languageHostFolder(root)],
    env: { ...process.env, ...env },
  });
  const below = (path: string): readonly string[] => {
    try {
      return readdirSync(join(root, 'state', '.pulumi', path), { recursive: true, withFileTypes: true })
        .filter((one) => one.isFile() && !one.name.endsWith('.attrs'))
        .map((one) => readFileSync(join(one.parentPath, one.name), 'utf8'));
    } catch {
      return [];
    }
  };
  return {
    ...{ folder, azure, calls, command, env },
    driver: (stack, program) =>
      createStackDriver({
        ...{ command, folder, stack, project: 'tocsin', env, clock: systemClock },
        ...(program === undefined ? {} : { program }),
      }),
    stateFiles: () => below(''),
    lockHolders: (stack) =>
      below(`locks/organization/tocsin/${stack}`).map((text) => (JSON.parse(text) as { pid: number }).pid),
    async close() {
      await azure.stop();
      rmSync(root, { recursive: true, force: true });
    },
  };
}

/** Sets the settings of a stack as somebody would: secrets as secrets. */
export async function configure(driver: StackDriver, given: Given): Promise<void> {
  const isSecret = (key: string) => stackSettings[key as keyof typeof stackSettings].secret;
  const entries = Object.entries(given);
  await driver.configure(
    Object.fromEntries(entries.filter(([key]) => !isSecret(key))),
    Object.fromEntries(entries.filter(([key]) => isSecret(key))),
  );
}

/** Waits until something is so, looking every few milliseconds. */
export async function until(what: string, isSo: () => boolean, mostMs = 30_000): Promise<void> {
  const end = performance.now() + mostMs;
  while (!isSo()) {
    if (performance.now() > end) throw new Error(`after ${mostMs} ms still not so: ${what}`);
    await systemClock.sleep(20);
  }
}
