import type { Deployment, EngineEvent, PulumiFn, Stack } from '@pulumi/pulumi/automation/index.js';
import * as automation from '@pulumi/pulumi/automation/index.js';
import type { Clock } from '#ports/clock.ts';
import type { EngineCommand } from './engine-command.ts';
import { lockOf, type RunFailed, type RunOutcome, type StackOutputs } from './outcome.ts';
import { pendingCreations, retained, type StackState, type StateResource, settlePending } from './stack-state.ts';
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
  /** Falls out of the state and stays in the cloud. */
  readonly forget?: readonly string[];
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
      return failed;
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
  const state = async (): Promise<StackState> => (await (await selected()).exportStack()).deployment as StackState;

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
        const result = await command.run(args, { cwd: folder, input: value });
        if (result.code !== 0) throw new Error(`the secret ${key} could not be set: ${plain(result.stderr).trim()}`);
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
        const { keepProtected = false, keep = [], forget = [], first = [] } = given;
        if (first.length > 0) await stack.destroy({ ...common(given, onEvent), target: [...first] });
        if (forget.length > 0) {
          const { deployment, ...rest } = (await stack.exportStack()) as Deployment;
          const so = retained(deployment as StackState, new Set(forget));
          await stack.importStack({ ...rest, deployment: so as never });
        }
        await stack.destroy({
          ...common(given, onEvent),
          ...(keepProtected ? { excludeProtected: true } : {}),
          ...(keep.length > 0 ? { exclude: [...keep] } : {}),
        });
        return {};
      }),
    outputs: async () => outputsOf(await (await selected()).outputs()),
    state,
    async settle(idOf) {
      const before = await state();
      const pending = pendingCreations(before);
      if (pending.length === 0) return { ok: true, adopted: [], forgotten: [] };
      const ids = new Map(
        pending.flatMap((resource) => {
          const id = idOf(resource);
          return id === undefined ? [] : [[resource.urn, id] as const];
        }),
      );
      const stack = await selected();
      const deployment = (await stack.exportStack()) as Deployment;
      try {
        await stack.importStack({ ...deployment, deployment: settlePending(before, ids) as never });
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
        return failed;
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
  const shared = { ok: false, counts: reader.counts(), steps: reader.steps } as const;
  const said = reader.messages.filter(({ severity }) => severity === 'error').map(({ text }) => text);
  const text = error instanceof Error ? plain(error.message) : String(error);
  if (error instanceof automation.StackNotFoundError) return { ...shared, reason: 'no-stack', detail: [text] };
  if (error instanceof automation.ConcurrentUpdateError || /is currently locked/.test(text)) {
    const lock = lockOf(text);
    return { ...shared, reason: 'locked', detail: [firstLine(text)], ...(lock === undefined ? {} : { lock }) };
  }
  if (!(error instanceof automation.CommandError) && said.length === 0) return undefined;
  // The last word of the engine says only that there was an error.
  const causes = said.filter((line) => !/^(?:preview|update|refresh|destroy) failed$/.test(line));
  const detail = causes.length > 0 ? causes : [firstLine(text)];
  if (stopped) return { ...shared, reason: 'stopped', detail };
  if (reader.violations.length > 0) return { ...shared, reason: 'policy', detail: reader.violations };
  if (detail.some((line) => /protect/i.test(line))) return { ...shared, reason: 'protected', detail };
  return { ...shared, reason: 'failed', detail };
}

function firstLine(text: string): string {
  const stderr = /stderr: ([\s\S]*?)(?:\n err\?:|$)/.exec(text)?.[1] ?? text;
  return (
    stderr
      .split('\n')
      .find((line) => line.trim() !== '')
      ?.trim() ?? 'the engine ended without a word'
  );
}

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
