import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { armPaths } from '#infra/driver/arm-ids.ts';
import { createAzureNative, simulatedToken } from '#simulator/azure/azure-native.ts';
import { createAzureAd } from '#simulator/azure/azuread.ts';
import { createBreaker } from '#simulator/azure/breakage.ts';
import { checkInputs } from '#simulator/azure/check-inputs.ts';
import { type CloudFolder, createCloudFolder } from '#simulator/azure/cloud-folder.ts';
import { createDeclarations } from '#simulator/azure/declarations.ts';
import { diffInputs } from '#simulator/azure/diff.ts';
import { partsOf } from '#simulator/azure/provider-service.ts';
import { startSimulatedReads } from '#simulator/azure/simulated-reads.ts';
import { unknown } from '#simulator/azure/wire.ts';

const declarations = createDeclarations();
const account = 'azure-native:storage:StorageAccount';
const good = { resourceGroupName: 'rg', kind: 'StorageV2', sku: { name: 'Standard_ZRS' } };
const faults = (inputs: Record<string, unknown>, type = account) =>
  checkInputs(declarations, type, inputs).map(({ property, reason }) => `${property} ${reason}`);

describe('checking inputs against the declarations of the packages', () => {
  it('passes what is right, and does not judge what is not known yet', () => {
    expect(faults(good)).toEqual([]);
    expect(faults({ ...good, resourceGroupName: unknown, sku: unknown, tags: { a: unknown } })).toEqual([]);
  });

  it('finds what is missing, misspelt, of the wrong kind, or no word of an enumeration, however deep', () => {
    expect(faults({ kind: 'StorageV2', sku: {} })).toEqual(['resourceGroupName is required', 'sku.name is required']);
    expect(faults({ ...good, minimumTLSVersion: 'TLS1_2' })).toEqual(['minimumTLSVersion is not known']);
    expect(faults({ ...good, isHnsEnabled: 'no' })).toEqual(['isHnsEnabled must be a boolean']);
    expect(faults({ ...good, sku: { name: 'Cheap' } })).toEqual([
      expect.stringMatching(/^sku\.name is "Cheap"; it must be one of /),
    ]);
    expect(faults({ ...good, networkRuleSet: { defaultAction: 'Deny', ipRules: [{ action: 'Allow' }] } })).toEqual([
      'networkRuleSet.ipRules[0].iPAddressOrRange is required',
    ]);
    expect(faults({}, 'azure-native:storage:StorageBox')).toEqual([
      ' there is no resource type azure-native:storage:StorageBox',
    ]);
  });

  it('tells outputs from arguments', () => {
    const computed = declarations.computedOf('azure-native:managedidentity:UserAssignedIdentity');
    expect([...computed.keys()]).toEqual(expect.arrayContaining(['clientId', 'principalId', 'name']));
    expect([...computed.keys()]).not.toContain('location');
  });
});

describe('the simulated cloud', () => {
  let folder: string;
  let cloud: CloudFolder;
  let next = 0;
  const shared = () => ({ cloud, declarations, subscriptionId: 's', tenantId: 't' });
  const azure = () => createAzureNative({ ...shared(), paths: armPaths });
  const entra = () => createAzureAd({ ...shared(), newId: () => `id-${next++}` });
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tocsin-cloud-'));
    cloud = createCloudFolder(folder);
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('is a folder that others may change, whatever the case of an id', () => {
    cloud.put({ id: '/subscriptions/s/A', type: account, inputs: { a: 1 }, computed: {} });
    expect(cloud.get('/SUBSCRIPTIONS/s/a')?.inputs).toEqual({ a: 1 });
    const file = cloud.fileOf('/subscriptions/s/a');
    writeFileSync(file, readFileSync(file, 'utf8').replace('"a": 1', '"a": 2'));
    expect(createCloudFolder(folder).list()[0]?.inputs).toEqual({ a: 2 });
    expect([cloud.remove('/subscriptions/s/a'), cloud.remove('/subscriptions/s/a')]).toEqual([true, false]);
  });

  it('refuses to make what exists, as the vendor does, but not what is part of another resource', () => {
    const make = (type: string, inputs: Record<string, unknown>) => {
      const made = azure().create(type, inputs);
      if (made.ok) cloud.put({ id: made.id, type, inputs, computed: made.computed });
      return made;
    };
    const named = { ...good, accountName: 'st' };
    expect(make(account, named)).toMatchObject({ ok: true });
    expect(make(account, named)).toMatchObject({
      ok: false,
      text: expect.stringContaining('already existing resource'),
    });
    const blobs = { resourceGroupName: 'rg', accountName: 'st', blobServicesName: 'default' };
    expect(make('azure-native:storage:BlobServiceProperties', blobs)).toMatchObject({ ok: true });
    expect(make('azure-native:storage:BlobServiceProperties', blobs)).toMatchObject({ ok: true });
  });

  it('makes no part of what is not there, and parts of what Azure makes by itself', () => {
    const secret = { resourceGroupName: 'rg', vaultName: 'kv', secretName: 'one', properties: { value: 'v' } };
    const make = () => azure().create('azure-native:keyvault:Secret', secret);
    expect(make()).toMatchObject({
      ok: false,
      text: expect.stringMatching(/^Code="ParentResourceNotFound" .*\/vaults\/kv' could not be found/),
    });
    const vault = '/subscriptions/s/resourceGroups/rg/providers/Microsoft.KeyVault/vaults/kv';
    cloud.put({ id: vault, type: 'azure-native:keyvault:Vault', inputs: {}, computed: {} });
    expect(make()).toMatchObject({ ok: true, id: `${vault}/secrets/one` });
    // Graph makes the topic, and nobody makes the service of blobs.
    const topic = { resourceGroupName: 'rg', partnerTopicName: 'pt', eventSubscriptionName: 'hub' };
    expect(azure().create('azure-native:eventgrid:PartnerTopicEventSubscription', topic)).toMatchObject({ ok: true });
  });

  it('takes locks off and puts them back for who deploys, and nothing else', async () => {
    const vault = '/subscriptions/s/resourceGroups/rg/providers/Microsoft.KeyVault/vaults/kv';
    const id = `${vault}/providers/Microsoft.Authorization/locks/tocsin-keep`;
    const reads = await startSimulatedReads(cloud, 't', azure());
    try {
      const ask = async (method: string, path: string, token = simulatedToken('t', 'https://management.azure.com')) => {
        const body = method === 'PUT' ? JSON.stringify({ properties: { level: 'CanNotDelete', notes: 'why' } }) : null;
        const headers = { authorization: `Bearer ${token}` };
        return (await fetch(`${reads.armUrl}${path}?api-version=2020-05-01`, { method, body, headers })).status;
      };
      expect([await ask('PUT', id, 'another'), cloud.get(id)]).toEqual([401, undefined]);
      expect([await ask('PUT', id), await ask('PUT', id)]).toEqual([201, 200]);
      const inputs = { scope: vault, lockName: 'tocsin-keep', level: 'CanNotDelete', notes: 'why' };
      expect(cloud.get(id)).toMatchObject({ type: 'azure-native:authorization:ManagementLockByScope', inputs });
      expect(azure().keeps('azure-native:keyvault:Vault', vault)).toContain('ScopeLocked');
      expect([await ask('DELETE', id), await ask('DELETE', id)]).toEqual([200, 204]);
      cloud.put({ id: vault, type: 'azure-native:keyvault:Vault', inputs: {}, computed: {} });
      expect([await ask('DELETE', vault), cloud.get(vault) === undefined]).toEqual([404, false]);
    } finally {
      await reads.stop();
    }
  });

  it('lets nobody delete what is in a vault who has no role on its content, whoever may delete the vault', () => {
    const group = '/subscriptions/s/resourceGroups/rg';
    const vault = `${group}/providers/Microsoft.KeyVault/vaults/kv`;
    const secret = `${vault}/secrets/paging-secret`;
    const refusal = () => azure().keeps('azure-native:keyvault:Secret', secret);
    const give = (role: string, scope: string) =>
      cloud.put({
        id: `${scope}/providers/Microsoft.Authorization/roleAssignments/1`,
        type: 'azure-native:authorization:RoleAssignment',
        inputs: { scope, principalId: deployer(), roleDefinitionId: `/subscriptions/s/roleDefinitions/${role}` },
        computed: {},
      });
    const deployer = () => azure().invoke('azure-native:authorization:getClientConfig', {})['objectId'] as string;
    expect(refusal()).toMatch(/^DELETE https:\/\/kv\.vault\.azure\.net\/secrets\/paging-secret .*ForbiddenByRbac/);
    expect(azure().keeps('azure-native:keyvault:Key', `${vault}/keys/master`)).toContain('keys/delete');
    expect(azure().keeps('azure-native:keyvault:Vault', vault)).toBeUndefined();
    // Key Vault Secrets User reads alone.
    give('4633458b-17de-408a-b874-0445c86b69e6', vault);
    expect(refusal()).toBeDefined();
    // Key Vault Secrets Officer, on another vault whose name begins alike and then on this one.
    give('b86a8fe4-44ce-4948-aee5-eccb2c155cd7', vault.slice(0, -1));
    expect(refusal()).toBeDefined();
    give('b86a8fe4-44ce-4948-aee5-eccb2c155cd7', vault);
    expect(refusal()).toBeUndefined();
  });

  it('invents a name where none is given, and says that names cannot change', () => {
    const { inputs } = azure().check({ type: account, name: 'logs', inputs: good });
    expect(inputs['accountName']).toMatch(/^logs[0-9a-f]{8}$/);
    expect([...azure().replaces(account)]).toEqual(
      expect.arrayContaining(['accountName', 'resourceGroupName', 'location']),
    );
  });

  it('invents ids in the directory, refuses a second registration of a name, and finds Microsoft principals', () => {
    const application = 'azuread:index/application:Application';
    const principal = 'azuread:index/servicePrincipal:ServicePrincipal';
    const inputs = { displayName: 'Tocsin', preventDuplicateNames: true };
    const first = entra().create(application, inputs);
    if (!first.ok) throw new Error('refused');
    cloud.put({ id: first.id, type: application, inputs, computed: first.computed });
    expect(entra().create(application, inputs)).toMatchObject({ ok: false, reason: 'exists' });
    expect(entra().invoke('azuread:index/getApplication:getApplication', { displayName: 'Tocsin' })).toMatchObject({
      id: first.id,
    });
    expect(() => entra().invoke('azuread:index/getApplication:getApplication', { displayName: 'Other' })).toThrow(
      'was not found',
    );
    const graph = { clientId: '00000003-0000-0000-c000-000000000000', useExisting: true };
    const [one, two] = [entra().create(principal, graph), entra().create(principal, graph)];
    expect(one).toEqual(two);
    expect(one).toMatchObject({
      computed: { oauth2PermissionScopeIds: { 'Chat.Read': expect.stringMatching(/^[0-9a-f-]{36}$/) } },
    });
  });

  it('compares inputs by path', () => {
    expect(diffInputs({ a: { b: 1, c: [1] }, __defaults: [] }, { a: { b: 2, c: [1, 2] }, d: 'x' })).toEqual({
      changed: [
        { path: 'a.b', kind: 'update' },
        { path: 'a.c[1]', kind: 'add' },
        { path: 'd', kind: 'add' },
      ],
      keys: ['a', 'd'],
    });
    expect(partsOf('urn:pulumi:s::p::tocsin:infra:Keys$azure-native:keyvault:Vault::vault')).toEqual({
      type: 'azure-native:keyvault:Vault',
      name: 'vault',
    });
  });

  it('breaks on purpose, by name or for one resource, until it is mended', () => {
    const breaker = createBreaker();
    const mend = breaker.start({ operation: 'create', urn: '::hub', how: 'refused' });
    expect(breaker.find('create', 'x::hub')).toBe('refused');
    expect(breaker.find('create', 'x::other')).toBeUndefined();
    mend();
    expect(breaker.find('create', 'x::hub')).toBeUndefined();
    for (const { name } of breaker.faults.list()) {
      void breaker.faults.start(name);
      void breaker.faults.stop(name);
    }
    expect(breaker.find('create', 'x')).toBeUndefined();
    expect(() => breaker.faults.start('nothing')).toThrow('there is no fault nothing');
  });
});
