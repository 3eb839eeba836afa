import { afterAll, beforeAll, expect, it } from 'vitest';
import { allReady, callThrough, signInAndSubscribe } from '#cli/deployed/first-call.ts';
import { describeTemporal } from '#test/adapters/temporal/start-temporal.ts';
import { small } from '#test/infra/given.ts';
import { browserFor } from '#test/system/deployed/responder.ts';
import { complaints, type RunningStack, startStack } from '#test/system/deployed/running-stack.ts';

describeTemporal('the settings of a small stack', () => {
  const signal = new AbortController().signal;
  let running: RunningStack;
  beforeAll(async () => {
    running = await startStack(() => small, 'localhost');
  }, 240_000);
  afterAll(() => running?.close());

  it('start all roles in one process with the embedded log and the identity of the machine, and a call gets through', async () => {
    const { stack, deployed } = running;
    expect(stack.units.map(({ kind, roles }) => [kind, roles.length])).toEqual([['machine', 5]]);
    await allReady(deployed, signal);
    expect(await signInAndSubscribe(deployed, signal)).toBe(1);
    expect((await callThrough(deployed, signal, { caller: 'Grace Okonkwo' })).caller).toBe('Grace Okonkwo');
    const [, responder] = deployed.services.tenant.users;
    const { id = '', userPrincipalName: upn = '', displayName: name = '' } = responder ?? {};
    const browser = browserFor(deployed);
    const { answer, url } = await browser.signIn(`${deployed.deskUrl}/`, { id, upn, name });
    await browser.close();
    expect([url, answer.text]).toEqual([`${deployed.deskUrl}/`, expect.stringContaining(`data-person="${name}"`)]);
    expect(deployed.services.refused).toEqual([]);
    expect(complaints(deployed)).toEqual([]);
  });
});
