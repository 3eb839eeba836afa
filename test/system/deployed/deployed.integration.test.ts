import { afterAll, beforeAll, expect, it } from 'vitest';
import { accessOf } from '#cli/deployed/access.ts';
import { bagOf, ofType, unitOf } from '#cli/deployed/deployed-stack.ts';
import { allReady, callThrough, signInAndSubscribe } from '#cli/deployed/first-call.ts';
import { ask } from '#cli/http.ts';
import { roles } from '#infra/names.ts';
import { describeTemporal } from '#test/adapters/temporal/start-temporal.ts';
import { standard } from '#test/infra/given.ts';
import { eventually } from '#test/support/eventually.ts';
import { secretsIn } from '#test/system/deployed/containers.ts';
import { sendLargeNotice } from '#test/system/deployed/large-notice.ts';
import { browserFor } from '#test/system/deployed/responder.ts';
import { complaints, type RunningStack, startStack } from '#test/system/deployed/running-stack.ts';
import { restartWaiting, takeVaultsAway } from '#test/system/deployed/vaults-away.ts';

describeTemporal('the settings that a stack gives to its roles', () => {
  const signal = new AbortController().signal;
  let running: RunningStack;
  beforeAll(async () => {
    const { pagingUrl: _, pagingSecret: __, ...given } = standard;
    running = await startStack(({ authority, client }) => ({
      ...{ ...given, eventsFeed: 'true', policies: 'EmergencyPolicy-US' },
      // A cluster elsewhere, with an authority of its own: files and secrets by reference.
      ...{ temporalAuthority: authority, temporalCertificate: client.cert, temporalKey: client.key },
    }));
  }, 240_000);
  afterAll(() => running?.close());

  it('are those of its container apps', () => {
    const { stack } = running;
    for (const role of roles) {
      const app = ofType(stack, 'azure-native:app:ContainerApp').find(({ id }) => id.endsWith(`-${role}`));
      expect(environmentOf(app?.inputs)).toEqual({
        AZURE_CLIENT_ID: unitOf(stack, role).identity.clientId,
        ...stack.settings[role],
      });
    }
  });

  it('start every role as a process of its own, and a call of either feed gets through', async () => {
    const { deployed } = running;
    await allReady(deployed, signal);
    expect(await signInAndSubscribe(deployed, signal)).toBe(2);
    const chat = await callThrough(deployed, signal, { feed: 'chat', caller: 'Grace Okonkwo' });
    expect(chat.caller).toBe('Grace Okonkwo');
    await callThrough(deployed, signal, { feed: 'events', policy: 'EmergencyPolicy-US', caller: 'Hélène Dufour' });
  });

  it('let resolve fetch what a notice lacks, and publish it to the hub as ours', async () => {
    const call = await callThrough(running.deployed, signal, { basic: true, caller: 'Ana Petrova' });
    expect(call.caller).toBe('Ana Petrova');
  });

  it('let resolve fetch what was too large for the hub, with a secret of the second vault', async () => {
    const { deployed } = running;
    await sendLargeNotice(deployed, 'Room 9001');
    await eventually('it is on the board', async () => {
      const { body } = await ask(`${deployed.desk}/api/emergencies`);
      return JSON.stringify(body).includes('Room 9001');
    });
  });

  it('show a call to a responder who signs in at the address that the stack gives the desk', async () => {
    const { deployed } = running;
    const call = await callThrough(deployed, signal, { caller: 'Grace Okonkwo' });
    const [, responder] = deployed.services.tenant.users;
    const { id = '', userPrincipalName: upn = '', displayName: name = '' } = responder ?? {};
    expect(deployed.deskUrl).toMatch(/^https:\/\/ca-contoso-desk\..*\.azurecontainerapps\.io$/);
    const browser = browserFor(deployed);
    try {
      const path = `${deployed.deskUrl}/api/emergencies/${call.emergencyId}`;
      expect((await browser.get(path)).status).toBe(401);
      const { answer } = await browser.signIn(`${deployed.deskUrl}/`, { id, upn, name });
      expect(answer.text).toContain(`data-person="${name}"`);
      expect((await browser.get(path)).json()['caller']).toMatchObject({ name: 'Grace Okonkwo' });
    } finally {
      await browser.close();
    }
  });

  it('let a call reach the board while the vaults are away; a role that starts meanwhile waits for them, and nothing is lost', async () => {
    const { deployed } = running;
    const comeBack = await takeVaultsAway(deployed);
    // Who runs has the master key in memory: keys of new persons are made, and what is sealed is shown.
    const during = await callThrough(deployed, signal, { caller: 'Tomasz Lindqvist' });
    expect(during.caller).toBe('Tomasz Lindqvist');
    const waiting = await Promise.all((['ingest', 'worker'] as const).map((role) => restartWaiting(deployed, role)));
    // Nobody reads the hub now: the notice waits there.
    const later = callThrough(deployed, signal, { caller: 'Aoife Byrne' });
    later.catch(() => undefined);
    await comeBack();
    await Promise.all(waiting.map(({ started }) => started));
    expect((await later).caller).toBe('Aoife Byrne');
    await allReady(deployed, signal);
    const board = JSON.stringify((await ask(`${deployed.desk}/api/emergencies`)).body);
    expect(board).toContain('Tomasz Lindqvist');
    expect(board).not.toContain('[locked]');
  });

  it('prove each role by its own managed identity, which is asked for nothing that the stack does not allow it', () => {
    const { stack, deployed } = running;
    expect(deployed.services.refused).toEqual([]);
    const asked = (role: (typeof roles)[number]) =>
      new Set(
        deployed.services.identity
          .issued()
          .filter(({ clientId }) => clientId === unitOf(stack, role).identity.clientId)
          .map(({ resource }) => resource.replace(/\/+$/, '')),
      );
    const [vault, storage, hub] = [
      'https://vault.azure.net',
      'https://storage.azure.com',
      'https://eventhubs.azure.net',
    ];
    expect(asked('triage')).toEqual(new Set([vault, storage]));
    expect(asked('ingest')).toEqual(new Set([vault, storage, hub]));
    expect(asked('worker')).toEqual(new Set([vault, storage, 'api://AzureADTokenExchange']));
    expect(asked('desk')).toEqual(new Set([vault, storage, hub, 'api://AzureADTokenExchange']));
  });

  it('keep sign-ins and keys of sessions where ingest and triage can open nothing', async () => {
    const { stack, deployed } = running;
    const { ingest, triage, worker, desk } = stack.settings;
    const signIns = await secretsIn(deployed, worker['TOCSIN_SIGN_INS']);
    expect(signIns).toEqual(expect.arrayContaining(['credential/chat/token-cache', 'temporal/codec-keys']));
    expect(signIns).toContainEqual(expect.stringMatching(/^desk\/session-key\//));
    expect(desk['TOCSIN_SIGN_INS']).toBe(worker['TOCSIN_SIGN_INS']);
    const others = (await secretsIn(deployed, ingest['TOCSIN_SUBJECT_KEYS'])).map((name) => name.split('/')[0]);
    expect(new Set(others)).toEqual(new Set(['notification-key', 'subscription']));
    for (const settings of [ingest, triage]) expect(settings).not.toHaveProperty('TOCSIN_SIGN_INS');
    const wrapping = stack.settings.worker['TOCSIN_SIGN_IN_STORE']?.split('/').at(-1);
    const keyOf = ofType(stack, 'azure-native:keyvault:Key').find(({ inputs }) => inputs['keyName'] === wrapping);
    const access = accessOf(stack);
    const mayOpen = (role: (typeof roles)[number]) =>
      access.has(
        unitOf(stack, role).identity.principalId,
        ['Key Vault Crypto Service Encryption User'],
        keyOf?.id ?? '',
      );
    expect(roles.filter(mayOpen)).toEqual(['resolve', 'desk', 'worker']);
  });

  it('are ones that no process complains of, and all end when they are asked to', async () => {
    const { deployed } = running;
    expect(complaints(deployed)).toEqual([]);
    await Promise.all(deployed.processes.map((one) => one.stop()));
    expect(deployed.processes.map((one) => [one.name, one.exitCode()])).toEqual(roles.map((role) => [role, 0]));
  });
});

/** The environment of an app, with references as outputs show them. */
function environmentOf(inputs: Readonly<Record<string, unknown>> = {}): Readonly<Record<string, string>> {
  const listOf = (value: unknown) => (value ?? []) as readonly Readonly<Record<string, string>>[];
  const secrets = listOf(bagOf(inputs['configuration'])['secrets']);
  const urlOf = (name: string | undefined) => secrets.find((one) => one['name'] === name)?.['keyVaultUrl'];
  const [container] = listOf(bagOf(inputs['template'])['containers']);
  return Object.fromEntries(
    listOf(container?.['env']).map(({ name = '', value, secretRef }) => {
      const file = /^\/run\/tocsin\/(.+)\.pem$/.exec(value ?? '')?.[1];
      if (secretRef !== undefined) return [name, `secret:${urlOf(secretRef)}`];
      return [name, file === undefined ? (value ?? '') : `file:${urlOf(file)}`];
    }),
  );
}
