import { expect, it } from 'vitest';
import type { SimulatedHub } from '#simulator/graph/options.ts';
import { hour, minute, startGraph } from '#test/simulator/graph/support.ts';
import { eventually } from '#test/support/eventually.ts';

const subscriptions = 'v1.0/subscriptions';

/** A hub that takes its time once it is told to. */
function slowHub() {
  let slow = false;
  const waiting: PromiseWithResolvers<void>[] = [];
  const hub: SimulatedHub = {
    namespaces: ['simulated.servicebus.windows.net', 'localhost'],
    hub: 'teams-emergency',
    publisher: {
      publish: async () => {
        if (slow) {
          const asked = Promise.withResolvers<void>();
          waiting.push(asked);
          await asked.promise;
        }
        return { ok: true };
      },
    },
  };
  return {
    hub,
    slowDown: () => {
      slow = true;
    },
    isAsked: () => eventually('the hub is asked', () => waiting.length > 0),
    answer: () => {
      slow = false;
      for (const asked of waiting.splice(0)) asked.resolve();
    },
  };
}

it('leaves alone what was renewed or deleted while the lifecycle notice of another was on its way', async () => {
  const { hub, slowDown, isAsked, answer } = slowHub();
  const rig = await startGraph({ hubs: [hub] });
  const lifecycleNotificationUrl = rig.graph.notificationUrl;
  const create = async (policy: string) => {
    const body = rig.eventsBody(policy, { lifecycleNotificationUrl });
    const made = await rig.request('POST', subscriptions, { token: rig.application(), body });
    expect(made.status).toBe(201);
    return `${subscriptions}/${String(made.body['id'])}`;
  };
  await create('First');
  const renewed = await create('Second');
  const deleted = await create('Third');

  slowDown();
  rig.clock.advance(45 * minute);
  const ticking = rig.graph.tick();
  await isAsked();
  const token = rig.application();
  const expirationDateTime = new Date(rig.clock.now() + 23 * hour).toISOString();
  expect((await rig.request('PATCH', renewed, { token, body: { expirationDateTime } })).status).toBe(200);
  expect((await rig.request('DELETE', deleted, { token })).status).toBe(204);
  answer();
  await ticking;

  expect(await rig.request('GET', renewed, { token })).toMatchObject({ status: 200, body: { expirationDateTime } });
  expect((await rig.request('GET', deleted, { token })).status).toBe(404);
  // One with a new token has no need of a notice.
  expect(rig.events.filter(({ kind }) => kind === 'lifecycle')).toHaveLength(1);
});

it('does not undo a renewal with a change of address that was asked for before and took longer', async () => {
  const { hub, slowDown, isAsked, answer } = slowHub();
  const rig = await startGraph({ hubs: [hub] });
  const made = await rig.request('POST', subscriptions, { body: rig.chatBody() });
  const path = `${subscriptions}/${String(made.body['id'])}`;

  slowDown();
  const notificationUrl = rig.graph.notificationUrl.replace('simulated.servicebus.windows.net', 'localhost');
  const moving = rig.request('PATCH', path, { body: { notificationUrl } });
  await isAsked();
  const expirationDateTime = new Date(rig.clock.now() + 48 * hour).toISOString();
  expect((await rig.request('PATCH', path, { body: { expirationDateTime } })).status).toBe(200);
  answer();
  expect((await moving).status).toBe(200);

  expect((await rig.request('GET', path)).body).toMatchObject({ notificationUrl, expirationDateTime });
});
