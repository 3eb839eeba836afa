import type { PayloadCodec } from '@temporalio/common';
import { onTestFinished } from 'vitest';
import { makeSelfSigned } from '#adapters/crypto/self-signed.ts';
import { systemClock } from '#adapters/system/clock.ts';
import { systemIds } from '#adapters/system/ids.ts';
import { createDataConverter } from '#adapters/temporal/codec/payload-codec.ts';
import { createConnection } from '#adapters/temporal/connection.ts';
import { createWorkflowVisibility } from '#adapters/temporal/visibility.ts';
import { runWorker } from '#adapters/temporal/worker-host.ts';
import type { CredentialId } from '#ports/identity.ts';
import { cacheDir, quietLog } from '#test/adapters/temporal/start-temporal.ts';
import { eventually } from '#test/support/eventually.ts';
import { createMemoryEventLog } from '#test/support/memory-event-log.ts';
import { createFakeGraph, createFakeIdentity, createFakeSecrets } from '#test/workflows/fakes.ts';
import type { Channel, PageMessage } from '#workflows/activities/channels/channel.ts';
import { createActivities } from '#workflows/activities/create-activities.ts';
import type { ActivityDeps } from '#workflows/activities/deps.ts';
import {
  credentialView,
  credentialWorkflowId,
  type Feed,
  subscriptionView,
  subscriptionWorkflowId,
  taskQueue,
} from '#workflows/contract.ts';
import { type Desired, type DesiredSettings, desiredBy } from '#workflows/desired.ts';
import { createStarter } from '#workflows/starter.ts';
import { workflowsPath } from '#workflows/worker.ts';

export const quickRules = {
  credential: { remindMs: [0, 600, 600_000] },
  subscription: { lifeMs: 30_000, quietMs: 500, reauthoriseMs: 1_500 },
} as const;

export interface WorldOptions {
  readonly settings?: DesiredSettings;
  readonly signedIn?: boolean;
  readonly tokenLifeMs?: () => number;
  readonly codec?: PayloadCodec;
  readonly channels?: readonly Channel[];
}

/** Everything but Temporal, made for one test: fakes of Microsoft, secrets and a log in memory, clients and workers on the test's server. */
export function createWorld(address: string, namespace: string, options: WorldOptions = {}) {
  const clock = systemClock;
  const { secrets, ...keys } = createFakeSecrets();
  const log = createMemoryEventLog();
  const tokenLifeMs = options.tokenLifeMs ?? (() => 3_600_000);
  const common = { clock, tokenLifeMs };
  const identities = {
    chat: createFakeIdentity({ credential: 'chat', kind: 'delegated', signedIn: options.signedIn ?? true, ...common }),
    events: createFakeIdentity({ credential: 'events', kind: 'application', signedIn: true, ...common }),
  };
  const graph = createFakeGraph({ clock, longestMs: 3 * 86_400_000, quietMs: quickRules.subscription.quietMs });
  const settings: { now: DesiredSettings } = {
    now: options.settings ?? { chat: { content: 'rich' }, rules: quickRules },
  };
  const desired = (): Desired => desiredBy(settings.now);
  const pages: PageMessage[] = [];
  const deps: ActivityDeps = {
    ...{ log, secrets, clock, ids: systemIds, recordedBy: { role: 'worker', build: 'test' } },
    sealer: { unseal: async (document) => document },
    identity: (credential: CredentialId) => identities[credential].identity,
    graph: (credential: CredentialId) => graph.graphOf(identities[credential].identity),
    delivery: {
      notificationUrl: 'EventHub:https://hub.example/eventhubname/calls?tenantId=example.org',
      lifecycleNotificationUrl: 'EventHub:https://hub.example/eventhubname/calls?tenantId=example.org',
      applicationId: () => 'application-id',
    },
    makeCertificate: makeSelfSigned,
    channels: options.channels ?? [
      {
        name: 'webhook',
        async send(message) {
          pages.push(message);
          return { outcome: 'accepted', detail: 'HTTP 200' };
        },
      },
    ],
    desired: () => desired().subscriptions,
  };
  const { codec } = options;
  const connection = createConnection({
    ...{ target: { address, namespace }, clock },
    ...(codec && { dataConverter: createDataConverter(codec) }),
  });
  onTestFinished(() => connection.close());
  const { client } = connection;
  const starter = createStarter({ client, taskQueue, visibility: createWorkflowVisibility(connection) });

  /** A worker; killed or not, it ends with the test. */
  function startWorker() {
    const ending = new AbortController();
    const host = runWorker({
      ...{ target: { address, namespace }, taskQueue, workflows: { path: workflowsPath } },
      activities: createActivities(deps),
      ...(codec && { codec }),
      ...{ cacheDir, env: process.env, clock, log: quietLog, signal: ending.signal },
    });
    const stop = async () => {
      ending.abort();
      await host.done;
    };
    onTestFinished(stop);
    return { stop, running: () => eventually('a running worker', () => host.state().state === 'running', 60_000) };
  }

  const credential = (id: Feed = 'chat') => client.workflow.getHandle(credentialWorkflowId(id));
  const subscription = (id = 'chat') => client.workflow.getHandle(subscriptionWorkflowId(id));
  /** Entities have natural ids: each test ends its own. */
  const end = async () => {
    graph.control.fault = undefined;
    const { credentials, subscriptions } = desired();
    for (const handle of [
      ...subscriptions.map(({ id }) => subscription(id)),
      ...credentials.map(({ id }) => credential(id)),
    ])
      await handle.terminate().catch(() => undefined);
  };
  onTestFinished(end);
  return {
    ...{
      end,
      log,
      keys,
      secrets,
      identities,
      graph,
      settings,
      desired,
      deps,
      client,
      connection,
      starter,
      startWorker,
      pages,
    },
    ...{ credential, subscription },
    credentialIs: (state: string, id: Feed = 'chat') =>
      eventually(`credential ${id} is ${state}`, async () => {
        const view = await credential(id)
          .query(credentialView)
          .catch(() => undefined);
        return view?.state === state && view;
      }),
    subscriptionIs: (state: string, id = 'chat') =>
      eventually(`subscription ${id} is ${state}`, async () => {
        const view = await subscription(id)
          .query(subscriptionView)
          .catch(() => undefined);
        return view?.state === state && view;
      }),
    types: (stream: string) => log.stream(stream).map(({ type }) => type),
  };
}
