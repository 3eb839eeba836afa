import { describe, expect, it } from 'vitest';
import { people } from '#simulator/teams/directory.ts';
import type { TeamsChange } from '#simulator/teams/live.ts';
import { chatMessage } from '#simulator/teams/notices.ts';
import { hour, minute, noticesOf, type Rig, start, startGraph } from '#test/simulator/graph/support.ts';
import { eventually } from '#test/support/eventually.ts';

const subscriptions = 'v1.0/subscriptions';

async function subscribed(rig: Rig): Promise<string> {
  const made = await rig.request('POST', subscriptions, { body: rig.chatBody() });
  rig.published.length = 0;
  return String(made.body['id']);
}

function said(rig: Rig, id: string): TeamsChange {
  const from = people[0]!;
  const message = chatMessage({
    chatId: '19:a@thread.v2',
    messageId: id,
    from,
    at: rig.clock.now(),
    importance: 'normal',
    content: id,
    locale: 'en-us',
  });
  return { kind: 'message', changeType: 'created', message, members: [from.id, rig.tenant.serviceUserId] };
}

const listed = async (rig: Rig) =>
  ((await rig.request('GET', subscriptions)).body['value'] as { id: string }[]).map(({ id }) => id);

describe('a fault of simulated Graph', () => {
  it('is listed with a description, and refused when there is no such fault', async () => {
    const { graph } = await startGraph();
    expect(graph.faults.list().length).toBe(15);
    for (const { description, active } of graph.faults.list())
      expect([description.length > 20, active]).toEqual([true, false]);
    await expect(graph.faults.start('gremlins')).rejects.toThrow('there is no fault gremlins');
    await expect(graph.faults.stop('gremlins')).rejects.toThrow(RangeError);
  });

  it.each([
    ['throttled', 429, 'TooManyRequests', '10'],
    ['throttled-silently', 429, 'TooManyRequests', null],
    ['unavailable', 503, 'ServiceUnavailable', null],
    ['permission-missing', 403, 'Forbidden', null],
  ])('%s: every request is answered %i while it is on', async (name, status, code, retryAfter) => {
    const rig = await startGraph();
    await rig.graph.faults.start(name);
    expect(rig.graph.faults.list().find((fault) => fault.name === name)?.active).toBe(true);
    const answer = await rig.request('GET', 'v1.0/me');
    expect(answer).toMatchObject({ status, code });
    expect(answer.headers.get('retry-after')).toBe(retryAfter);
    await rig.graph.faults.stop(name);
    expect((await rig.request('GET', 'v1.0/me')).status).toBe(200);
  });

  it('unreachable: nobody gets a connection, notices go out all the same', async () => {
    const rig = await startGraph();
    await subscribed(rig);
    await rig.graph.faults.start('unreachable');
    await expect(rig.request('GET', 'v1.0/me')).rejects.toThrow();
    expect(await rig.graph.happened([said(rig, '1')])).toMatchObject([[{ outcome: 'delivered' }]]);
    await rig.graph.faults.stop('unreachable');
    expect((await rig.request('GET', 'v1.0/me')).status).toBe(200);
  });

  it('slow: an answer comes after some seconds', async () => {
    const rig = await startGraph();
    await rig.graph.faults.start('slow');
    let answered = false;
    const asking = rig.request('GET', 'v1.0/me').then((answer) => {
      answered = true;
      return answer;
    });
    // The simulator's own look at the clock, and the answer.
    await eventually('the answer is held', () => rig.clock.sleepers() === 2);
    rig.clock.advance(4_999);
    expect(answered).toBe(false);
    rig.clock.advance(1);
    expect((await asking).status).toBe(200);
  });

  it('quota-exhausted: no new subscription', async () => {
    const rig = await startGraph();
    await rig.graph.faults.start('quota-exhausted');
    const refused = await rig.request('POST', subscriptions, { body: rig.chatBody() });
    expect(refused).toMatchObject({ status: 403, code: 'Forbidden' });
    expect(refused.message).toMatch(/limit of \d+ subscriptions/);
  });

  it('lies-expired-listed: one that ended is listed, and gone when asked for', async () => {
    const rig = await startGraph();
    const id = await subscribed(rig);
    rig.clock.advance(24 * hour + minute);
    expect(await listed(rig)).toEqual([]);
    await rig.graph.faults.start('lies-expired-listed');
    expect(await listed(rig)).toEqual([id]);
    expect((await rig.request('GET', `${subscriptions}/${id}`)).status).toBe(404);
    expect((await rig.request('PATCH', `${subscriptions}/${id}`, { body: {} })).status).toBe(404);
    expect(await rig.graph.happened([said(rig, '1')])).toEqual([[]]);
    rig.clock.advance(24 * hour);
    expect(await listed(rig)).toEqual([]);
  });

  it('lies-live-unlisted: a live one is not listed, but delivers and stands in the way of a second', async () => {
    const rig = await startGraph();
    const id = await subscribed(rig);
    await rig.graph.faults.start('lies-live-unlisted');
    expect(await listed(rig)).toEqual([]);
    expect((await rig.request('GET', `${subscriptions}/${id}`)).status).toBe(200);
    expect((await rig.request('POST', subscriptions, { body: rig.chatBody() })).status).toBe(409);
    expect(await rig.graph.happened([said(rig, '1')])).toMatchObject([[{ outcome: 'delivered' }]]);
    await rig.graph.faults.start('lies-live-unlisted', { subscriptionId: 'another' });
    expect(await listed(rig)).toEqual([id]);
  });

  it.each([
    ['subscription-removed', [{ lifecycleEvent: 'subscriptionRemoved' }], 'removed'],
    ['subscription-vanishes', [], 'vanished'],
  ])('%s: it is gone, with %j', async (name, notices, kind) => {
    const rig = await startGraph();
    const id = await subscribed(rig);
    await rig.graph.faults.start(name);
    expect((await rig.request('GET', `${subscriptions}/${id}`)).status).toBe(404);
    expect(noticesOf(rig.published)).toMatchObject(notices);
    expect(rig.events.at(kind === 'removed' ? -2 : -1)).toMatchObject({ kind, at: start, subscription: { id } });
    expect(rig.graph.faults.list().some(({ active }) => active)).toBe(false);
  });

  it('tokens-invalidated: what was live waits for a new token, says so, and delivers again with one', async () => {
    const rig = await startGraph();
    const id = await subscribed(rig);
    await rig.graph.faults.start('tokens-invalidated');
    await rig.graph.tick();
    expect(noticesOf(rig.published)).toMatchObject([{ lifecycleEvent: 'reauthorizationRequired', subscriptionId: id }]);
    expect(await rig.graph.happened([said(rig, '1')])).toMatchObject([[{ outcome: 'held' }]]);
    expect(rig.graph.faults.list().some(({ active }) => active)).toBe(false);
    expect((await rig.request('POST', `${subscriptions}/${id}/reauthorize`)).status).toBe(204);
    expect(await rig.graph.happened([said(rig, '2')])).toMatchObject([[{ outcome: 'delivered' }]]);
  });

  it('delivery-delayed, -doubled and -lost do what they say', async () => {
    const rig = await startGraph();
    await subscribed(rig);
    const deliver = async (id: string) =>
      (await rig.graph.happened([said(rig, id)])).flat().map(({ outcome }) => outcome);
    const count = () => noticesOf(rig.published).length;
    await rig.graph.faults.start('delivery-lost');
    expect([await deliver('1'), count()]).toEqual([['lost'], 0]);
    await rig.graph.faults.stop('delivery-lost');
    await rig.graph.faults.start('delivery-doubled');
    expect([await deliver('2'), count()]).toEqual([['delivered'], 2]);
    await rig.graph.faults.stop('delivery-doubled');
    await rig.graph.faults.start('delivery-delayed');
    expect([await deliver('3'), count()]).toEqual([['delayed'], 2]);
    await rig.graph.faults.stop('delivery-delayed');
    await rig.pass(5 * minute - 1);
    expect(count()).toBe(2);
    await rig.pass(1);
    expect(count()).toBe(3);
    expect(rig.graph.stats()).toMatchObject({ lost: 1, delivered: 2, held: 0, dropped: 0 });
  });
});
