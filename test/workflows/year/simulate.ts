import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker } from '@temporalio/worker';
import { systemIds } from '#adapters/system/ids.ts';
import type { IdentityTrouble } from '#domain/identity/trouble.ts';
import { createFakeVisibility } from '#test/adapters/temporal/fake-visibility.ts';
import { eventually } from '#test/support/eventually.ts';
import { createMemoryEventLog } from '#test/support/memory-event-log.ts';
import {
  createFakeGraph,
  createFakeIdentity,
  createFakeSecrets,
  graphAway,
  signInAgain,
} from '#test/workflows/fakes.ts';
import { createCoverage, type Gap, unexplained } from '#test/workflows/year/coverage.ts';
import { chance, type Fault, type FaultKind, weather } from '#test/workflows/year/weather.ts';
import { createActivities } from '#workflows/activities/create-activities.ts';
import type { ActivityDeps, KeyAndCertificate } from '#workflows/activities/deps.ts';
import { credentialView, credentialWorkflowId, requestSignIn, taskQueue } from '#workflows/contract.ts';
import { desiredBy, wantedIds } from '#workflows/desired.ts';
import { createStarter } from '#workflows/starter.ts';

export interface SimulateOptions {
  readonly env: TestWorkflowEnvironment;
  readonly codePath: string;
  readonly seed: number;
  readonly days: number;
  readonly policies: number;
  /** Made once: keys take long to make. */
  readonly certificate: KeyAndCertificate;
  readonly onDay?: (day: number) => void;
}

export interface Simulated {
  readonly faults: readonly Fault[];
  readonly gaps: readonly Gap[];
  readonly unexplained: readonly Gap[];
  readonly violations: readonly string[];
  /** Live subscriptions that nothing wants, and wanted ones that are not live. */
  readonly leaked: readonly string[];
  readonly missing: readonly string[];
  readonly mostListCalls: number;
  readonly mostOtherCalls: number;
  readonly longestHistory: number;
  readonly calls: number;
  readonly events: number;
  readonly secrets: readonly string[];
  readonly stored: string;
}

const hour = 3_600_000;
/** From a fault that is repaired to watching again. */
const slackMs = 60_000;

/** Days of two feeds with all that goes wrong in them, on a server that skips time. The seed decides everything but how calls interleave. */
export async function simulate(options: SimulateOptions): Promise<Simulated> {
  const { env, seed, days } = options;
  const random = chance(seed);
  let present = await env.currentTimeMs();
  const start = present;
  /** Time is the server's: activities tell when they were scheduled, each step how far it went. */
  const advance = (to: number) => {
    present = Math.max(present, to);
  };
  const clock = { now: () => present, monotonic: () => present, sleep: async () => undefined };
  const faults = weather(random, start, days, true);
  const active = (...kinds: readonly FaultKind[]) =>
    faults.find(({ kind, from, until }) => kinds.includes(kind) && from <= present && present < until);

  const { secrets, state: secretsState, names } = createFakeSecrets();
  const away = (work: () => Promise<unknown>) => {
    secretsState.away = active('key-store-away') !== undefined;
    return work();
  };
  const log = createMemoryEventLog(() => present);
  log.faults = () =>
    active('log-away') === undefined ? undefined : { ok: false, reason: 'unavailable', detail: 'the log is away' };

  const tokenLifeMs = () => (60 + 30 * random()) * 60_000;
  const identities = {
    chat: createFakeIdentity({ credential: 'chat', kind: 'delegated', signedIn: true, clock, tokenLifeMs }),
    events: createFakeIdentity({ credential: 'events', kind: 'application', signedIn: true, clock, tokenLifeMs }),
  };
  const graph = createFakeGraph({ clock, longestMs: 3 * 24 * hour, quietMs: 600_000 });
  const coverage = createCoverage();
  graph.control.onTouch = (subscription) => coverage.touched(subscription, present);
  graph.control.onEnd = (subscription) => coverage.ended(subscription.resource, present);
  graph.control.fault = (operation) => {
    if (active('graph-away') !== undefined) return graphAway;
    if (active('graph-throttled') !== undefined && random() < 0.8)
      return { ok: false, reason: 'throttled', detail: 'too many requests', retryAfterMs: 5_000 + 20_000 * random() };
    const changes = operation === 'create' || operation === 'delete';
    if (changes && active('graph-loses-answers') !== undefined && random() < 0.5) return 'lost-answer';
    return undefined;
  };
  const blocked: IdentityTrouble = { kind: 'admin-must-act', code: 'AADSTS53003', what: 'blocked', next: 'exclude it' };
  const offline: IdentityTrouble = { kind: 'back-off', code: 'network', what: 'no answer', next: 'nothing' };
  let passwordFault: Fault | undefined;
  const trouble = (feed: 'chat' | 'events') => () =>
    active('entra-away') !== undefined
      ? offline
      : feed === 'chat' && passwordFault !== undefined
        ? signInAgain('AADSTS50173')
        : feed === 'chat' && active('conditional-access') !== undefined
          ? blocked
          : undefined;
  identities.chat.control.troubleNow = trouble('chat');
  identities.events.control.troubleNow = trouble('events');

  const policies = Array.from({ length: options.policies }, (_, index) => `Emergency policy ${index + 1}`);
  const desired = desiredBy({
    chat: { content: 'rich' },
    events: { method: 'certificate', apiVersion: 'v1.0', policies },
    rules: { maxHistory: 1_000 },
  });
  const deps: ActivityDeps = {
    ...{
      log,
      clock,
      ids: { random: systemIds.random, fraction: random },
      recordedBy: { role: 'worker', build: 'test' },
    },
    secrets: Object.fromEntries(
      Object.entries(secrets).map(([name, call]) => [
        name,
        (...args: never[]) => away(() => (call as (...all: never[]) => Promise<unknown>)(...args)),
      ]),
    ) as unknown as typeof secrets,
    sealer: { unseal: async (document) => document },
    identity: (credential) => identities[credential].identity,
    graph: (credential) => graph.graphOf(identities[credential].identity),
    delivery: {
      notificationUrl: 'EventHub:https://hub.example/eventhubname/calls?tenantId=example.org',
      lifecycleNotificationUrl: 'EventHub:https://hub.example/eventhubname/calls?tenantId=example.org',
      applicationId: () => 'application-id',
    },
    makeCertificate: async () => options.certificate,
    channels: [],
    desired: () => desired.subscriptions,
  };

  const { client, connection } = env;
  await connection.operatorService.addSearchAttributes({
    ...{ namespace: 'default', searchAttributes: { TocsinState: 2, TocsinFeed: 2, TocsinKind: 2, TocsinExpiresAt: 6 } },
  });
  const visibility = createFakeVisibility({
    entities: () => [...wantedIds(desired)].map((workflowId) => ({ workflowId, type: workflowId.split('/')[0] ?? '' })),
    now: () => present,
    async start(workflow) {
      await client.workflow.start(workflow.type, {
        ...{ workflowId: workflow.workflowId, taskQueue: workflow.taskQueue, args: [...workflow.args] },
      });
    },
  });
  const starter = createStarter({ client, taskQueue, visibility, reconcileMs: 6 * hour });

  /** Activities that end with their worker. */
  let dying = 0;
  const startWorker = async () => {
    const worker = await Worker.create({
      ...{ connection: env.nativeConnection, taskQueue, workflowBundle: { codePath: options.codePath } },
      activities: createActivities(deps),
      // A worker that restarts makes this server wait for ever; workers that end are tested on the real one.
      ...{ shutdownGraceTime: 100, maxCachedWorkflows: 50 },
      interceptors: {
        activity: [
          (context) => ({
            inbound: {
              async execute(input, next) {
                advance(context.info.currentAttemptScheduledTimestampMs);
                const dies = dying > 0;
                if (dies) dying -= 1;
                // The worker is gone before it began, or after all was done and before anybody heard of it.
                if (dies && random() < 0.3) throw new Error('the worker was killed');
                const result = await next(input);
                if (dies) throw new Error('the worker was killed');
                return result;
              },
            },
          }),
        ],
      },
    });
    const running = worker.run();
    return async () => {
      worker.shutdown();
      await running;
    };
  };

  /** What happens to people and machines between two moments. */
  function happen(from: number, to: number): void {
    for (const fault of faults) {
      if (fault.from < from || fault.from >= to) continue;
      if (fault.kind === 'worker-killed') dying += 1;
      if (fault.kind === 'graph-removes-one') {
        const victim = graph.live()[Math.floor(random() * graph.live().length)];
        if (victim !== undefined) graph.remove(victim.id);
        // Nobody says so: the next reconciliation finds it, or Graph's refusal of the next touch.
        fault.until = present + 6 * hour;
      }
      if (fault.kind === 'password-changed' && passwordFault === undefined) {
        passwordFault = fault;
        fault.until = Number.POSITIVE_INFINITY;
      }
    }
  }

  /** A person who reads the page now and then. */
  async function attend(): Promise<void> {
    if (passwordFault === undefined || random() < 0.5) return;
    const handle = client.workflow.getHandle(credentialWorkflowId('chat'));
    const view = await handle.query(credentialView);
    if (view.state !== 'sign-in-again' || active('entra-away', 'key-store-away') !== undefined) return;
    const { codes } = identities.chat.control;
    await handle.executeUpdate(requestSignIn, { args: [{ why: 'the password was changed' }] });
    await eventually('a code', () => identities.chat.control.codes > codes);
    passwordFault.until = present;
    passwordFault = undefined;
    identities.chat.control.approve();
    await eventually('signed in', async () => (await handle.query(credentialView)).state !== 'waiting-for-sign-in');
  }

  let longestHistory = 0;
  const stop = await startWorker();
  try {
    await starter.ensure(desired);
    const stepMs = hour / 2;
    for (let step = 0; step < (days * 24 * hour) / stepMs; step++) {
      const before = present;
      await env.sleep(stepMs);
      advance(await env.currentTimeMs());
      happen(before, present);
      await attend();
      await visibility.runDue();
      if (step % 16 === 0)
        for (const workflowId of wantedIds(desired))
          longestHistory = Math.max(
            longestHistory,
            (await client.workflow.getHandle(workflowId).describe()).historyLength,
          );
      if ((step * stepMs) % (24 * hour) === 0) options.onDay?.((step * stepMs) / (24 * hour));
    }
    coverage.finish(present);
  } finally {
    await stop();
  }

  const wanted = desired.subscriptions.length;
  const resources = graph.live().map(({ resource }) => resource);
  return {
    ...{ faults, gaps: coverage.gaps, unexplained: unexplained(coverage.gaps, faults, slackMs) },
    ...{ violations: graph.violations, longestHistory, calls: graph.calls.length, events: log.events.length },
    leaked: resources.filter((resource, index) => resources.indexOf(resource) !== index),
    missing: new Set(resources).size === wanted ? [] : resources,
    mostListCalls: most(graph.calls.filter(({ operation }) => operation === 'list').map(({ at }) => at)),
    mostOtherCalls: most(graph.calls.filter(({ operation }) => operation !== 'list').map(({ at }) => at)),
    secrets: names(),
    stored: JSON.stringify(log.events),
  };
}

/** Most calls within 20 seconds. */
function most(times: readonly number[]): number {
  const sorted = [...times].sort((a, b) => a - b);
  let first = 0;
  let largest = 0;
  for (const [index, at] of sorted.entries()) {
    while ((sorted[first] ?? at) < at - 20_000) first++;
    largest = Math.max(largest, index - first + 1);
  }
  return largest;
}
