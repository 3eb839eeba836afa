import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { systemClock } from '#adapters/system/clock.ts';
import { systemIds } from '#adapters/system/ids.ts';
import { describeTemporal, startTemporal, type TestTemporal } from '#test/adapters/temporal/start-temporal.ts';
import { eventually } from '#test/support/eventually.ts';
import { appendEmergencyEvent } from '#test/workflows/emergencies.ts';
import { createWorld, type WorldOptions } from '#test/workflows/world.ts';
import { createWebhookChannel } from '#workflows/activities/channels/webhook.ts';
import {
  type EscalationInput,
  escalationView,
  escalationWorkflowId,
  subscriptionView,
  taskQueue,
  workflowTypes,
} from '#workflows/contract.ts';
import { createLogFollower } from '#workflows/log-follower.ts';
import { createReminders } from '#workflows/reminders.ts';

let temporal: TestTemporal;
const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;

/** Somebody's webhook: checks the signature of what comes, and answers as it is told. */
async function receiver() {
  const received: { readonly id: string; readonly body: { type: string; data: Record<string, unknown> } }[] = [];
  const control = { status: 200, silent: false, open: 0 };
  const server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk) => {
      text += String(chunk);
    });
    request.on('end', () => {
      control.open += 1;
      const headers = request.headers as Record<string, string>;
      new Webhook(secret).verify(text, headers);
      received.push({ id: headers['webhook-id'] ?? '', body: JSON.parse(text) });
      if (!control.silent) response.writeHead(control.status).end();
      response.on('close', () => {
        control.open -= 1;
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as { port: number };
  const channel = createWebhookChannel({
    ...{ url: `http://127.0.0.1:${port}/`, secret, clock: systemClock },
    async post(url, { headers, body, signal }) {
      const { status } = await fetch(url, { method: 'POST', headers, body, signal, redirect: 'manual' });
      return { status };
    },
  });
  return { received, control, channel };
}

describeTemporal('escalation', () => {
  beforeAll(async () => {
    temporal = await startTemporal();
  });
  afterAll(() => temporal.stop());

  const paging = { rules: { intervalsMs: [300], failedMs: 100 }, maxHistory: 60 };

  async function begin(options: WorldOptions = {}) {
    const world = createWorld(temporal.address, temporal.namespace, options);
    await world.startWorker().running();
    const follow = (more: Pick<EscalationInput, 'attemptMs'> = {}) => {
      const ending = new AbortController();
      const follower = createLogFollower({
        ...{ log: world.log, client: world.client, taskQueue, clock: systemClock, ids: systemIds, pages: true },
        paging: { ...paging, ...more },
        ...{ recordedBy: { role: 'worker', build: 'test' }, desired: () => world.desired().subscriptions },
        reminders: createReminders({
          ...{ log: world.log, channels: world.deps.channels, clock: systemClock, ids: systemIds },
          onFailed: () => undefined,
        }),
      });
      const done = follower.run(ending.signal);
      const stop = async () => {
        ending.abort();
        await done;
      };
      onTestFinished(stop);
      return { follower, stop };
    };
    const escalation = (id: string) => world.client.workflow.getHandle(escalationWorkflowId(id));
    const paged = (id: string) => world.log.stream(`emergency-${id}`).filter(({ type }) => type === 'ResponderPaged');
    return { ...world, follow, escalation, paged };
  }

  it('pages ever louder until somebody acknowledges, every attempt on record, over many runs', async () => {
    const { channel, received } = await receiver();
    const world = await begin({ channels: [channel] });
    const { follower } = world.follow();
    const id = randomUUID();
    await appendEmergencyEvent(world.log, id, 'EmergencyRaised');
    await eventually('eight pages', () => received.length >= 8);
    await appendEmergencyEvent(world.log, id, 'EmergencyAcknowledged');
    await world.escalation(id).result();
    expect(await world.escalation(id).query(escalationView)).toMatchObject({ state: 'acknowledged' });
    const after = received.length;
    await eventually('the record', () => world.paged(id).length >= after);
    expect(received.map(({ body }) => body.data['urgency']).slice(0, 6)).toEqual([1, 2, 3, 4, 5, 5]);
    expect(received[0]?.body).toMatchObject({
      type: 'emergency.page',
      data: { emergencyId: id, test: false, attempt: 1 },
    });
    expect(new Set(received.map((each) => each.id)).size).toBe(received.length);
    expect(world.paged(id)[0]?.data).toMatchObject({ attempt: 1, channel: 'webhook', urgency: 1, outcome: 'accepted' });
    expect(JSON.stringify(world.paged(id))).not.toContain('canary');
    expect(follower.health()).toMatchObject({ caughtUp: true, open: 0 });
    expect(received.length).toBe(after);
  });

  it('makes the next attempt, louder and under another id, when one cannot be brought to its end', async () => {
    const sent: { readonly id: string; readonly attempt: number; readonly urgency: number }[] = [];
    const world = await begin({
      channels: [
        {
          name: 'webhook',
          async send({ id, attempt, urgency }) {
            sent.push({ id, attempt, urgency });
            if (attempt <= 2) throw new Error('a surprise');
            return { outcome: 'accepted', detail: 'HTTP 200' };
          },
        },
      ],
    });
    world.follow({ attemptMs: 1_000 });
    const id = randomUUID();
    await appendEmergencyEvent(world.log, id, 'EmergencyRaised');
    const third = await eventually('the third attempt', () => sent.find(({ attempt }) => attempt === 3));
    expect(third.urgency).toBe(3);
    expect(new Set(sent.filter(({ attempt }) => attempt <= 3).map((each) => each.id)).size).toBe(3);
    expect(await world.escalation(id).query(escalationView)).toMatchObject({ state: 'paging' });
    await appendEmergencyEvent(world.log, id, 'EmergencyAcknowledged');
    await world.escalation(id).result();
  });

  it('breaks off an attempt that is under way when somebody acts', async () => {
    const { channel, received, control } = await receiver();
    control.silent = true;
    const world = await begin({ channels: [channel] });
    world.follow();
    const id = randomUUID();
    await appendEmergencyEvent(world.log, id, 'EmergencyRaised');
    await eventually('an attempt under way', () => received.length === 1 && control.open === 1);
    await appendEmergencyEvent(world.log, id, 'EmergencyResolved');
    await world.escalation(id).result();
    await eventually('the request is broken off', () => control.open === 0);
    await eventually('the record', () => world.paged(id)[0]?.data['outcome'] === 'cancelled');
    expect(received).toHaveLength(1);
  });

  it('tries again soon when nobody got it, and pages a test call once, marked', async () => {
    const { channel, received, control } = await receiver();
    control.status = 503;
    const world = await begin({ channels: [channel] });
    world.follow();
    const id = randomUUID();
    await appendEmergencyEvent(world.log, id, 'EmergencyRaised', { test: true });
    await eventually('two tries', () => received.length >= 2);
    control.status = 200;
    await world.escalation(id).result();
    expect(world.paged(id).map(({ data }) => data['outcome'])).toEqual(expect.arrayContaining(['failed', 'accepted']));
    expect(world.paged(id).filter(({ data }) => data['outcome'] === 'accepted')).toHaveLength(1);
    expect(received[0]?.body).toMatchObject({ type: 'emergency.test', data: { test: true } });
    expect(await world.escalation(id).query(escalationView)).toMatchObject({
      ...{ state: 'over', what: expect.stringContaining('A test call') },
    });

    await appendEmergencyEvent(world.log, id, 'EmergencyEnriched');
    const before = received.length;
    await eventually('it is a real call after all', () => received.length >= before + 2);
    await appendEmergencyEvent(world.log, id, 'EmergencyResolved');
    await world.escalation(id).result();
  });

  it('pages at once as for a real call when that turns out while the one page of a test call is under way', async () => {
    const sent: boolean[] = [];
    const answered = Promise.withResolvers<void>();
    const world = await begin({
      channels: [
        {
          name: 'webhook',
          async send({ test }) {
            sent.push(test);
            await answered.promise;
            return { outcome: 'accepted', detail: 'HTTP 200' };
          },
        },
      ],
    });
    world.follow();
    const id = randomUUID();
    await appendEmergencyEvent(world.log, id, 'EmergencyRaised', { test: true });
    await eventually('the page of a test call', () => sent.length === 1);
    await appendEmergencyEvent(world.log, id, 'EmergencyEnriched');
    await eventually('the escalation knows', async () => {
      const { events } = await world.escalation(id).fetchHistory();
      return events?.some(
        ({ workflowExecutionSignaledEventAttributes: signal }) => signal?.signalName === 'turnedReal',
      );
    });
    answered.resolve();
    await eventually('pages of a real call', () => sent.filter((test) => !test).length >= 2);
    expect(sent.slice(0, 2)).toEqual([true, false]);
    await appendEmergencyEvent(world.log, id, 'EmergencyResolved');
    await world.escalation(id).result();
  });

  it('pages for what was raised while nobody followed, not for what somebody has taken, and goes on where it was', async () => {
    const world = await begin();
    const [open, taken, later] = [randomUUID(), randomUUID(), randomUUID()];
    await appendEmergencyEvent(world.log, taken, 'EmergencyRaised');
    await appendEmergencyEvent(world.log, open, 'EmergencyRaised');
    await appendEmergencyEvent(world.log, taken, 'EmergencyAcknowledged');
    const first = world.follow();
    await eventually('a page', () => world.paged(open).length > 0);
    await first.stop();
    await appendEmergencyEvent(world.log, later, 'EmergencyRaised');
    await appendEmergencyEvent(world.log, open, 'EmergencyAcknowledged');
    world.follow();
    await eventually('a page for what came meanwhile', () => world.paged(later).length > 0);
    await world.escalation(open).result();
    expect(world.paged(taken)).toEqual([]);
    await appendEmergencyEvent(world.log, later, 'EmergencyResolved');
    await world.escalation(later).result();
  });

  it('hands a reminder to sign in to the channels too, signed, while a call is paged', async () => {
    const { channel, received } = await receiver();
    const world = await begin({ channels: [channel] });
    world.follow();
    const id = randomUUID();
    await world.log.append('credential-chat', 'no-stream', [
      { id, type: 'CredentialReminded', data: { what: 'Sign in again.', urgency: 3 }, metadata: {} },
    ]);
    const call = randomUUID();
    await appendEmergencyEvent(world.log, call, 'EmergencyRaised');
    const reminder = await eventually('a reminder', () =>
      received.find(({ body }) => body.type === 'credential.reminder'),
    );
    expect(reminder).toMatchObject({ id, body: { data: { credential: 'chat', what: 'Sign in again.', urgency: 3 } } });
    await eventually('a page', () => world.paged(call).length > 0);
    await appendEmergencyEvent(world.log, call, 'EmergencyResolved');
    await world.escalation(call).result();
  });

  it('ends as what the log says when somebody acted before it began', async () => {
    const world = await begin();
    for (const [type, state] of [
      ['EmergencyAcknowledged', 'acknowledged'],
      ['EmergencyResolved', 'resolved'],
    ] as const) {
      const id = randomUUID();
      await appendEmergencyEvent(world.log, id, 'EmergencyRaised');
      await appendEmergencyEvent(world.log, id, type);
      const handle = await world.client.workflow.start('escalation', {
        ...{ workflowId: escalationWorkflowId(id), taskQueue, args: [{ emergencyId: id, test: false }] },
      });
      await handle.result();
      expect(await handle.query(escalationView)).toMatchObject({
        state,
        what: expect.stringContaining('Somebody acted'),
      });
    }
    expect(world.pages).toEqual([]);
  });

  it('hands a lifecycle notice to the subscription that it is about, and finds orphans and what Graph lost by reconciling', async () => {
    const world = await begin();
    world.follow();
    await world.starter.ensure(world.desired());
    const { held } = await world.subscriptionIs('ok');
    const notice = (type: string, subscriptionId: string) =>
      world.log.append(
        'inbox-calls-0',
        world.log.stream('inbox-calls-0').length === 0 ? 'no-stream' : world.log.stream('inbox-calls-0').length - 1,
        [{ id: randomUUID(), type: `Microsoft.Graph.${type}`, data: { data: { subscriptionId } }, metadata: {} }],
      );
    world.graph.shelf.clear();
    await notice('SubscriptionRemoved', 'somebody-elses');
    await notice('SubscriptionRemoved', held?.graphId ?? '');
    const second = await eventually('a new one', () => [...world.graph.shelf.values()][0]);

    await world.subscriptionIs('ok');
    world.graph.shelf.set('orphan', { ...second, id: 'orphan', resource: '/users/somebody/chats/getAllMessages' });
    world.graph.shelf.set('strange', {
      ...second,
      id: 'strange',
      resource: 'other',
      notificationUrl: 'EventHub:https://other.example',
    });
    const schedule = world.client.schedule.getHandle('reconcile');
    onTestFinished(() => schedule.delete());
    await schedule.trigger();
    await eventually('no orphan', () => !world.graph.shelf.has('orphan'));
    expect(world.graph.shelf.has('strange')).toBe(true);
    world.graph.shelf.delete(second.id);
    await schedule.trigger();
    await eventually('one that is listed', () =>
      [...world.graph.shelf.values()].some(({ resource }) => resource === second.resource),
    );
    expect(await world.subscription().query(subscriptionView)).toBeDefined();
    world.graph.shelf.set('orphan', { ...second, id: 'orphan', resource: '/users/somebody/chats/getAllMessages' });
    const round = await world.client.workflow.start(workflowTypes.reconcile, {
      ...{ workflowId: `reconcile-${randomUUID()}`, taskQueue, args: [{ feeds: ['chat'] }] },
    });
    expect(await round.result()).toMatchObject({ removed: ['orphan'] });
    expect(world.graph.shelf.has('orphan')).toBe(false);
    // Once on record, however often it was found; and not as the end of what the entity holds.
    expect(world.log.stream('reconcile-chat').map(({ type, data }) => ({ type, ...data }))).toEqual([
      { type: 'SubscriptionRemoved', feed: 'chat', graphId: 'orphan', cause: 'orphan' },
    ]);
    expect(world.types('subscription-chat')).not.toContain('SubscriptionRemoved');
  });
});
