import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { ManagedIdentityCredential } from '@azure/identity';
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '#adapters/system/clock.ts';
import { refuseAssertion } from '#simulator/entra/client-assertion.ts';
import {
  createManagedIdentitySimulator,
  type ManagedIdentitySimulator,
} from '#simulator/managed-identity/simulator.ts';

const tenantId = randomUUID();
const someone = () => ({ clientId: randomUUID(), principalId: randomUUID() });
const [mine, others, machine] = [someone(), someone(), someone()];

describe('the simulated endpoint of managed identities', () => {
  let simulator: ManagedIdentitySimulator;
  let now = Date.now();
  const before = { ...process.env };
  // The vendor's client keeps the first endpoint that it found for the life of the process.
  beforeAll(async () => {
    simulator = await createManagedIdentitySimulator({
      clock: { now: () => now },
      tenantId,
      identities: [mine, others, machine],
      machine,
    });
    process.env['IDENTITY_ENDPOINT'] = simulator.endpoint;
  });
  beforeEach(() => {
    now = Date.now();
    process.env['IDENTITY_HEADER'] = simulator.headerOf(mine.clientId);
  });
  afterAll(async () => {
    for (const name of ['IDENTITY_ENDPOINT', 'IDENTITY_HEADER']) {
      if (before[name] === undefined) delete process.env[name];
      else process.env[name] = before[name];
    }
    await simulator.close();
  });

  const tokenOf = async (clientId: string, scope: string) =>
    (await new ManagedIdentityCredential({ clientId, retryOptions: { maxRetries: 0 } }).getToken(scope)).token;

  it("gives the vendor's client a token for the resource, which tells who has it", async () => {
    const token = await tokenOf(mine.clientId, 'https://vault.azure.net/.default');
    expect(decodeJwt(token)).toMatchObject({ iss: `https://sts.windows.net/${tenantId}/`, oid: mine.principalId });
    expect(simulator.check(token, 'https://vault.azure.net')).toMatchObject({ ok: true, ...mine });
    expect(simulator.issued()).toEqual([{ clientId: mine.clientId, resource: 'https://vault.azure.net' }]);
  });

  it('gives no process the identity of another', async () => {
    await expect(tokenOf(others.clientId, 'https://vault.azure.net/.default')).rejects.toThrow(/identity/i);
    const query = `api-version=2019-08-01&resource=https://storage.azure.com&client_id=${mine.clientId}`;
    const guessed = await fetch(`${simulator.endpoint}?${query}`, { headers: { 'x-identity-header': 'guessed' } });
    expect(guessed.status).toBe(401);
    expect(simulator.issued().map(({ resource }) => resource)).toEqual(['https://vault.azure.net']);
  });

  it('knows a token for another resource, an old one and a forged one', async () => {
    const token = await tokenOf(mine.clientId, 'https://storage.azure.com/.default');
    expect(simulator.check(token, 'https://vault.azure.net')).toEqual({ ok: false, reason: 'audience' });
    expect(simulator.check(`${token.slice(0, -4)}AAAA`, 'https://storage.azure.com')).toMatchObject({ ok: false });
    now += 86_400_000;
    expect(simulator.check(token, 'https://storage.azure.com/')).toEqual({ ok: false, reason: 'expired' });
  });

  it('makes assertions that an application takes from that identity alone', async () => {
    const assertion = await tokenOf(mine.clientId, 'api://AzureADTokenExchange/.default');
    const judged = (subject: string) =>
      refuseAssertion(assertion, {
        client: {
          ...{ clientId: randomUUID(), name: 'desk', kind: 'confidential' },
          federatedCredentials: [
            {
              ...{ issuer: `https://login.microsoftonline.com/${tenantId}/v2.0`, subject },
              key: simulator.publicJwk,
            },
          ],
        },
        now: systemClock.now(),
        audiences: [],
      });
    expect(await judged(mine.principalId)).toBeUndefined();
    expect(await judged(others.principalId)).toBe(700213);
  });

  it('gives everybody on a machine the identity of the machine, and only that', async () => {
    const ask = (clientId: string, headers: Record<string, string> = { metadata: 'true' }) =>
      fetch(
        `${simulator.metadataHost}/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https://vault.azure.net&client_id=${clientId}`,
        { headers },
      );
    const { access_token: token } = (await (await ask(machine.clientId)).json()) as { access_token: string };
    expect(simulator.check(token, 'https://vault.azure.net')).toMatchObject({ ok: true, ...machine });
    expect((await ask(mine.clientId)).status).toBe(400);
    expect((await ask(machine.clientId, {})).status).toBe(400);
  });

  it.each([
    ['//', 400],
    ['//[', 400],
    ['/msi/token?%', 401],
  ])('refuses %s, which no client of a vendor asks for, and goes on', async (path, status) => {
    const { port } = new URL(simulator.endpoint);
    // `fetch` asks for nothing that is no address.
    const asking = request({ host: '127.0.0.1', port, path }).end();
    const [answer] = (await once(asking, 'response')) as [IncomingMessage];
    answer.resume();
    expect(answer.statusCode).toBe(status);
    expect((await fetch(simulator.endpoint)).status).toBe(401);
  });

  it.each(['throttled', 'unavailable', 'identity-missing'])('can be %s', async (fault) => {
    await simulator.faults.start(fault);
    const asked = () =>
      fetch(
        `${simulator.endpoint}?api-version=2019-08-01&resource=https://vault.azure.net&client_id=${mine.clientId}`,
        {
          headers: { 'x-identity-header': simulator.headerOf(mine.clientId) },
        },
      );
    expect((await asked()).ok).toBe(false);
    await simulator.faults.stop(fault);
    expect((await asked()).ok).toBe(true);
    await expect(simulator.faults.start('no such fault')).rejects.toThrow(RangeError);
  });
});
