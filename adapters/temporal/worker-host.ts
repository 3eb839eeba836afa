import type { PayloadCodec } from '@temporalio/common';
import { NativeConnection, Worker, type WorkerInterceptors } from '@temporalio/worker';
import type { Clock } from '#ports/clock.ts';
import { delayBefore } from './backoff.ts';
import { createDataConverter, failureConverterPath } from './codec/payload-codec.ts';
import { createConnection, type TemporalConnection, type TemporalTarget, transport } from './connection.ts';
import { messageOf, type TemporalLog } from './log.ts';
import { registerSearchAttributes, type SearchAttributeTypes, searchAttributeTypes } from './search-attributes.ts';
import { obtainBundle } from './worker/bundle.ts';
import { createControl } from './worker/control.ts';
import { installRuntime } from './worker/runtime.ts';

export interface WorkerHostOptions {
  readonly target: TemporalTarget;
  readonly taskQueue: string;
  /** Module that exports the workflows, or a bundle that was made of it with {@link obtainBundle}. */
  readonly workflows:
    | { readonly path: string; readonly interceptorModules?: readonly string[] }
    | { readonly codePath: string; readonly hash: string };
  readonly activities: object;
  /** Without it payloads are in plain text. */
  readonly codec?: PayloadCodec;
  /** Worker versioning. Without it the worker is unversioned; without `buildId` the hash of the bundle is its build. */
  readonly deployment?: { readonly name: string; readonly buildId?: string };
  readonly interceptors?: WorkerInterceptors;
  readonly searchAttributes?: SearchAttributeTypes;
  /** Workflows kept in memory, about 1.8 MB each (default 100). With fewer than there are busy ones, work takes four times as long. */
  readonly maxCachedWorkflows?: number;
  /** Milliseconds that work on a workflow waits for the worker that has it in memory, which may be dead by now (default 10,000, as the SDK's). */
  readonly stickyMs?: number;
  /** Shown in histories in plain text (default `worker-<process id>`). */
  readonly identity?: string;
  /** host:port for Prometheus. */
  readonly metrics?: string;
  /** Where bundles are kept. */
  readonly cacheDir: string;
  /** What the bundler is run with. */
  readonly env: NodeJS.ProcessEnv;
  readonly clock: Clock;
  readonly log: TemporalLog;
  /** Aborting it ends the worker: activities get five seconds to end by themselves, then they are cancelled. */
  readonly signal: AbortSignal;
  /** Told of every change. */
  readonly onState?: (state: WorkerState) => void;
}

/** `connecting`: nothing is worked on now, and it is tried again by itself. `stalled`: Temporal is there, and gives nobody any work. */
export interface WorkerState {
  readonly state: 'connecting' | 'running' | 'stalled' | 'stopped';
  /** For operators. */
  readonly detail: string;
}

export interface WorkerHost {
  state(): WorkerState;
  /** Resolves when the worker has ended after `signal` was aborted; never rejects. */
  readonly done: Promise<void>;
}

/** Milliseconds before activities are cancelled. */
const graceMs = 5_000;
/** Milliseconds before the SDK gives up on activities that do not heed their cancellation. */
const forceMs = 10_000;
const backoff = { first: 250, most: 15_000 };
/** A worker that ran this long was well: what ended it is news. */
const wellMs = 60_000;

/**
 * Runs a worker until it is told to stop: bundles the workflows, connects, registers search attributes, works, makes its build current, and begins again
 * after whatever failed. A server that goes away and comes back is waited for.
 */
export function runWorker(options: WorkerHostOptions): WorkerHost {
  const { target, clock, log, signal, onState, codec, identity = `worker-${process.pid}` } = options;
  let state: WorkerState = { state: 'connecting', detail: 'starting' };
  const set = (next: WorkerState) => {
    if (next.state === state.state && next.detail === state.detail) return;
    state = next;
    onState?.(next);
  };

  /** Over all workers of this host. */
  const memory = { wasCurrent: false };

  const life = async (temporal: TemporalConnection): Promise<void> => {
    const bundle =
      'path' in options.workflows
        ? await obtainBundle({
            workflowsPath: options.workflows.path,
            interceptorModules: options.workflows.interceptorModules ?? [],
            ...(codec && { failureConverterPath }),
            cacheDir: options.cacheDir,
            env: options.env,
            signal,
          })
        : options.workflows;
    if (signal.aborted) return;
    installRuntime(options);
    const native = await connectNative(target, signal);
    if (native === undefined) return;
    try {
      const registered = await registerSearchAttributes(temporal, options.searchAttributes ?? searchAttributeTypes);
      if (!registered.ok) log.warn({ reason: registered.detail }, 'search attributes cannot be registered');
      const { deployment } = options;
      const build = deployment && { name: deployment.name, buildId: deployment.buildId ?? bundle.hash.slice(0, 12) };
      const worker = await Worker.create({
        connection: native,
        namespace: target.namespace,
        taskQueue: options.taskQueue,
        identity,
        workflowBundle: { codePath: bundle.codePath },
        activities: options.activities,
        ...(codec && { dataConverter: createDataConverter(codec) }),
        ...(options.interceptors && { interceptors: options.interceptors }),
        ...(build && { workerDeploymentOptions: versioned(build) }),
        ...tuning,
        maxCachedWorkflows: options.maxCachedWorkflows ?? 100,
        ...(options.stickyMs !== undefined && { stickyQueueScheduleToStartTimeout: options.stickyMs }),
      });
      const deps = { temporal, clock, log, identity, target, native, memory, set, taskQueue: options.taskQueue };
      const control = createControl({ ...deps, ...(build && { build }) });
      await runUntil(worker, signal, control.run);
    } finally {
      // Refused while an activity that does not end still uses it.
      await native.close().catch((error: unknown) => log.warn({ reason: messageOf(error) }, 'connection left open'));
    }
  };

  const run = async () => {
    const temporal = createConnection({ target, identity, clock });
    try {
      for (let failures = 1; !signal.aborted; failures += 1) {
        const since = clock.monotonic();
        try {
          await life(temporal);
          if (!signal.aborted) throw new Error('the worker ended by itself');
        } catch (error) {
          if (signal.aborted) {
            log.warn({ reason: messageOf(error) }, 'the Temporal worker did not end in order');
            break;
          }
          if (clock.monotonic() - since > wellMs) failures = 1;
          set({ state: 'connecting', detail: messageOf(error) });
          log.warn({ reason: messageOf(error) }, 'no Temporal worker; trying again');
          await clock.sleep(delayBefore(failures, backoff), signal);
        }
      }
    } finally {
      await temporal.close();
      set({ state: 'stopped', detail: 'stopped' });
    }
  };

  return {
    state: () => state,
    done: run().catch((error: unknown) => {
      log.error({ reason: messageOf(error) }, 'the Temporal worker cannot run');
      set({ state: 'stopped', detail: messageOf(error) });
    }),
  };
}

/** For two cores that do other things too: work waits on the server, hardly ever on these numbers. */
const tuning = {
  maxConcurrentWorkflowTaskExecutions: 20,
  maxConcurrentActivityTaskExecutions: 20,
  maxConcurrentLocalActivityExecutions: 20,
  maxConcurrentWorkflowTaskPolls: 4,
  maxConcurrentActivityTaskPolls: 2,
  // What was called off is told with the answer to a heartbeat, and those go out by default only every eight of their ten seconds.
  maxHeartbeatThrottleInterval: '2s',
  shutdownGraceTime: graceMs,
  shutdownForceTime: forceMs,
} as const;

function versioned(build: { readonly name: string; readonly buildId: string }) {
  return {
    useWorkerVersioning: true,
    version: { deploymentName: build.name, buildId: build.buildId },
    // Entities live for years and move to the new build, where their histories are replayed.
    defaultVersioningBehavior: 'AUTO_UPGRADE',
  } as const;
}

async function connectNative(target: TemporalTarget, signal: AbortSignal): Promise<NativeConnection | undefined> {
  const connecting = NativeConnection.connect({
    address: target.address,
    ...transport(target),
    ...(target.apiKey && { apiKey: target.apiKey() }),
  });
  const { promise: aborted, resolve } = Promise.withResolvers<undefined>();
  const onAbort = () => resolve(undefined);
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  try {
    const native = await Promise.race([connecting, aborted]);
    // Whoever is told to stop does not wait for a host that does not answer.
    if (native === undefined) void connecting.then((late) => late.close()).catch(() => undefined);
    return native;
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

async function runUntil(worker: Worker, signal: AbortSignal, control: (ended: AbortSignal) => Promise<void>) {
  const ended = new AbortController();
  const running = worker.run().finally(() => ended.abort());
  const stop = () => {
    if (worker.getState() === 'RUNNING') worker.shutdown();
  };
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  try {
    await Promise.all([running, control(AbortSignal.any([ended.signal, signal]))]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
