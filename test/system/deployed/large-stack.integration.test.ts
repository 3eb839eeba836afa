import { afterAll, beforeAll, expect, it } from 'vitest';
import { allReady, callThrough, signInAndSubscribe } from '#cli/deployed/first-call.ts';
import { describeTemporal } from '#test/adapters/temporal/start-temporal.ts';
import { large } from '#test/infra/given.ts';
import { complaints, type RunningStack, startStack } from '#test/system/deployed/running-stack.ts';

describeTemporal('the settings of a large stack', () => {
  const signal = new AbortController().signal;
  let running: RunningStack;
  beforeAll(async () => {
    running = await startStack(({ authority, client }) => ({
      ...large,
      ...{ logAuthority: authority, temporalAuthority: authority },
      ...{ eventsCertificate: client.cert, eventsKey: client.key },
      ...{ logCertificate: client.cert, logKey: client.key, temporalCertificate: client.cert, temporalKey: client.key },
    }));
  }, 240_000);
  afterAll(() => running?.close());

  it('start every role with a cluster of the log, a certificate for the events feed and two policies, and a call of each feed gets through', async () => {
    const { deployed } = running;
    await allReady(deployed, signal);
    expect(await signInAndSubscribe(deployed, signal)).toBe(3);
    // Of one person they would be one emergency.
    await callThrough(deployed, signal, { feed: 'chat', caller: 'Grace Okonkwo' });
    await callThrough(deployed, signal, { feed: 'events', policy: 'Stockholm', caller: 'Ana Petrova' });
    expect(deployed.services.refused).toEqual([]);
    expect(complaints(deployed)).toEqual([]);
  });
});
