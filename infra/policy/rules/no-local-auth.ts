import { at, type Rule } from '../rule.ts';

/** The tag, and its value, of the one account that keeps its shared key: Graph takes nothing else for large notifications. */
export const exception = { tag: 'tocsin-shared-key', reason: 'graph-large-notifications' } as const;

/** Resources that are a password or a shared key. */
const forbidden: readonly string[] = [
  'azure-native:eventhub:EventHubAuthorizationRule',
  'azure-native:eventhub:NamespaceAuthorizationRule',
  'azure-native:keyvault:AccessPolicy',
  'azuread:index/applicationPassword:ApplicationPassword',
  'azuread:index/servicePrincipalPassword:ServicePrincipalPassword',
];

/** Identities sign in; shared keys and passwords do not exist. */
export const noLocalAuth: Rule = {
  name: 'no-local-auth',
  description: 'Access is by identity: no shared keys, no passwords, no access policies.',
  check({ type, props }) {
    if (forbidden.includes(type)) return ['is a shared key or a password; give an identity a role instead.'];
    switch (type) {
      case 'azure-native:eventhub:Namespace':
        return props['disableLocalAuth'] === true ? [] : ['disableLocalAuth must be true.'];
      case 'azure-native:storage:StorageAccount':
        return props['allowSharedKeyAccess'] === false || at(props, 'tags', exception.tag) === exception.reason
          ? []
          : ['allowSharedKeyAccess must be false.'];
      case 'azure-native:keyvault:Vault':
        return at(props, 'properties', 'enableRbacAuthorization') === true
          ? []
          : ['enableRbacAuthorization must be true.'];
      case 'azure-native:operationalinsights:Workspace':
        return at(props, 'features', 'disableLocalAuth') === true ? [] : ['features.disableLocalAuth must be true.'];
      case 'azure-native:compute:VirtualMachine':
        return at(props, 'osProfile', 'linuxConfiguration', 'disablePasswordAuthentication') === true
          ? []
          : ['disablePasswordAuthentication must be true.'];
      default:
        return [];
    }
  },
};
