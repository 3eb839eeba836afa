import { expect, it } from 'vitest';
import { machineRules } from '#infra/components/machine-rules.ts';
import { type Given, large, small } from '#test/infra/given.ts';
import { settingsOf } from '#test/infra/settings-of.ts';

const sourcesOf = (given: Given, name: string) =>
  machineRules(settingsOf(given))
    .filter((rule) => rule.name === name)
    .flatMap(({ sourceAddressPrefix, sourceAddressPrefixes }) => sourceAddressPrefix ?? sourceAddressPrefixes ?? []);

it('an internal desk of one machine is reached from its network and those joined to it, by peering or a gateway', () => {
  expect(sourcesOf({ ...small, deskAccess: 'internal', deskNetworks: '' }, 'desk')).toEqual(['VirtualNetwork']);
});

it('the desk of one machine is reached from everywhere only where somebody says so, and from networks that are named alone', () => {
  expect(sourcesOf({ ...small, deskAccess: 'public', deskNetworks: '' }, 'desk')).toEqual(['*']);
  for (const deskAccess of ['public', 'internal'])
    expect(sourcesOf({ ...small, deskAccess, deskNetworks: '10.1.0.0/16, 203.0.113.0/24' }, 'desk')).toEqual([
      '10.1.0.0/16',
      '203.0.113.0/24',
    ]);
});

it('the log is reached from the apps and its own nodes, and every other door is shut', () => {
  expect(sourcesOf(large, 'log')).toEqual(['10.40.0.0/23', '10.40.4.0/24']);
  expect(sourcesOf(large, 'log-replication')).toEqual(['10.40.4.0/24']);
  for (const given of [small, large])
    expect(machineRules(settingsOf(given)).at(-1)).toMatchObject({ access: 'Deny', sourceAddressPrefix: '*' });
});
