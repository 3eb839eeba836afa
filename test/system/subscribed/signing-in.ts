import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Agent } from 'undici';
import { expect, it } from 'vitest';
import { people } from '#simulator/teams/directory.ts';
import { serviceUser } from '#test/simulator/entra/start-entra.ts';
import { postJson } from '#test/support/desk.ts';
import { eventually } from '#test/support/eventually.ts';
import { tocsin } from '#test/support/tocsin-process.ts';
import { connectOperator } from '#test/system/subscribed/operator.ts';
import { callOnBoard, type RunningSystem, untilWell } from '#test/system/subscribed/running-system.ts';
import { createUserAgent } from '#test/web/sign-in/user-agent.ts';
import type { PendingSignIn } from '#web/subscribing.ts';

/** From the first run on: who signs in, how it ends, and what everybody sees of it. */
export function signingIn(system: () => RunningSystem): void {
  it('is signed in and subscribed before the first call, and says where Temporal is', async () => {
    await untilWell(system());
    const endpoints = await eventually('Temporal in endpoints.json', () => {
      const found = system().endpoints();
      return found.temporalUi !== undefined && found;
    });
    expect(endpoints).toMatchObject({
      temporal: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
      temporalUi: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
      temporalNamespace: 'default',
    });
    const events = await system().recorded('subscription-');
    // Graph had them: a call that comes before any workflow ran is heard.
    expect(events.filter(({ type }) => type === 'SubscriptionAdopted')).toHaveLength(6);
    expect(events.filter(({ type }) => type === 'SubscriptionCreated')).toEqual([]);
    const [credentials, subscriptions, status] = await Promise.all([
      system().cli('credential', 'list'),
      system().cli('subscription', 'list'),
      system().cli('status'),
    ]);
    expect([credentials.code, subscriptions.code]).toEqual([0, 0]);
    expect(credentials.stdout).toMatch(/^chat +ok +signed in/m);
    expect(subscriptions.stdout).toMatch(/^chat +chat +ok +live/m);
    expect(subscriptions.stdout.match(/EmergencyPolicy-\w+ +ok +live/g)).toHaveLength(5);
    expect(status.stdout).toMatch(/^ok +temporal +dev server +runs/m);
    expect(status.stdout).toMatch(/^ok +role +worker/m);
    const report = await system().cli('watch', 'report');
    expect(report.stdout).toMatch(/^chat +watched/m);
    // It began with a gap, and the report says why.
    expect(report.code).toBe(1);
    expect(report.stdout).toContain('nothing was subscribed yet');
    const admin = await (await fetch(`${system().desk()}/admin`)).text();
    expect(admin).toContain('health-rows');
  });

  it('reads what Graph encrypts for certificates that the workflows gave it', async () => {
    const renewed = await eventually('all are renewed', async () => {
      const events = await system().recorded('subscription-');
      const done = events.filter(({ type }) => type === 'SubscriptionRenewed');
      return done.length >= 6 && done;
    });
    expect(new Set(renewed.map(({ data }) => data['encryptionCertificateId']))).not.toContain('simulated-tenant-1');
    const call = await system().call({ caller: 'Grace Okonkwo' });
    expect(call.unnotified).toEqual([]);
    expect((await callOnBoard(system(), call)).caller?.name).toBe('Grace Okonkwo');
    expect((await system().recorded('inbox-')).filter(({ type }) => type === 'tocsin.undecryptable')).toEqual([]);
  });

  it('goes on with the sign-in that it has when another one is declined', async () => {
    const command = system().cli('sign-in');
    await system().approve(true);
    const declined = await command;
    expect(declined.code).toBe(1);
    expect(declined.stderr).toContain('the sign-in before goes on serving. The person declined the sign-in.');
    expect((await system().credential('chat'))?.state).toBe('ok');
    expect((await system().cli('simulate', 'approve', 'NOBODY')).code).toBe(1);
  });

  it('signs in with a code that somebody approves, without a gap', async () => {
    const gapsBefore = (await system().recorded('watch-chat')).filter(({ type }) => type === 'WatchClosed').length;
    const command = system().cli('sign-in');
    const code = await system().approve();
    const done = await command;
    expect([done.code, done.stderr]).toEqual([0, expect.stringContaining(code)]);
    expect(done.stderr).toContain('Signed in.');
    await untilWell(system());
    const gaps = (await system().recorded('watch-chat')).filter(({ type }) => type === 'WatchClosed');
    expect(gaps).toHaveLength(gapsBefore);
  });

  it('signs in by browser where codes are blocked, with the address of the page at which the browser ends', async () => {
    await system().fault('entra.conditional-access-blocks-device-code');
    const path = `${system().desk()}/api/credentials/chat/sign-in`;
    const { verificationUri } = (await postJson(path, { method: 'browser' })).body as unknown as PendingSignIn;
    const ca = readFileSync(join(system().stateDir, 'simulator', 'ca.pem'));
    // At another machine: what it would open at the end is not there.
    const browser = createUserAgent(new Agent({ connect: { ca } }));
    const address = await browser.until(verificationUri, serviceUser, (url) => url.startsWith('http://localhost:'));
    await browser.close();
    system().codes.add(new URL(address).searchParams.get('code') ?? 'no code');
    const foreign = await postJson(`${path}/address`, { address: address.replace(/state=[^&]+/, 'state=guessed') });
    expect(foreign).toMatchObject({
      status: 409,
      body: { detail: expect.stringContaining('belongs to another sign-in') },
    });
    const done = await tocsin(system().stateDir, ['sign-in', '--complete'], {}, `\n${address}\n`);
    expect([done.code, done.stderr]).toEqual([0, expect.stringContaining('Signed in.')]);
    await system().fault('entra.conditional-access-blocks-device-code', 'stop');
    await untilWell(system());
  });

  it('takes the sign-in of nobody but the service user, and the doctor says where another account is signed in', async () => {
    const [ana] = people;
    if (ana === undefined) throw new Error('the simulated directory lost its people');
    const path = `${system().desk()}/api/credentials/chat/sign-in`;
    const { verificationUri } = (await postJson(path, { method: 'browser' })).body as unknown as PendingSignIn;
    const ca = readFileSync(join(system().stateDir, 'simulator', 'ca.pem'));
    const browser = createUserAgent(new Agent({ connect: { ca } }));
    const person = { id: ana.id, upn: ana.upn, name: ana.displayName };
    const address = await browser.until(verificationUri, person, (url) => url.startsWith('http://localhost:'));
    await browser.close();
    system().codes.add(new URL(address).searchParams.get('code') ?? 'no code');
    const refused = await tocsin(system().stateDir, ['sign-in', '--complete'], {}, `${address}\n`);
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('Somebody else than the service user')]);
    await untilWell(system());

    const pointing = JSON.parse((await system().cli('simulate', 'settings', '--json')).stdout) as Record<
      string,
      string
    >;
    const look = async (more: Readonly<Record<string, string>>) => {
      const { stdout } = await tocsin(system().stateDir, ['doctor', '--json'], { ...pointing, ...more });
      return (JSON.parse(stdout) as { readonly findings: readonly { readonly check: string }[] }).findings;
    };
    expect((await look({})).map(({ check }) => check)).not.toContain('chat account');
    expect(await look({ TOCSIN_SERVICE_USER: ana.upn })).toContainEqual(
      expect.objectContaining({ check: 'chat account', state: 'fault' }),
    );
  });

  it('is blind after a revocation and a lost subscription, and within seconds of the next sign-in reads what was missed', async () => {
    const revoked = await system().cli('credential', 'revoke', 'chat', '--why', 'a test');
    expect(revoked.code).toBe(0);
    const trouble = await system().cli('credential', 'list');
    expect(trouble.code).toBe(1);
    expect(trouble.stdout).toMatch(/^chat +revoked .*tocsin sign-in/m);
    await system().fault('graph.subscription-removed');
    await eventually('the gap', async () => {
      const chat = (await system().watch()).feeds.find(({ feed }) => feed === 'chat');
      return chat?.watching === false;
    });
    const missed = await system().call({ feed: 'chat', caller: 'Grace Okonkwo' });
    expect(missed.unnotified).toEqual(['chat']);

    const command = system().cli('sign-in');
    await system().approve();
    const seconds = await untilWell(system());
    expect((await command).code).toBe(0);
    expect(seconds).toBeLessThan(60);
    const late = await callOnBoard(system(), missed);
    expect(late.feeds).toEqual(['chat']);
    const report = await eventually('the gap was read again', async () =>
      (await system().recorded('back-fill-')).find(({ data }) => Number(data['messages']) > 0),
    );
    expect(report.data).toMatchObject({ feed: 'chat', outcome: 'complete' });
    const chat = (await system().watch()).feeds.find(({ feed }) => feed === 'chat');
    const causes = chat?.spans.filter(({ watching }) => !watching).map(({ cause }) => cause);
    expect(causes?.at(-1)).toMatch(/^(subscription-removed|sign-in-needed)$/);
    process.stderr.write(`signed in → watching again: ${seconds.toFixed(1)} s\n`);
  });

  it('asks for a new sign-in when the password was changed', async () => {
    await system().fault('entra.password-changed');
    const operator = await connectOperator(system());
    await operator.update('credential/chat', 'refreshNow');
    const lost = await eventually('the sign-in is refused', async () => {
      const chat = await system().credential('chat');
      return chat?.state === 'sign-in-again' && chat;
    });
    expect(lost.word).toMatch(/password/i);
    expect(lost.next).toMatch(/sign in/i);
    await eventually('seen in the list', async () => (await operator.states())['credential/chat'] === 'sign-in-again');
    await operator.close();
    await system().fault('entra.password-changed', 'stop');
    const command = system().cli('sign-in');
    await system().approve();
    expect((await command).code).toBe(0);
    await untilWell(system());
  });
}
