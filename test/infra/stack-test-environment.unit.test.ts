import { expect, it } from 'vitest';
import { refuseDestroy } from '#infra/driver/leaving.ts';
import { standard } from '#test/infra/given.ts';
import { runStack } from '#test/infra/mocked-stack.ts';

it('a test stack can be cleared away, and one with restricted networks lets in its own alone', {
  timeout: 60_000,
}, async () => {
  const stack = await runStack({
    ...standard,
    environment: 'test',
    restrictEventHubs: 'true',
    allowedNetworks: '198.51.100.0/24',
    largeNotifications: 'false',
    chatFeed: 'false',
    serviceUser: '',
    eventsFeed: 'true',
    policies: 'Stockholm',
    deskAccess: 'public',
  });
  const inputs = (name: string) =>
    stack.resources.find((one) => one.name === name && !one.type.startsWith('tocsin:'))?.inputs ?? {};
  expect(stack.resources.filter(({ protect }) => protect)).toEqual([]);
  // A vault takes with it what is in it, which nobody may delete by itself.
  const inVaults = stack.resources.filter(({ type }) => /:keyvault:(?:Secret|Key)$/.test(type));
  expect(inVaults.map(({ name }) => name)).toContain('master-key');
  expect(stack.resources.filter(({ retainOnDelete }) => retainOnDelete)).toEqual(inVaults);
  const held = stack.resources.map((one) => ({ ...one, urn: `urn:pulumi:s::tocsin::${one.type}::${one.name}` }));
  expect(refuseDestroy('contoso', held)).toBeUndefined();
  expect(stack.resources.filter(({ type }) => type.includes('ManagementLock'))).toEqual([]);
  expect(inputs('namespace-network')).toMatchObject({
    defaultAction: 'Deny',
    trustedServiceAccessEnabled: true,
    ipRules: [{ ipMask: '198.51.100.0/24', action: 'Allow' }],
  });
  expect(stack.resources.filter(({ name }) => /^(?:chat|large|graph-vault)/.test(name))).toEqual([]);
  expect(inputs('events-credential')).toMatchObject({
    subject: 'principal-of-worker-identity',
    issuer: 'https://login.microsoftonline.com/aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee/v2.0',
    audiences: ['api://AzureADTokenExchange'],
  });
  expect(stack.resources.filter(({ type }) => type.includes('privatedns'))).toEqual([]);
});
