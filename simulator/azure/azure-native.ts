import { checkInputs } from '#simulator/azure/check-inputs.ts';
import type { CloudFolder, CloudResource } from '#simulator/azure/cloud-folder.ts';
import type { Declarations } from '#simulator/azure/declarations.ts';
import { inventOutputs, uuidOf } from '#simulator/azure/invented.ts';
import { attachedTo, heldByAnother, machineType, refusedChange } from '#simulator/azure/machines.ts';
import { InvokeError, type Provider } from '#simulator/azure/provider.ts';
import { type Bag, isUnknown, unknown } from '#simulator/azure/wire.ts';

/** Whose cloud it is. */
export interface SimulatedSubscription {
  readonly subscriptionId: string;
  /** Directory (tenant) id. */
  readonly tenantId: string;
}

export interface AzureNativeDeps extends SimulatedSubscription {
  readonly cloud: CloudFolder;
  readonly declarations: Declarations;
  /** Path of each type with its inputs in braces, such as `/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}`. */
  readonly paths: Readonly<Record<string, string>>;
}

/** Parts of another resource: they are there with it, so making them changes them. */
const alwaysThere = new Set([
  'azure-native:storage:BlobServiceProperties',
  'azure-native:eventhub:NamespaceNetworkRuleSet',
  'azure-native:dbforpostgresql:Configuration',
]);

const lockType = 'azure-native:authorization:ManagementLockByScope';
const roleType = 'azure-native:authorization:RoleAssignment';
/**
 * What is deleted at its vault and not through Azure Resource Manager, with the roles that may do it ("Azure built-in roles for Key Vault data plane
 * operations", learn.microsoft.com): Officer, and Administrator. Locks hold only what goes through Azure Resource Manager ("Lock your Azure resources to protect
 * your infrastructure").
 */
const administrator = '00482a5a-887f-4fb3-b363-3b7fe8e74483';
const deletedAtItsVault: Readonly<Record<string, { readonly action: string; readonly roles: readonly string[] }>> = {
  'azure-native:keyvault:Secret': {
    action: 'Microsoft.KeyVault/vaults/secrets/delete',
    roles: ['b86a8fe4-44ce-4948-aee5-eccb2c155cd7', administrator],
  },
  'azure-native:keyvault:Key': {
    action: 'Microsoft.KeyVault/vaults/keys/delete',
    roles: ['14b46e9e-c2b7-41b4-b07b-48a6ebf60603', administrator],
  },
};

/** Inputs beside names and place that can only be given once, from the reference of each type (learn.microsoft.com). */
const givenOnce: Readonly<Record<string, readonly string[]>> = {
  'azure-native:storage:StorageAccount': ['isHnsEnabled', 'kind'],
  'azure-native:eventhub:EventHub': ['partitionCount'],
  'azure-native:compute:Disk': ['zones', 'creationData'],
  'azure-native:compute:VirtualMachine': ['zones'],
  'azure-native:network:PublicIPAddress': ['zones'],
  'azure-native:authorization:RoleAssignment': ['principalId', 'roleDefinitionId', 'principalType', 'description'],
};

/** The provider of Azure Resource Manager: names make ids, what exists is not taken over, and what is deleted takes its parts with it. */
export function createAzureNative(deps: AzureNativeDeps): Provider {
  const { cloud, declarations, paths, subscriptionId, tenantId } = deps;
  const pathOf = (type: string) => {
    const path = paths[type];
    if (path === undefined) throw new InvokeError(`the simulated Azure knows no path for ${type}`);
    return path;
  };
  const inPath = (type: string) =>
    [...(paths[type] ?? '').matchAll(/\{(\w+)\}/g)]
      .map(([, name = '']) => name)
      .filter((name) => name !== 'subscriptionId');
  const filled = (path: string, inputs: Bag) =>
    path.replaceAll(/\{(\w+)\}/g, (_, name: string) => String({ ...inputs, subscriptionId }[name] ?? 'default'));
  const idOf = (type: string, inputs: Bag) => filled(pathOf(type), inputs);
  const known = new Set(Object.values(paths));
  /** What it is a part of, where stacks make such a thing. */
  const parentOf = (type: string, inputs: Bag) => {
    const path = pathOf(type).split('/').slice(0, -2).join('/');
    return known.has(path) ? filled(path, inputs) : undefined;
  };
  const computed = (type: string, id: string, inputs: Bag): Bag =>
    inventOutputs(declarations, type, id, {
      name: id.split('/').at(-1) ?? '',
      ...(inputs['location'] === undefined ? {} : { location: inputs['location'] }),
      ...wellKnown(type, id, inputs, tenantId),
    });

  return {
    name: 'azure-native',
    check({ type, name, inputs }) {
      const faults = checkInputs(declarations, type, inputs);
      const given = declarations.argumentsOf(type);
      const own = inPath(type).at(-1);
      const missing = own !== undefined && given?.has(own) === true && inputs[own] === undefined;
      // The vendor's provider invents names; the same one each time here, as nothing depends on its letters.
      return { inputs: missing ? { ...inputs, [own]: `${name}${uuidOf(type, name).slice(0, 8)}` } : inputs, faults };
    },
    replaces: (type) => new Set([...inPath(type), 'location', ...(givenOnce[type] ?? [])]),
    deletesFirst: () => true,
    staysWhenDeleted: (type) => alwaysThere.has(type),
    keeps(type, id) {
      if (alwaysThere.has(type)) return undefined;
      const atVault = deletedAtItsVault[type];
      if (atVault !== undefined) return refusedAtVault(id, atVault, cloud.list());
      const at = id.toLowerCase();
      const held = heldByAnother([at], cloud.list());
      if (held !== undefined) return held;
      for (const lock of cloud.list()) {
        if (lock.type !== lockType || lock.id.toLowerCase() === at) continue;
        const scope = lock.id.toLowerCase().replace(/\/providers\/microsoft\.authorization\/locks\/[^/]+$/, '');
        // Neither what is locked, nor what is in it, nor what it is in.
        if (`${at}/`.startsWith(`${scope}/`) || scope.startsWith(`${at}/`))
          return `Code="ScopeLocked" Message="The scope '${id}' cannot perform delete operation because following scope(s) are locked: '${scope}'. Please remove the lock and try again."`;
      }
      return undefined;
    },
    refusesChange: (type, before, after) => (type === machineType ? refusedChange(before, after) : undefined),
    goesWith: (type, inputs) =>
      type === machineType
        ? attachedTo(inputs)
            .filter(({ deleted }) => deleted)
            .map((one) => one.id)
        : [],
    preview: (type) =>
      Object.fromEntries([...declarations.computedOf(type).keys()].map((name) => [name, unknown] as const)),
    create(type, inputs) {
      const id = idOf(type, inputs);
      if (cloud.get(id) !== undefined && !alwaysThere.has(type))
        return { ok: false, reason: 'exists', text: `cannot create already existing resource '${id}'` };
      const parent = parentOf(type, inputs);
      if (parent !== undefined && cloud.get(parent) === undefined)
        return {
          ...{ ok: false, reason: 'orphan' },
          text: `Code="ParentResourceNotFound" Message="Failed to perform 'write' on resource '${id}', because the parent resource '${parent}' could not be found."`,
        };
      const needs = type === machineType ? attachedTo(inputs).map((one) => one.id) : [];
      const held = needs.length === 0 ? undefined : heldByAnother(needs, cloud.list());
      if (held !== undefined) return { ok: false, reason: 'held', text: held };
      return { ok: true, id, computed: computed(type, id, inputs) };
    },
    update: (type, id, inputs) => computed(type, id, inputs),
    invoke(token, args) {
      switch (token) {
        case 'azure-native:authorization:getClientConfig':
          return { subscriptionId, tenantId, clientId: uuidOf('deployer', 'client'), objectId: uuidOf('deployer') };
        case 'azure-native:authorization:getClientToken':
          return { token: simulatedToken(tenantId, String(args['endpoint'])) };
        case 'azure-native:storage:listStorageAccountKeys':
          return isUnknown(args['accountName'])
            ? { keys: unknown }
            : { keys: [{ keyName: 'key1', permissions: 'FULL', value: simulatedKey(String(args['accountName'])) }] };
        default:
          throw new InvokeError(`the simulated Azure cannot answer ${token}`);
      }
    },
  };
}

/** Who makes the stack may make what is in a vault, and delete it only with a role on its content. */
function refusedAtVault(
  id: string,
  { action, roles }: { readonly action: string; readonly roles: readonly string[] },
  held: readonly CloudResource[],
): string | undefined {
  const given = held.some(
    ({ type, inputs }) =>
      type === roleType &&
      inputs['principalId'] === uuidOf('deployer') &&
      roles.some((role) => String(inputs['roleDefinitionId']).toLowerCase().endsWith(role)) &&
      `${id}/`.toLowerCase().startsWith(`${String(inputs['scope']).toLowerCase()}/`),
  );
  if (given) return undefined;
  const [, vault = '', at = ''] = /\/vaults\/([^/]+)\/(.+)$/.exec(id) ?? [];
  return `DELETE https://${vault}.vault.azure.net/${at} RESPONSE 403: 403 Forbidden ERROR CODE: Forbidden {"error":{"code":"Forbidden","message":"Caller is not authorized to perform action on resource. Action: '${action}' Resource: '${id}' Assignment: (not found) Vault: ${vault}","innererror":{"code":"ForbiddenByRbac"}}}`;
}

/** What the sign-in of the deployment gets for a service, such as `https://graph.microsoft.com`. */
export function simulatedToken(tenantId: string, endpoint: string): string {
  return uuidOf(tenantId, 'deployer', endpoint);
}

/** Key of a simulated storage account; it opens nothing. */
function simulatedKey(account: string): string {
  return Buffer.from(uuidOf(account, 'key')).toString('base64');
}

function wellKnown(type: string, id: string, inputs: Bag, tenantId: string): Bag {
  const name = id.split('/').at(-1) ?? '';
  switch (type) {
    case 'azure-native:app:ManagedEnvironment':
      return {
        defaultDomain: `happyfield-${uuidOf(id).slice(0, 8)}.${String(inputs['location'])}.azurecontainerapps.io`,
      };
    case 'azure-native:network:PublicIPAddress':
      return { ipAddress: '203.0.113.7' };
    case 'azure-native:managedidentity:UserAssignedIdentity':
      return { tenantId };
    case 'azure-native:dbforpostgresql:Server':
      return { fullyQualifiedDomainName: `${name}.postgres.database.azure.com` };
    case 'azure-native:dataprotection:BackupVault':
      return { identity: { type: 'SystemAssigned', principalId: uuidOf(id, 'principal'), tenantId } };
    case 'azure-native:operationalinsights:Workspace':
      return { customerId: uuidOf(id, 'customer') };
    default:
      return {};
  }
}
