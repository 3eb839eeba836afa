/** What each part of a stack is for, in the order in which a person reads them. */
export const componentWords: Readonly<Record<string, string>> = {
  Foundation: 'where everything is: resource group, network, one fixed outgoing address',
  Identity: 'who is who: identities of the roles, registrations in Entra ID with their permissions',
  Ingest: 'where Microsoft Graph delivers notices, and who of us reads which part',
  Keys: 'the master key, secrets, and the wrapped keys of persons, one deletion away from erasure',
  Evidence: 'checkpoints and exports that nobody can change for a time',
  Log: 'the event log: everything that happened, in order',
  Workflows: 'Temporal, which renews subscriptions and pages people until somebody acts',
  Permissions: 'who may do what, on exactly what',
  EventGrid: 'hands the notices in the topic that Graph made to the hub',
  Runtime: 'Tocsin itself, one app for each role',
  Backup: 'copies every four hours of the disks that hold the log',
  Watching: 'alarms about Tocsin itself',
};

/** What a resource is, and why the stack has it. */
export interface TypeWords {
  readonly what: string;
  readonly why?: string;
}

const azure: Readonly<Record<string, TypeWords>> = {
  'app:ContainerApp': { what: 'container app', why: 'runs one role' },
  'app:ManagedEnvironment': { what: 'Container Apps environment', why: 'apps share its network and its logs' },
  'applicationinsights:Workbook': { what: 'workbook', why: 'one page about the health of the stack' },
  'authorization:ManagementLockByScope': { what: 'lock against deletion' },
  'authorization:RoleAssignment': { what: 'role' },
  'compute:Disk': { what: 'disk', why: 'holds the log; it outlives its machine' },
  'compute:VirtualMachine': { what: 'virtual machine' },
  'compute:VirtualMachineExtension': {
    what: 'agent',
    why: 'measures free space of the machine, or waits until its node of the log has joined',
  },
  'dataprotection:BackupInstance': { what: 'backup of a disk' },
  'dataprotection:BackupPolicy': { what: 'backup policy', why: 'when copies are made and how long they are kept' },
  'dataprotection:BackupVault': { what: 'backup vault' },
  'dbforpostgresql:Configuration': { what: 'database setting' },
  'dbforpostgresql:Database': { what: 'database', why: "Temporal's state" },
  'dbforpostgresql:Server': { what: 'PostgreSQL server', why: "holds Temporal's databases" },
  'eventgrid:PartnerConfiguration': { what: 'Event Grid partner', why: 'lets Graph make partner topics here' },
  'eventgrid:PartnerTopicEventSubscription': {
    what: 'event subscription',
    why: "hands what arrives in Graph's topic to the hub, for a day, and then to a container",
  },
  'eventhub:ConsumerGroup': { what: 'consumer group', why: 'our own place in the hub' },
  'eventhub:EventHub': { what: 'hub', why: 'Graph delivers notices to it' },
  'eventhub:Namespace': { what: 'Event Hubs namespace', why: 'its address is in every subscription' },
  'eventhub:NamespaceNetworkRuleSet': { what: 'network rules', why: 'who reaches the namespace' },
  'keyvault:Key': { what: 'key', why: 'wraps the keys of persons' },
  'keyvault:Secret': { what: 'secret' },
  'keyvault:Vault': { what: 'key vault' },
  'managedidentity:UserAssignedIdentity': { what: 'identity', why: 'signs in to Azure without a password' },
  'monitor:ActionGroup': { what: 'action group', why: 'whom alarms are sent to' },
  'monitor:DataCollectionRule': { what: 'collection rule', why: 'what machines measure' },
  'monitor:DataCollectionRuleAssociation': { what: 'measured machine' },
  'monitor:DiagnosticSetting': { what: 'diagnostic setting', why: 'sends logs and measures to the workspace' },
  'monitor:MetricAlert': { what: 'alarm' },
  'monitor:ScheduledQueryRule': { what: 'alarm' },
  'network:NatGateway': { what: 'NAT gateway', why: 'all outgoing connections come from one address' },
  'network:NetworkInterface': { what: 'network interface' },
  'network:NetworkSecurityGroup': { what: 'network rules' },
  'network:PublicIPAddress': { what: 'public address' },
  'network:VirtualNetwork': { what: 'network' },
  'operationalinsights:Workspace': { what: 'Log Analytics workspace', why: 'logs and measures of the stack' },
  'privatedns:PrivateRecordSet': { what: 'name' },
  'privatedns:PrivateZone': { what: 'private zone', why: 'names inside the network' },
  'privatedns:VirtualNetworkLink': { what: 'link of a zone' },
  'resources:ResourceGroup': { what: 'resource group', why: 'everything of the tenant, and nothing else' },
  'storage:BlobContainer': { what: 'blob container' },
  'storage:BlobServiceProperties': { what: 'blob settings', why: 'versions and soft delete, on or off on purpose' },
  'storage:ManagementPolicy': { what: 'clean-up rule' },
  'storage:StorageAccount': { what: 'storage account' },
};

const entra: Readonly<Record<string, TypeWords>> = {
  AppRoleAssignment: { what: 'application role' },
  Application: { what: 'app registration' },
  ApplicationCertificate: { what: 'certificate of a registration' },
  ApplicationFederatedIdentityCredential: {
    what: 'federated credential',
    why: 'a managed identity signs in for the registration, without a secret',
  },
  ApplicationPreAuthorized: {
    what: 'program that may ask',
    why: 'the Azure command line of an administrator ends the watch before the stack is deleted',
  },
  ServicePrincipal: { what: 'service principal' },
  ServicePrincipalDelegatedPermissionGrant: { what: 'consent', why: 'for the service user alone' },
};

/** Words for a type; for one that no table knows, what its name says. */
export function wordsOf(type: string): TypeWords {
  const [provider = '', module = '', name = ''] = type.split(':');
  const found = provider === 'azuread' ? entra[name] : azure[`${module}:${name}`];
  return found ?? { what: name.replaceAll(/(?<=[a-z])(?=[A-Z])/g, ' ').toLowerCase() || type };
}
