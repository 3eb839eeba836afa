import type { EngineEvent, PulumiFn, Stack } from '@pulumi/pulumi/automation/index.js';
import * as automation from '@pulumi/pulumi/automation/index.js';
import type { Clock } from '#ports/clock.ts';
import type { EngineCommand } from './engine-command.ts';
import { engineSays, saidIn } from './engine-says.ts';
import { lockOf, type RunFailed, type RunOutcome, type StackOutputs, updateOf } from './outcome.ts';
import { pendingCreations, type StackState, type StateResource, settlePending } from './stack-state.ts';
import { createStepReader, plain, type RunProgress, type StepReader } from './steps.ts';

export interface StackDriverDeps {
  readonly command: EngineCommand;
  /** Folder with `Pulumi.yaml` and a `Pulumi.<stack>.yaml` for each stack. */
  readonly folder: string;
  readonly stack: string;
  /** The program; absent: the one that `Pulumi.yaml` names, which needs a language host. */
  readonly program?: PulumiFn;
  readonly project: string;
  /** Environment of the engine beyond that of the command: backend, passphrase, providers. */
  readonly env: Readonly<Record<string, string>>;
  /** Such as `passphrase` or `azurekeyvault://…`; the backend's own without it. */
  readonly secretsProvider?: string;
  readonly clock: Pick<Clock, 'monotonic'>;
}

export interface RunOptions {
  readonly onProgress?: (progress: RunProgress) => void;
  /** Ends the run cleanly: what was begun is ended and recorded. */
  readonly signal?: AbortSignal;
  /** Folders of policy packs. */
  readonly policyPacks?: readonly string[];
  /** Program of this run instead of the driver's. */
  readonly program?: PulumiFn;
}

/** URNs. */
export interface DestroyOrder {
  /** Deletes the rest and leaves what is protected. */
  readonly keepProtected?: boolean;
  /** Left like what is protected. */
  readonly keep?: readonly string[];
  /** Deleted before anything else. */
  readonly first?: readonly string[];
}

export interface StackDriver {
  /** Makes the stack where there is none; its state is empty then. */
  create(): Promise<void>;
  exists(): Promise<boolean>;
  /** Plain settings and secrets, by key of the project; a secret reaches the engine by its standard input. */
  configure(plain: Readonly<Record<string, string>>, secrets: Readonly<Record<string, string>>): Promise<void>;
  /** Settings of the project that the stack has, secrets in plain text: show them to nobody. */
  settings(): Promise<Readonly<Record<string, string>>>;
  preview(options?: RunOptions): Promise<RunOutcome>;
  up(options?: RunOptions): Promise<RunOutcome>;
  /** Looks at the cloud. `dryRun`: only says what differs; `targets`: looks at these URNs alone. */
  refresh(
    options?: RunOptions & { readonly dryRun?: boolean; readonly targets?: readonly string[] },
  ): Promise<RunOutcome>;
  destroy(options?: RunOptions & DestroyOrder): Promise<RunOutcome>;
  outputs(): Promise<StackOutputs>;
  /** With secrets in plain text: show them to nobody. */
  state(): Promise<StackState>;
  /** Settles creations that a killed run left behind: adopts those of which `idOf` knows what they are called, forgets the others. */
  settle(idOf: (resource: StateResource) => string | undefined): Promise<SettleOutcome>;
  /** Takes away a lock. Only for one whose holder is gone. */
  unlock(): Promise<void>;
}

/** What became of the creations without a known end. */
export type SettleOutcome =
  | { readonly ok: true; readonly adopted: readonly StateResource[]; readonly forgotten: readonly StateResource[] }
  | RunFailed;

/** Drives one stack with the Automation API. Expected ends of a run are values; what is thrown is a surprise. */
export function createStackDriver(deps: StackDriverDeps): StackDriver {
  const { command, folder, stack: stackName, project, program, env, clock } = deps;
  let opened: Promise<Stack> | undefined;
  const options = {
    workDir: folder,
    pulumiCommand: command.forAutomation,
    envVars: { ...env },
    ...(deps.secretsProvider === undefined ? {} : { secretsProvider: deps.secretsProvider }),
  };
  const workspace = () =>
    automation.LocalWorkspace.create({ ...options, ...(program === undefined ? {} : { program }) });
  const open = async () => automation.Stack.select(stackName, await workspace());
  const selected = (): Promise<Stack> => {
    opened ??= open().catch((error: unknown) => {
      opened = undefined;
      throw error;
    });
    return opened;
  };

  const run = async (
    given: RunOptions,
    body: (stack: Stack, onEvent: (event: EngineEvent) => void) => Promise<{ readonly outputs?: automation.OutputMap }>,
  ): Promise<RunOutcome> => {
    const reader = createStepReader(given.onProgress ?? (() => {}), () => clock.monotonic());
    try {
      const stack = await selected();
      const { outputs = {} } = await body(stack, (event) => reader.read(event));
      const warnings = reader.messages.filter(({ severity }) => severity === 'warning').map(({ text }) => text);
      return {
        ok: true,
        counts: reader.counts(),
        steps: reader.steps,
        warnings,
        undecided: reader.undecided(),
        outputs: outputsOf(outputs),
      };
    } catch (error) {
      const failed = failureOf(error, reader, given.signal?.aborted === true);
      if (failed === undefined) throw error;
      return await withHolder(failed);
    }
  };
  const common = (given: RunOptions, onEvent: (event: EngineEvent) => void) => ({
    onEvent,
    color: 'never' as const,
    ...(given.signal === undefined ? {} : { signal: given.signal }),
  });
  const withProgram = (given: RunOptions) => ({
    ...(given.policyPacks === undefined ? {} : { policyPacks: [...given.policyPacks] }),
    ...(given.program === undefined ? {} : { program: given.program }),
  });
  // Not by the Automation API: what it imports has every secret in plain text, in a file that everybody may read.
  const exported = async (...more: readonly string[]): Promise<{ readonly deployment: StackState }> => {
    await selected();
    return JSON.parse(await command.must(['stack', 'export', ...more, '--stack', stackName], { cwd: folder }));
  };
  const imported = async (whole: object) => {
    await command.must(['stack', 'import', '--stack', stackName], { cwd: folder, input: JSON.stringify(whole) });
  };
  /** Who holds the stack where the backend is a service, which tells it of the stack and not with the refusal. */
  const withHolder = async (failed: RunFailed): Promise<RunFailed> => {
    if (failed.reason !== 'locked' || failed.lock !== undefined) return failed;
    const told = await command.run(['stack', '--stack', stackName], { cwd: folder });
    const update = updateOf(told.stdout);
    return update === undefined ? failed : { ...failed, update };
  };

  return {
    async create() {
      opened = automation.Stack.createOrSelect(stackName, await workspace());
      await opened;
    },
    async exists() {
      try {
        await selected();
        return true;
      } catch (error) {
        if (error instanceof automation.StackNotFoundError) return false;
        throw error;
      }
    },
    async configure(plainSettings, secrets) {
      const stack = await selected();
      const entries = Object.entries(plainSettings);
      if (entries.length > 0)
        await stack.setAllConfig(
          Object.fromEntries(entries.map(([key, value]) => [`${project}:${key}`, { value }] as const)),
        );
      for (const [key, value] of Object.entries(secrets)) {
        const args = ['config', 'set', '--stack', stackName, '--secret', `${project}:${key}`];
        await command.must(args, { cwd: folder, input: value });
      }
    },
    async settings() {
      const all = Object.entries(await (await selected()).getAllConfig());
      return Object.fromEntries(
        all.flatMap(([key, { value }]) =>
          key.startsWith(`${project}:`) ? [[key.slice(project.length + 1), value] as const] : [],
        ),
      );
    },
    preview: (given = {}) =>
      run(given, async (stack, onEvent) => {
        await stack.preview({ ...common(given, onEvent), ...withProgram(given) });
        return {};
      }),
    up: (given = {}) => run(given, (stack, onEvent) => stack.up({ ...common(given, onEvent), ...withProgram(given) })),
    refresh: (given = {}) =>
      run(given, async (stack, onEvent) => {
        const options = {
          ...common(given, onEvent),
          ...(given.targets === undefined ? {} : { target: [...given.targets] }),
        };
        await (given.dryRun === true ? stack.previewRefresh(options) : stack.refresh(options));
        return {};
      }),
    destroy: (given = {}) =>
      run(given, async (stack, onEvent) => {
        const { keepProtected = false, keep = [], first = [] } = given;
        if (first.length > 0) await stack.destroy({ ...common(given, onEvent), target: [...first] });
        await stack.destroy({
          ...common(given, onEvent),
          ...(keepProtected ? { excludeProtected: true } : {}),
          ...(keep.length > 0 ? { exclude: [...keep] } : {}),
        });
        return {};
      }),
    outputs: async () => outputsOf(await (await selected()).outputs()),
    // What the directory is asked for, such as which certificate it is, may be a secret.
    state: async () => (await exported('--show-secrets')).deployment,
    async settle(idOf) {
      const before = await exported();
      const pending = pendingCreations(before.deployment);
      if (pending.length === 0) return { ok: true, adopted: [], forgotten: [] };
      const ids = new Map(
        pending.flatMap((resource) => {
          const id = idOf(resource);
          return id === undefined ? [] : [[resource.urn, id] as const];
        }),
      );
      try {
        await imported({ ...before, deployment: settlePending(before.deployment, ids) });
      } catch (error) {
        const failed = failureOf(
          error,
          createStepReader(
            () => {},
            () => 0,
          ),
          false,
        );
        if (failed === undefined) throw error;
        return await withHolder(failed);
      }
      return {
        ok: true,
        adopted: pending.filter(({ urn }) => ids.has(urn)),
        forgotten: pending.filter(({ urn }) => !ids.has(urn)),
      };
    },
    async unlock() {
      await (await selected()).cancel();
    },
  };
}

function outputsOf(outputs: automation.OutputMap): StackOutputs {
  return Object.fromEntries(
    Object.entries(outputs).map(([name, { value, secret }]) => [
      name,
      secret ? ({ secret: true } as const) : ({ secret: false, value: value as unknown } as const),
    ]),
  );
}

/** Undefined for what is no end of a run but a fault of ours. */
function failureOf(error: unknown, reader: StepReader, stopped: boolean): RunFailed | undefined {
  const shared = {
    ok: false as const,
    ...{ counts: reader.counts(), steps: reader.steps },
    ...(reader.cut() ? { cut: true } : {}),
  };
  const said = reader.messages.filter(({ severity }) => severity === 'error').map(({ text }) => text);
  const text = error instanceof Error ? plain(error.message) : String(error);
  if (error instanceof automation.StackNotFoundError) return { ...shared, reason: 'no-stack', detail: [text] };
  const last = engineSays(error) ?? saidIn(text);
  // Azure says of its resources that they are locked, too.
  if (error instanceof automation.ConcurrentUpdateError || /the stack is currently locked by/.test(text)) {
    const lock = lockOf(text);
    return { ...shared, reason: 'locked', detail: last, ...(lock === undefined ? {} : { lock }) };
  }
  if (!(error instanceof automation.CommandError) && said.length === 0) return undefined;
  // The last word of the engine says only that there was an error.
  const causes = said.filter((line) => !/^(?:preview|update|refresh|destroy) failed$/.test(line));
  const detail = causes.length > 0 ? causes : last;
  if (stopped) return { ...shared, reason: 'stopped', detail };
  if (reader.violations.length > 0) return { ...shared, reason: 'policy', detail: reader.violations };
  if (detail.some((line) => ofProtection.test(line))) return { ...shared, reason: 'protected', detail };
  return { ...shared, reason: 'failed', detail };
}

/** The engine's own words (pkg/resource/deploy); what Azure says has names such as `Microsoft.DataProtection` in it. */
const ofProtection = /currently marked for protection|because it is protected/;

/** Names of the stacks of a project, sorted. */
export async function listStacks(
  deps: Pick<StackDriverDeps, 'command' | 'folder' | 'env'>,
): Promise<readonly string[]> {
  const workspace = await automation.LocalWorkspace.create({
    workDir: deps.folder,
    pulumiCommand: deps.command.forAutomation,
    envVars: { ...deps.env },
  });
  return (await workspace.listStacks()).map(({ name }) => name.split('/').at(-1) ?? name).sort();
}
