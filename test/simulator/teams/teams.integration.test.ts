import { describe, expect, it } from 'vitest';
import { emergencyIdOf } from '#domain/names.ts';
import type { JsonObject } from '#kernel/json.ts';
import { createSeededIds } from '#simulator/seeded-ids.ts';
import type { CallRequest } from '#simulator/teams/make.ts';
import { createSimulatedTeams, type SimulatedTeams } from '#simulator/teams/teams.ts';
import { hour, noticesOf, type Rig, startGraph } from '#test/simulator/graph/support.ts';
import { eventually } from '#test/support/eventually.ts';

function teamsOf(rig: Rig): SimulatedTeams {
  return createSimulatedTeams({
    tenant: rig.tenant,
    publisher: {
      publish: async () => {
        throw new Error('with Graph nothing goes to the hub past it');
      },
      close: async () => undefined,
    },
    clock: rig.clock,
    ids: createSeededIds(3),
    phraseFor: () => 'has placed an Emergency Call',
    testNumber: '933',
    graph: rig.graph,
  });
}

const call: CallRequest = { feed: 'both', delivery: 'direct', test: false, basic: false };
const changes = (rig: Rig) => noticesOf(rig.published).filter(({ subscriptionId }) => subscriptionId !== 'NA');

describe('a call in simulated Teams with simulated Graph', () => {
  it('is told to nobody where nobody is subscribed, and says so', async () => {
    const rig = await startGraph();
    const made = await teamsOf(rig).call(call);
    expect(made).toMatchObject({
      ok: true,
      deliveries: [],
      unnotified: ['chat', 'events'],
      emergencyIds: { length: 2 },
    });
    expect(rig.published).toEqual([]);
  });

  it('is told to the live subscriptions of both feeds, and its message can be fetched', async () => {
    const rig = await startGraph();
    rig.graph.seed();
    const made = await teamsOf(rig).call({ ...call, caller: 'Grace Okonkwo' });
    expect(made).toMatchObject({
      ok: true,
      unnotified: [],
      deliveries: [
        { feed: 'chat', outcome: 'delivered' },
        { feed: 'events', outcome: 'delivered' },
      ],
    });
    const [chat, events] = changes(rig);
    const { id, chatId } = keysOf(chat);
    const message = await rig.request('GET', `v1.0/${String(chat?.['resource'])}`);
    expect(message.body).toMatchObject({
      id,
      chatId,
      importance: 'high',
      from: { user: { displayName: 'Grace Okonkwo' } },
    });
    const callId = (events!['resourceData'] as JsonObject)['id'] as string;
    expect(made).toMatchObject({
      callId,
      emergencyIds: [
        emergencyIdOf('chat', rig.tenant.id, `${chatId}/${id}`),
        emergencyIdOf('events', rig.tenant.id, callId),
      ],
    });
    const chats = await rig.request('GET', 'v1.0/me/chats');
    expect(chats.body['value']).toMatchObject([{ id: chatId, chatType: 'group' }]);
  });

  it('is told to one feed alone once the other has no live subscription', async () => {
    const rig = await startGraph();
    rig.graph.seed();
    await rig.pass(24 * hour);
    rig.graph.subscriptions();
    const made = await teamsOf(rig).call(call);
    expect(made).toMatchObject({ ok: true, unnotified: ['events'], deliveries: [{ feed: 'chat', outcome: 'held' }] });
  });

  it('is told under the policy asked for', async () => {
    const rig = await startGraph();
    rig.graph.seed();
    const teams = teamsOf(rig);
    const german = await teams.call({ ...call, feed: 'events', policy: 'EmergencyPolicy-DE' });
    const expected = rig.tenant.subscriptions.find(({ policy }) => policy === 'EmergencyPolicy-DE')?.id;
    expect(german).toMatchObject({ deliveries: [{ subscriptionId: expected }] });
    expect(await teams.call({ ...call, feed: 'events', policy: 'No such policy' })).toMatchObject({
      ok: true,
      unnotified: ['events'],
    });
  });

  it('goes without content or as a CloudEvent when asked to', async () => {
    const rig = await startGraph();
    rig.graph.seed();
    await teamsOf(rig).call({ ...call, feed: 'chat', basic: true });
    expect(changes(rig)[0]).not.toHaveProperty('encryptedContent');
    await teamsOf(rig).call({ ...call, feed: 'chat', delivery: 'event-grid' });
    expect(rig.published.at(-1)).toMatchObject({
      type: 'Microsoft.Graph.ChatMessageCreated',
      data: { ChangeType: 'created' },
    });
  });

  it('that the hub does not take is said to have failed, and comes later', async () => {
    const rig = await startGraph();
    rig.graph.seed();
    rig.hubAnswers({ ok: false, reason: 'unavailable', detail: 'away' });
    const made = await teamsOf(rig).call(call);
    expect(made).toMatchObject({
      ok: false,
      detail: 'the simulated hub did not take it: unavailable: away',
      callId: expect.any(String),
    });
    rig.hubAnswers(undefined);
    await rig.pass(10_000);
    expect(changes(rig)).toHaveLength(2);
  });
});

describe('chatter in simulated Teams with simulated Graph', () => {
  it('is told and kept in a few chats with the service user', async () => {
    const rig = await startGraph();
    rig.graph.seed();
    let over = false;
    const chatting = teamsOf(rig)
      .chatter(300, 1)
      .finally(() => {
        over = true;
      });
    await eventually('the second is over', () => {
      rig.clock.advance(10);
      return over;
    });
    expect(await chatting).toEqual({ published: 300, failed: 0 });
    const keys = changes(rig)
      .map(keysOf)
      .map(({ id, chatId }) => `${chatId}/${id}`);
    expect(new Set(keys).size).toBe(300);
    const chats = await rig.request('GET', 'v1.0/me/chats');
    expect((chats.body['value'] as JsonObject[]).length).toBeLessThan(10);
    expect(chats.body['value']).toMatchObject([
      { chatType: 'oneOnOne' },
      ...Array((chats.body['value'] as JsonObject[]).length - 1).fill({}),
    ]);
  });
});

function keysOf(notice: JsonObject | undefined): { readonly chatId: string; readonly id: string } {
  const [, chatId = '', id = ''] =
    /^chats\('([^']+)'\)\/messages\('([^']+)'\)$/.exec(String(notice?.['resource'])) ?? [];
  return { chatId, id };
}
