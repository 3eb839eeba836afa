import { randomUUID } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { Client } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { Worker } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '#adapters/system/clock.ts';
import { createKeyRing } from '#adapters/temporal/codec/key-ring.ts';
import { createPayloadCodec } from '#adapters/temporal/codec/payload-codec.ts';
import { obtainBundle } from '#adapters/temporal/worker/bundle.ts';
import { installRuntime } from '#adapters/temporal/worker/runtime.ts';
import {
  cacheDir,
  describeTemporal,
  quietLog,
  startTemporal,
  type TestTemporal,
} from '#test/adapters/temporal/start-temporal.ts';
import { eventually } from '#test/support/eventually.ts';
import { appendEmergencyEvent } from '#test/workflows/emergencies.ts';
import { graphAway } from '#test/workflows/fakes.ts';
import { deepText, keptHistory } from '#test/workflows/kept-history.ts';
import { createWorld, type WorldOptions } from '#test/workflows/world.ts';
import {
  acknowledged,
  credentialView,
  type EscalationInput,
  escalationWorkflowId,
  recreateNow,
  requestSignIn,
  retireCredential,
  retireSubscription,
  taskQueue,
  workflowTypes,
} from '#workflows/contract.ts';
import { workflowsPath } from '#workflows/worker.ts';

const folder = new URL('histories/', import.meta.url);

async function* replays() {
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.json')))
    yield { workflowId: file, history: JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as unknown };
}

describe('histories of workflows that were released', () => {
  it('are replayed by the workflows of today without a difference', async () => {
    installRuntime({ log: quietLog });
    const { codePath } = await obtainBundle({ workflowsPath, env: process.env, cacheDir });
    const seen: string[] = [];
    for (const file of readdirSync(folder))
      expect(readFileSync(new URL(file, folder), 'utf8'), file).not.toMatch(/\(\/|file:\/\/|at \//);
    for await (const { workflowId, error } of Worker.runReplayHistories({ workflowBundle: { codePath } }, replays())) {
      expect(error, workflowId).toBeUndefined();
      seen.push(workflowId);
    }
    expect(seen.length).toBeGreaterThanOrEqual(4);
  });
});

let temporal: TestTemporal;

describeTemporal('what Temporal stores', () => {
  beforeAll(async () => {
    temporal = await startTemporal();
  });
  afterAll(() => temporal.stop());

  /** A sign-in, trouble, renewals, a page, a reconciliation and the end of it all. */
  async function live(options: WorldOptions) {
    const world = createWorld(temporal.address, temporal.namespace, { ...options, signedIn: false });
    await world.startWorker().running();
    await world.starter.ensure(world.desired());
    await world.credentialIs('waiting-for-sign-in');
    await world.credential().executeUpdate(requestSignIn, { args: [{ why: 'first start' }] });
    await eventually('a code', async () => (await world.credential().query(credentialView)).pending !== undefined);
    world.identities.chat.control.approve();
    await world.subscriptionIs('ok');
    world.graph.control.fault = () => graphAway;
    await world.subscription().executeUpdate(recreateNow);
    await world.subscriptionIs('graph-away');
    world.graph.control.fault = undefined;
    await world.subscriptionIs('ok');
    const emergencyId = randomUUID();
    await appendEmergencyEvent(world.log, emergencyId, 'EmergencyRaised');
    const escalation = await world.client.workflow.start(workflowTypes.escalation, {
      ...{ workflowId: escalationWorkflowId(emergencyId), taskQueue },
      args: [{ emergencyId, test: false, rules: { intervalsMs: [200], failedMs: 100 } } satisfies EscalationInput],
    });
    await eventually('pages', () => world.pages.length >= 2);
    await escalation.signal(acknowledged);
    await escalation.result();
    const reconcile = await world.client.workflow.start(workflowTypes.reconcile, {
      ...{ workflowId: `reconcile-${randomUUID()}`, taskQueue, args: [{ feeds: ['chat'] }] },
    });
    await reconcile.result();
    await world.subscription().executeUpdate(retireSubscription, { args: [{ cause: 'shutdown' }] });
    await world.subscription().result();
    await world.credential().executeUpdate(retireCredential);
    await world.credential().result();
    await world.client.schedule.getHandle('reconcile').delete();
    return {
      world,
      handles: { credential: world.credential(), subscription: world.subscription(), escalation, reconcile },
    };
  }

  it('holds no secret and nothing personal that can be read without the codec', async () => {
    const { secrets } = createWorld(temporal.address, temporal.namespace);
    const keys = createKeyRing({ secrets, clock: systemClock });
    const { world, handles } = await live({ codec: createPayloadCodec({ keys, namespace: temporal.namespace }) });
    // Without the codec: as somebody reads it who has the database.
    const stranger = new Client({ connection: world.connection.connection, namespace: temporal.namespace });
    for (const [name, handle] of Object.entries(handles)) {
      const history = await stranger.workflow.getHandle(handle.workflowId).fetchHistory();
      const text = historyToJSON(history) + deepText(JSON.parse(historyToJSON(history)));
      expect(text, name).not.toMatch(/canary|CODE-|token-|whsec_|PRIVATE KEY|first start|Chat\.Read/);
      expect(text, name).toContain('TocsinState');
    }
    expect(JSON.stringify(world.log.events.filter(({ stream }) => !stream.startsWith('emergency-')))).not.toMatch(
      /canary|CODE-/,
    );
  });

  it('is, without a codec, what is kept here to be replayed', async () => {
    const { handles, world } = await live({});
    for (const [name, handle] of Object.entries(handles)) {
      const json = await keptHistory(world.client.workflow.getHandle(handle.workflowId));
      const file = new URL(`${name}.v1.json`, folder);
      if (process.env['TOCSIN_TEST_RECORD_HISTORIES'] === '1' && !existsSync(file)) writeFileSync(file, `${json}\n`);
    }
  });
});
