import { expect, it } from 'vitest';
import { small } from '#test/infra/given.ts';
import { stackContract } from '#test/infra/stack.contract.ts';

const stack = stackContract('small', small);
const inputs = (name: string) =>
  stack().resources.find((one) => one.name === name && !one.type.startsWith('tocsin:'))?.inputs ?? {};

it('one machine runs everything: there is no container app, and the log is on its disk', () => {
  expect(stack().resources.filter(({ type }) => type.startsWith('azure-native:app:'))).toEqual([]);
  expect(stack().resources.filter(({ type }) => type.endsWith(':VirtualMachine'))).toHaveLength(1);
  expect(inputs('machine-disk')).toMatchObject({
    networkAccessPolicy: 'DenyAll',
    creationData: { createOption: 'Empty' },
  });
  const text = Buffer.from((inputs('machine')['osProfile'] as { customData: string }).customData, 'base64').toString();
  expect(text).toContain('TOCSIN_EVENT_LOG=sqlite:/var/lib/tocsin/log.db');
  expect(text).toContain('TOCSIN_HTTP=127.0.0.1:8080');
});

it('the machine is reached on port 443 by the networks of the desk, and by nobody on any other', () => {
  const rules = inputs('machine-rules')['securityRules'] as {
    name: string;
    access: string;
    destinationPortRange: string;
  }[];
  expect(rules).toEqual([
    expect.objectContaining({ access: 'Allow', destinationPortRange: '443', sourceAddressPrefix: '203.0.113.0/24' }),
    expect.objectContaining({ access: 'Deny', destinationPortRange: '*', priority: 4096 }),
  ]);
});

it('people come back from the sign-in to the host of the desk', () => {
  expect(inputs('desk-application')['web']).toMatchObject({
    redirectUris: ['https://tocsin.fabrikam.com/signed-in', 'https://tocsin.fabrikam.com/signed-out'],
  });
});
