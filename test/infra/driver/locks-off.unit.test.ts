import { expect, it } from 'vitest';
import { locksInTheWay } from '#infra/driver/locks-off.ts';

const group = '/subscriptions/s/resourceGroups/rg';
const vault = `${group}/providers/Microsoft.KeyVault/vaults/kv`;
const hub = `${group}/providers/Microsoft.EventHub/namespaces/evhns`;
const one = (name: string, type: string, id: string, inputs: Record<string, unknown> = {}) => ({
  ...{ urn: `urn:pulumi:s::tocsin::azure-native:${type}::${name}`, type: `azure-native:${type}`, id, inputs },
});
const lock = (name: string, scope: string) =>
  one(name, 'authorization:ManagementLockByScope', `${scope}/providers/Microsoft.Authorization/locks/tocsin-keep`, {
    ...{ scope, level: 'CanNotDelete', notes: `why ${name}` },
  });
const role = (name: string, scope: string) =>
  one(name, 'authorization:RoleAssignment', `${scope}/providers/Microsoft.Authorization/roleAssignments/${name}`);
const resources = [
  one('vault', 'keyvault:Vault', vault),
  lock('vault-lock', vault),
  lock('hub-lock', hub.toUpperCase()),
  role('reads-secret', `${vault}/secrets/one`),
  role('sends', `${hub}/eventhubs/notices`),
  role('of-another', `${vault}2`),
  one('secret', 'keyvault:Secret', `${vault}/secrets/one`),
  one('app', 'app:ContainerApp', `${group}/providers/Microsoft.App/containerApps/app`),
];
const inTheWay = (op: 'delete' | 'replace' | 'create' | 'update' | 'same', ...names: readonly string[]) =>
  locksInTheWay(
    resources.filter(({ urn }) => names.includes(urn.split('::').at(-1) ?? '')).map(({ urn }) => ({ op, urn })),
    resources,
  ).map(({ name }) => name);

it('a lock is in the way of a role beneath it that goes or is made anew, whatever the case of an id', () => {
  expect(inTheWay('delete', 'reads-secret')).toEqual(['vault-lock']);
  expect(inTheWay('replace', 'sends', 'reads-secret')).toEqual(['vault-lock', 'hub-lock']);
});

it('no lock is in the way of what is beside it, of what only changes, of what its vault keeps, or of itself', () => {
  expect(inTheWay('delete', 'of-another', 'app', 'secret', 'vault-lock')).toEqual([]);
  for (const op of ['create', 'update', 'same'] as const) expect(inTheWay(op, 'reads-secret', 'sends')).toEqual([]);
});

it('a lock is known by what has to be put back, and whether it goes with the run itself', () => {
  const [role, own] = ['reads-secret', 'vault-lock'].map((name) =>
    resources.find(({ urn }) => urn.endsWith(`::${name}`)),
  );
  const steps = [role, own].flatMap((one) => (one === undefined ? [] : [{ op: 'delete' as const, urn: one.urn }]));
  const expected = { name: 'vault-lock', id: own?.id, level: 'CanNotDelete', notes: 'why vault-lock' };
  expect(locksInTheWay(steps, resources)).toEqual([{ ...expected, goes: true }]);
  expect(locksInTheWay(steps.slice(0, 1), resources)).toEqual([{ ...expected, goes: false }]);
});
