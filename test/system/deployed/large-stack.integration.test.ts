import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { allReady, callThrough, signInAndSubscribe } from '#cli/deployed/first-call.ts';
import type { SettingKey } from '#config/settings.ts';
import { usedBy } from '#config/used-by.ts';
import type { Role } from '#infra/names.ts';
import { describeTemporal } from '#test/adapters/temporal/start-temporal.ts';
import { large } from '#test/infra/given.ts';
import { complaints, type RunningStack, startStack } from '#test/system/deployed/running-stack.ts';
import { recorder, settingsRead } from '#test/system/deployed/settings-read.ts';

const keys = Object.keys(usedBy) as SettingKey[];
/** Read where Tocsin starts Temporal itself. */
const ofDevServer = new Set<SettingKey>(['temporalCli', 'temporalPort', 'temporalUiPort']);
/** What every role asks to learn whether it has something to do with hub, tenant and sign-ins, and what the way to the tenant is made of as a whole. */
const lookedAt = new Set<SettingKey>([
  ...(['eventHubs', 'temporal', 'tenant', 'chatClientId', 'eventsClientId', 'signInStore', 'signIns'] as const),
  ...([
    'cloud',
    'graph',
    'entra',
    'allowedHosts',
    'policies',
    'policyList',
    'notificationUrl',
    'tenantDomain',
  ] as const),
  ...(['serviceUser', 'eventsCertificate', 'eventsPrivateKey', 'eventsApi', 'chatContent'] as const),
]);

describeTemporal('the settings of a large stack', () => {
  const signal = new AbortController().signal;
  let running: RunningStack;
  beforeAll(async () => {
    vi.stubEnv('NODE_OPTIONS', `--import=${recorder}`);
    running = await startStack(({ authority, client }) => ({
      ...large,
      ...{ logAuthority: authority, temporalAuthority: authority },
      ...{ eventsCertificate: client.cert, eventsKey: client.key },
      ...{ logCertificate: client.cert, logKey: client.key, temporalCertificate: client.cert, temporalKey: client.key },
    }));
  }, 240_000);
  afterAll(() => {
    vi.unstubAllEnvs();
  });
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

  it('are read by the roles that are said to use them, and by no others', () => {
    for (const { name, stateDir } of running.deployed.processes) {
      const role = name as Role;
      const read = settingsRead(stateDir);
      const said = keys.filter((key) => usedBy[key].includes(role) && !ofDevServer.has(key));
      expect(
        said.filter((key) => !read.has(key)),
        `${role} never reads`,
      ).toEqual([]);
      expect(
        [...read].filter((key) => !usedBy[key].includes(role) && !lookedAt.has(key)),
        `${role} reads, and is given by no stack`,
      ).toEqual([]);
    }
  });
});
