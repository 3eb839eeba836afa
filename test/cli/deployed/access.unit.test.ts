import { describe, expect, it } from 'vitest';
import { accessOf } from '#cli/deployed/access.ts';
import { type AzureRole, roleDefinitionId } from '#infra/azure-roles.ts';

const vault = '/subscriptions/s/resourceGroups/rg/providers/Microsoft.KeyVault/vaults/kv';
const hub = '/subscriptions/s/resourceGroups/rg/providers/Microsoft.EventHub/namespaces/n/eventhubs/h';
const assigned = (principalId: string, role: AzureRole, scope: string) => ({
  ...{ id: `${scope}/${principalId}/${role}`, type: 'azure-native:authorization:RoleAssignment', computed: {} },
  inputs: { principalId, roleDefinitionId: roleDefinitionId('s', role), scope },
});
const access = accessOf({
  resources: [
    assigned('reader', 'Key Vault Secrets User', `${vault}/secrets/event-log`),
    assigned('all', 'Key Vault Secrets User', vault),
    assigned('sealer', 'Key Vault Crypto Service Encryption User', `${vault}/keys/master`),
    assigned('ingest', 'Azure Event Hubs Data Receiver', hub),
    assigned('resolve', 'Azure Event Hubs Data Sender', hub),
  ],
});
const operation = (method: string, path: string) => {
  const [collection = '', , ...rest] = path.split('/').slice(1);
  return { method, path, operation: rest.length === 0 ? collection : `${collection}/${rest.at(-1)}` };
};

describe('who may do what by the role assignments of a stack', () => {
  it.each([
    ['reader', 'GET', '/secrets/event-log', true],
    ['reader', 'GET', '/secrets/event-log-2', false],
    ['reader', 'PUT', '/secrets/event-log', false],
    ['reader', 'GET', '/secrets/event-log/0123456789abcdef', true],
    ['reader', 'GET', '/secrets/event-log/versions', true],
    ['reader', 'GET', '/secrets/log-password', false],
    ['reader', 'GET', '/secrets', false],
    ['all', 'GET', '/secrets', true],
    ['all', 'GET', '/secrets/anything', true],
    ['all', 'PUT', '/secrets/anything', false],
    ['all', 'DELETE', '/secrets/anything', false],
    ['all', 'POST', '/secrets/anything/backup', false],
    ['all', 'GET', '/certificates/anything', false],
    ['all', 'POST', '/certificates/anything/create', false],
    ['all', 'POST', '/keys/master/wrapkey', false],
    ['sealer', 'POST', '/keys/master/wrapkey', true],
    ['sealer', 'GET', '/keys/master', true],
    ['sealer', 'POST', '/keys/master/rotate', false],
    ['sealer', 'GET', '/secrets/event-log', false],
    ['nobody', 'GET', '/secrets/event-log', false],
  ])('lets %s %s %s: %s', (principal, method, path, allowed) => {
    expect(access.mayUseVault(principal, vault, operation(method, path))).toBe(allowed);
  });

  it.each([
    ['ingest', 'h/consumergroups/tocsin/partitions/0', true],
    ['ingest', 'h/$management', true],
    ['ingest', 'h', false],
    ['resolve', 'h', true],
    ['resolve', 'h/$management', true],
    ['resolve', 'h/consumergroups/tocsin/partitions/0', false],
    ['nobody', 'h/$management', false],
  ])('lets %s put a token for %s: %s', (principal, path, allowed) => {
    expect(access.mayUseHub(principal, hub, path)).toBe(allowed);
  });
});
