import { describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { createFakeSubscribing } from '#test/support/fake-subscribing.ts';
import { createDeskFixture } from '#test/web/desk-fixture.ts';
import * as answers from '#web/schema-answers.ts';

const fits = async (answer: Response, schema: z.ZodType) => {
  expect(answer.status).toBe(200);
  expect(schema.safeParse(await answer.json())).toMatchObject({ success: true });
};

describe('sign-in, subscriptions and watch over HTTP', () => {
  it('are shown as the document says', async () => {
    const { get } = createDeskFixture();
    await fits(await get('/api/credentials'), answers.credentialListSchema);
    await fits(await get('/api/subscriptions'), answers.subscriptionListSchema);
    await fits(await get('/api/watch'), answers.watchReportSchema);
  });

  it('take the last day unless a time is asked for, and refuse one that ends before it begins', async () => {
    const { get } = createDeskFixture({ now: () => Date.parse('2026-11-21T12:00:00Z') });
    expect(await (await get('/api/watch')).json()).toMatchObject({
      from: '2026-11-20T12:00:00.000Z',
      to: '2026-11-21T12:00:00.000Z',
    });
    const wrong = await get('/api/watch?from=2026-11-22&to=2026-11-21');
    expect(wrong.status).toBe(400);
    expect(await wrong.json()).toMatchObject({ code: 'invalid-query', problems: [{ at: 'from' }] });
  });

  it('carry out what is asked for, and say what a person has to enter', async () => {
    const subscribing = createFakeSubscribing();
    const { post } = createDeskFixture({ subscribing });
    await fits(await post('/api/credentials/chat/sign-in', {}), answers.pendingSignInSchema);
    await fits(await post('/api/credentials/chat/revoke', { why: 'moving' }), answers.revocationSchema);
    await fits(await post('/api/subscriptions/chat/renew', {}), answers.startedSchema);
    await fits(await post('/api/subscriptions/chat/recreate', {}), answers.startedSchema);
    await fits(await post('/api/leaving', { why: 'moving' }), answers.leavingSchema);
    expect(subscribing.asked.splice(-1)).toEqual(['leave']);
    expect(subscribing.asked).toEqual(['sign-in chat', 'revoke chat: moving', 'renew chat', 'recreate chat']);
  });

  it('take the address at which a browser ended, and say why it is not the one', async () => {
    const subscribing = createFakeSubscribing();
    const { post } = createDeskFixture({ subscribing });
    const path = '/api/credentials/chat/sign-in/address';
    await fits(await post(path, { address: ' http://localhost:1/?code=1&state=this\n' }), answers.startedSchema);
    expect(subscribing.asked).toEqual(['address chat: http://localhost:1/?code=1&state=this']);
    const other = await post(path, { address: 'http://localhost:1/?code=canary&state=other' });
    expect(other.status).toBe(409);
    const said = await other.text();
    expect(JSON.parse(said)).toMatchObject({ code: 'refused', detail: 'This address belongs to another sign-in.' });
    expect(said).not.toContain('canary');
    for (const body of [{}, { address: '' }, { address: 'canary'.repeat(3000) }, { code: 'canary' }]) {
      const refused = await post(path, body);
      expect([refused.status, await refused.text()]).toEqual([400, expect.not.stringContaining('canary')]);
    }
    expect((await post('/api/credentials/nowhere/sign-in/address', { address: 'x' })).status).toBe(404);
    expect((await post(path, { address: 'x' }, { 'x-tocsin-request': '' })).status).toBe(403);
  });

  it('say what is not there, and that nobody can carry it out', async () => {
    const subscribing = createFakeSubscribing();
    const { post } = createDeskFixture({ subscribing });
    expect(await (await post('/api/subscriptions/nowhere/renew', {})).json()).toMatchObject({
      code: 'subscription-not-found',
    });
    expect((await post('/api/credentials/chat/revoke', {})).status).toBe(400);
    subscribing.away = true;
    const answer = await post('/api/credentials/chat/sign-in', {});
    expect(answer.status).toBe(503);
    expect(await answer.json()).toMatchObject({ code: 'workflows-away', detail: 'Temporal does not answer.' });
  });

  it('refuse what a page of another site could send', async () => {
    const subscribing = createFakeSubscribing();
    const { post } = createDeskFixture({ subscribing });
    const answer = await post('/api/subscriptions/chat/recreate', {}, { 'x-tocsin-request': '' });
    expect(answer.status).toBe(403);
    expect(subscribing.asked).toEqual([]);
  });
});
