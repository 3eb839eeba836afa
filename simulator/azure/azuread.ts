import type { SimulatedSubscription } from '#simulator/azure/azure-native.ts';
import { checkInputs } from '#simulator/azure/check-inputs.ts';
import type { CloudFolder, CloudResource } from '#simulator/azure/cloud-folder.ts';
import type { Declarations } from '#simulator/azure/declarations.ts';
import { inventOutputs, uuidOf } from '#simulator/azure/invented.ts';
import { InvokeError, type Provider } from '#simulator/azure/provider.ts';
import { type Bag, unknown } from '#simulator/azure/wire.ts';

export interface AzureAdDeps extends SimulatedSubscription {
  readonly cloud: CloudFolder;
  readonly declarations: Declarations;
  readonly newId: () => string;
}

const application = 'azuread:index/application:Application';
const principal = 'azuread:index/servicePrincipal:ServicePrincipal';
const graphId = '00000003-0000-0000-c000-000000000000';

/** Inputs that make two objects of the directory the same one: a second is refused. */
const keys: Readonly<Record<string, readonly string[]>> = {
  [application]: ['displayName'],
  [principal]: ['clientId'],
  'azuread:index/applicationFederatedIdentityCredential:ApplicationFederatedIdentityCredential': [
    'applicationId',
    'displayName',
  ],
  'azuread:index/applicationCertificate:ApplicationCertificate': ['applicationId', 'value'],
  'azuread:index/applicationPreAuthorized:ApplicationPreAuthorized': ['applicationId', 'authorizedClientId'],
  'azuread:index/appRoleAssignment:AppRoleAssignment': ['appRoleId', 'principalObjectId', 'resourceObjectId'],
  'azuread:index/servicePrincipalDelegatedPermissionGrant:ServicePrincipalDelegatedPermissionGrant': [
    'servicePrincipalObjectId',
    'resourceServicePrincipalObjectId',
    'userObjectId',
  ],
};

/** Inputs that can only be given once (registry.terraform.io, hashicorp/azuread: "Changing this field forces a new resource"). */
const givenOnce: Readonly<Record<string, readonly string[]>> = {
  ...keys,
  [application]: [],
};

/** What the directory takes and never says again: a read leaves it as it was in the state. */
const unsaid: Readonly<Record<string, readonly string[]>> = {
  [application]: ['preventDuplicateNames'],
  'azuread:index/applicationCertificate:ApplicationCertificate': ['value', 'encoding'],
};

/** Permissions of Microsoft Graph that a program may look up by name; their ids here are made from the names. */
const permissions = {
  scopes: [
    ...['openid', 'profile', 'email', 'offline_access', 'User.Read', 'User.ReadBasic.All'],
    ...['Chat.Read', 'Chat.ReadBasic', 'Chat.ReadWrite', 'ChatMessage.Read', 'ChannelMessage.Read.All'],
  ],
  appRoles: ['CallEvents-Emergency.Read.All', 'CallEvents.Read.All', 'Chat.Read.All', 'User.Read.All'],
};
const idsOf = (kind: string, names: readonly string[]) =>
  Object.fromEntries(names.map((name) => [name, uuidOf(graphId, kind, name)]));

/** The provider of Entra ID: the directory invents every id, so only a question finds what was made and forgotten. */
export function createAzureAd(deps: AzureAdDeps): Provider {
  const { cloud, declarations, newId, tenantId } = deps;
  const find = (type: string, inputs: Bag): CloudResource | undefined => {
    const same = keys[type];
    if (same === undefined) return undefined;
    return cloud
      .list()
      .find(
        (one) => one.type === type && same.every((name) => (one.inputs[name] ?? one.computed[name]) === inputs[name]),
      );
  };
  const computed = (type: string, id: string, inputs: Bag): Bag => {
    const objectId = id.split('/').at(-1) ?? id;
    const roles = Array.isArray(inputs['appRoles']) ? (inputs['appRoles'] as readonly Bag[]) : [];
    return inventOutputs(declarations, type, id, {
      objectId,
      ...(type === application
        ? {
            clientId: uuidOf(id, 'client'),
            appRoleIds: Object.fromEntries(roles.map((role) => [String(role['value']), role['id']])),
            oauth2PermissionScopeIds: {},
          }
        : {}),
      ...(type === principal && inputs['clientId'] === graphId
        ? {
            appRoleIds: idsOf('role', permissions.appRoles),
            oauth2PermissionScopeIds: idsOf('scope', permissions.scopes),
          }
        : {}),
    });
  };
  /** In the forms that the provider imports ("Import" of each resource, registry.terraform.io, hashicorp/azuread). */
  const idFor = (type: string, inputs: Bag): string => {
    const owner = String(inputs['applicationId']).split('/').at(-1) ?? '';
    switch (type.split(':').at(-1)) {
      case 'Application':
        return `/applications/${newId()}`;
      case 'ServicePrincipal':
        return `/servicePrincipals/${newId()}`;
      case 'AppRoleAssignment':
        return `/servicePrincipals/${String(inputs['resourceObjectId'])}/appRoleAssignedTo/${newId()}`;
      case 'ServicePrincipalDelegatedPermissionGrant':
        return `/oauth2PermissionGrants/${newId()}`;
      case 'ApplicationFederatedIdentityCredential':
        return `${owner}/federatedIdentityCredential/${newId()}`;
      case 'ApplicationCertificate':
        return `${owner}/certificate/${String(inputs['keyId'] ?? newId())}`;
      case 'ApplicationPreAuthorized':
        return `${owner}/preAuthorizedApplication/${String(inputs['authorizedClientId'])}`;
      default:
        return `${type.split(':').at(-1)}/${newId()}`;
    }
  };
  const single = (type: string, matching: (one: CloudResource) => boolean, what: string): Bag => {
    const found = cloud.list().find((one) => one.type === type && matching(one));
    if (found === undefined) throw new InvokeError(`${what} was not found`);
    return { ...found.inputs, ...found.computed, id: found.id };
  };

  return {
    name: 'azuread',
    check: ({ type, inputs }) => ({ inputs, faults: checkInputs(declarations, type, inputs) }),
    replaces: (type) => new Set(givenOnce[type] ?? []),
    deletesFirst: () => false,
    keeps: () => undefined,
    staysWhenDeleted: () => false,
    neverSays: (type) => unsaid[type] ?? [],
    preview: (type) =>
      Object.fromEntries([...declarations.computedOf(type).keys()].map((name) => [name, unknown] as const)),
    create(type, inputs) {
      const found = find(type, inputs);
      // Service principals of Microsoft are in every directory.
      if (type === principal && inputs['useExisting'] === true) {
        const id = found?.id ?? `/servicePrincipals/${uuidOf(tenantId, String(inputs['clientId']))}`;
        return { ok: true, id, computed: computed(type, id, inputs), found: true };
      }
      const refuses = type !== application || inputs['preventDuplicateNames'] === true;
      if (found !== undefined && refuses)
        return {
          ok: false,
          reason: 'exists',
          text: `A resource with the ID "${found.id}" already exists - to be managed via Pulumi this resource needs to be imported`,
        };
      const id = idFor(type, inputs);
      return { ok: true, id, computed: computed(type, id, inputs) };
    },
    update: (type, id, inputs) => computed(type, id, inputs),
    invoke(token, args) {
      switch (token) {
        case 'azuread:index/getClientConfig:getClientConfig':
          return { tenantId, clientId: uuidOf('deployer', 'client'), objectId: uuidOf('deployer'), id: tenantId };
        case 'azuread:index/getUser:getUser':
          return { ...args, objectId: uuidOf(tenantId, 'user', String(args['userPrincipalName'])), id: 'user' };
        case 'azuread:index/getApplication:getApplication':
          return single(
            application,
            ({ inputs }) => inputs['displayName'] === args['displayName'],
            `application "${String(args['displayName'])}"`,
          );
        case 'azuread:index/getServicePrincipal:getServicePrincipal':
          return single(
            principal,
            ({ inputs }) => inputs['clientId'] === args['clientId'],
            `service principal of "${String(args['clientId'])}"`,
          );
        default:
          throw new InvokeError(`the simulated Entra ID cannot answer ${token}`);
      }
    },
  };
}
