import { randomUUID } from 'node:crypto';
import type { WorkflowHandle } from '@temporalio/client';
import { NativeConnection, Worker } from '@temporalio/worker';
import { onTestFinished } from 'vitest';
import { obtainBundle } from '#adapters/temporal/worker/bundle.ts';
import { installRuntime } from '#adapters/temporal/worker/runtime.ts';
import { cacheDir, quietLog, type TestTemporal } from '#test/adapters/temporal/start-temporal.ts';
import { eventually } from '#test/support/eventually.ts';
import { appendEmergencyEvent, appendReport } from '#test/workflows/emergencies.ts';
import { signInAgain } from '#test/workflows/fakes.ts';
import { createWorld, quickRules, type WorldOptions } from '#test/workflows/world.ts';
import type { PageMessage } from '#workflows/activities/channels/channel.ts';
import { createActivities } from '#workflows/activities/create-activities.ts';
import {
  checkNow,
  codeShown,
  type EscalationInput,
  escalationWorkflowId,
  refreshNow,
  requestSignIn,
  retireSubscription,
  taskQueue,
  turnedReal,
  workflowTypes,
} from '#workflows/contract.ts';
import { workflowsPath } from '#workflows/worker.ts';

const hour = 3_600_000;
const throttled = { ok: false, reason: 'throttled', detail: 'slow down', status: 429, retryAfterMs: 2 * hour } as const;
const conflict = { ok: false, reason: 'conflict', detail: 'already exists', status: 409 } as const;
const rejected = { ok: false, reason: 'rejected', detail: 'no', status: 400 } as const;

/**
 * How the histories came about that are kept as `without <guard>.json`: each is what a build before that guard would have made of a moment in which the guard matters. They
 * are made anew, where one is missing, with TOCSIN_TEST_RECORD_HISTORIES=1.
 */
export const oldSides: Readonly<Record<string, (temporal: TestTemporal) => Promise<WorkflowHandle>>> = {
  'turned-real': async (temporal) => {
    const { world, escalation, sent, answer } = await callOn(temporal, ['turned-real', 'real-again'], true);
    await eventually('the page of a test call', () => sent.length === 1);
    await appendEmergencyEvent(world.log, world.id, 'EmergencyEnriched');
    await escalation.signal(turnedReal);
    await isSignalled(escalation, 'turnedReal');
    answer(1);
    await escalation.result();
    return escalation;
  },

  'real-again': async (temporal) => {
    const { world, escalation, sent, answer } = await callOn(temporal, ['real-again'], false);
    await eventually('the page of a real call', () => sent.length === 1);
    const report = { feed: 'events', test: true, dialledNumber: '933' } as const;
    await appendReport(world.log, world.id, 'EmergencyEnriched', report);
    answer(1);
    await eventually('the page of a test call', () => sent.length === 2);
    await escalation.signal(turnedReal);
    await isSignalled(escalation, 'turnedReal');
    answer(2);
    await escalation.result();
    return escalation;
  },

  'woken-while-refreshing': async (temporal) => {
    const credential = { remindMs: [600_000], healMs: [600_000, 600_000] } as const;
    const options = { settings: { chat: { content: 'rich' }, rules: { ...quickRules, credential } } } as const;
    const { world } = await begin(temporal, ['woken-while-refreshing'], options);
    const { identity } = world.identities.chat;
    const asked = Promise.withResolvers<void>();
    const refused = Promise.withResolvers<void>();
    identity.token = async () => {
      asked.resolve();
      await refused.promise;
      return { ok: false, reason: 'identity', trouble: { ...signInAgain('AADSTS53003'), kind: 'admin-must-act' } };
    };
    await world.starter.ensure(world.desired());
    await asked.promise;
    await world.credential().executeUpdate(requestSignIn, { args: [{ why: 'it is blocked' }] });
    refused.resolve();
    await world.credentialIs('admin-must-act');
    await hasEvent(world.credential(), 'two refreshes', (names) => count(names, 'refreshCredential') === 2);
    return world.credential();
  },

  'refresh-before-next-run': async (temporal) => {
    const options = { settings: { chat: { content: 'rich' }, rules: { ...quickRules, maxHistory: 60 } } } as const;
    const { world } = await begin(temporal, ['refresh-before-next-run'], options);
    await world.starter.ensure(world.desired());
    await world.credentialIs('ok');
    const { runId } = await world.credential().describe();
    const code = { method: 'device-code', userCode: 'late', verificationUri: 'https://login.example' } as const;
    await eventually('a long run', async () => {
      await world.credential().signal(codeShown, { ...code, expiresAt: 0 });
      return (await world.credential().describe()).historyLength > 60;
    });
    await world.credential().executeUpdate(refreshNow);
    await eventually('another run', async () => (await world.credential().describe()).runId !== runId);
    return world.client.workflow.getHandle(world.credential().workflowId, runId);
  },

  'stored-grant-after-sign-in': async (temporal) => {
    const credential = { remindMs: [0, 2_000], healMs: [400, 400] } as const;
    const options = { settings: { chat: { content: 'rich' }, rules: { ...quickRules, credential } } } as const;
    const { world } = await begin(temporal, ['stored-grant-after-sign-in'], options);
    const { control } = world.identities.chat;
    await world.starter.ensure(world.desired());
    await world.credentialIs('ok');
    control.trouble = signInAgain('AADSTS50173');
    await world.credential().executeUpdate(refreshNow);
    await world.credentialIs('sign-in-again');
    await world.credential().executeUpdate(requestSignIn, { args: [{ why: 'it is refused' }] });
    await eventually('a code', () => control.codes === 1);
    await world.credential().executeUpdate('cancelSignIn');
    await eventually('two reminders', () => count(world.types('credential-chat'), 'CredentialReminded') >= 3);
    return world.credential();
  },

  'other-touch-in-vain': async (temporal) => {
    const subscription = { ...quickRules.subscription, lifeMs: hour };
    const options = { settings: { chat: { content: 'basic' }, rules: { ...quickRules, subscription } } } as const;
    const { world } = await begin(temporal, ['other-touch-in-vain'], options);
    world.graph.control.fault = (operation) => (operation === 'reauthorise' ? rejected : undefined);
    await world.starter.ensure(world.desired());
    await world.subscriptionIs('our-fault');
    await world.subscription().signal(checkNow);
    const again = (names: readonly string[]) => count(names, 'reauthoriseSubscription') === 2;
    await hasEvent(world.subscription(), 'the same again', again);
    return world.subscription();
  },

  'pause-to-its-end': async (temporal) => {
    const subscription = { ...quickRules.subscription, reauthoriseMs: hour, lifeMs: 3 * hour };
    const options = { settings: { chat: { content: 'basic' }, rules: { ...quickRules, subscription } } } as const;
    const { world } = await begin(temporal, ['pause-to-its-end'], options);
    await world.starter.ensure(world.desired());
    await world.subscriptionIs('ok');
    let asked = 0;
    world.graph.control.fault = () => (asked++ < 4 ? throttled : undefined);
    await world.subscription().signal(checkNow);
    await eventually('it is over', () => asked > 4);
    await world.subscriptionIs('ok');
    asked = 0;
    world.graph.control.fault = () => (asked++ < 2 ? { ...throttled, retryAfterMs: 4 * hour } : undefined);
    await world.subscription().executeUpdate(retireSubscription, { args: [{ cause: 'shutdown' }] });
    await world.subscription().result();
    return world.subscription();
  },

  'conflicts-in-a-row': async (temporal) => {
    const options = { settings: { chat: { content: 'basic' }, rules: quickRules } } as const;
    const { world } = await begin(temporal, ['conflicts-in-a-row'], options);
    let made = 0;
    world.graph.control.fault = (operation) => (operation === 'create' && made++ < 3 ? conflict : undefined);
    await world.starter.ensure(world.desired());
    await world.subscriptionIs('ok');
    return world.subscription();
  },
};

/** A world whose worker goes the old way at some guards. */
async function begin(temporal: TestTemporal, guards: readonly string[], options: WorldOptions = {}) {
  const world = createWorld(temporal.address, temporal.namespace, options);
  installRuntime({ log: quietLog });
  const { codePath } = await obtainBundle({ workflowsPath, env: process.env, cacheDir });
  const connection = await NativeConnection.connect({ address: temporal.address });
  const worker = await Worker.create({
    ...{ connection, namespace: temporal.namespace, taskQueue, workflowBundle: { codePath } },
    activities: createActivities(world.deps),
    patchActivationCallback: ({ patchId }) => !guards.includes(patchId),
  });
  const running = worker.run();
  onTestFinished(async () => {
    worker.shutdown();
    await running;
    await connection.close();
  });
  return { world };
}

/** A call whose pages are accepted when that is said. */
async function callOn(temporal: TestTemporal, guards: readonly string[], test: boolean) {
  const id = randomUUID();
  const sent: PageMessage[] = [];
  const answers = [1, 2].map(() => Promise.withResolvers<void>());
  const channel = {
    name: 'webhook',
    async send(message: PageMessage) {
      sent.push(message);
      await answers[message.attempt - 1]?.promise;
      return { outcome: 'accepted', detail: 'HTTP 200' } as const;
    },
  };
  const { world } = await begin(temporal, guards, { channels: [channel] });
  await appendReport(world.log, id, 'EmergencyRaised', { feed: 'chat', test });
  const escalation = await world.client.workflow.start(workflowTypes.escalation, {
    ...{ workflowId: escalationWorkflowId(id), taskQueue },
    args: [{ emergencyId: id, test, rules: { intervalsMs: [200], failedMs: 100 } } satisfies EscalationInput],
  });
  return { world: { ...world, id }, escalation, sent, answer: (attempt: 1 | 2) => answers[attempt - 1]?.resolve() };
}

const count = (names: readonly string[], name: string) => names.filter((each) => each === name).length;

/** @param is told the names of the activities so far */
async function hasEvent(handle: WorkflowHandle, what: string, is: (names: readonly string[]) => boolean) {
  await eventually(
    what,
    async () => {
      const { events } = await handle.fetchHistory();
      return is((events ?? []).map((each) => each.activityTaskScheduledEventAttributes?.activityType?.name ?? ''));
    },
    90_000,
  );
}

async function isSignalled(handle: WorkflowHandle, name: string): Promise<void> {
  await eventually(name, async () => {
    const { events } = await handle.fetchHistory();
    return events?.some((each) => each.workflowExecutionSignaledEventAttributes?.signalName === name);
  });
}
