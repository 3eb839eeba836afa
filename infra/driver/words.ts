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

/** In the order in which a person reads what is in one component. */
const azure: Readonly<Record<string, TypeWords>> = {
  'resources:ResourceGroup': { what: 'resource group', why: 'everything of the tenant, and nothing else' },
  'network:VirtualNetwork': { what: 'network', why: 'apps and machines are in it, and storage lets only it in' },
  'network:NetworkSecurityGroup': { what: 'network rules', why: 'who reaches the machines' },
  'network:PublicIPAddress': { what: 'public address' },
  'network:NatGateway': { what: 'NAT gateway', why: 'all outgoing connections come from one address' },
  'app:ManagedEnvironment': { what: 'Container Apps environment', why: 'apps share its network and its logs' },
  'privatedns:PrivateZone': { what: 'private zone', why: 'names inside the network' },
  'privatedns:PrivateRecordSet': { what: 'name', why: 'what the name stands for inside the network' },
  'privatedns:VirtualNetworkLink': { what: 'link of a zone', why: 'the network asks the zone' },
  'managedidentity:UserAssignedIdentity': { what: 'identity', why: 'signs in to Azure without a password' },
  'eventhub:Namespace': { what: 'Event Hubs namespace', why: 'its address is in every subscription' },
  'eventhub:NamespaceNetworkRuleSet': { what: 'network rules', why: 'who reaches the namespace' },
  'eventhub:EventHub': { what: 'hub', why: 'Graph delivers notices to it' },
  'eventhub:ConsumerGroup': { what: 'consumer group', why: 'our own place in the hub' },
  'eventgrid:PartnerConfiguration': { what: 'Event Grid partner', why: 'lets Graph make partner topics here' },
  'eventgrid:PartnerTopicEventSubscription': {
    what: 'event subscription',
    why: "hands what arrives in Graph's topic to the hub, for a day, and then to a container",
  },
  'storage:StorageAccount': { what: 'storage account' },
  'storage:BlobServiceProperties': { what: 'blob settings', why: 'versions and soft delete, on or off on purpose' },
  'storage:BlobContainer': { what: 'blob container' },
  'storage:ManagementPolicy': { what: 'clean-up rule' },
  'keyvault:Vault': { what: 'key vault' },
  'keyvault:Key': { what: 'key' },
  'keyvault:Secret': { what: 'secret', why: 'a setting that only the roles which use it may read' },
  'compute:VirtualMachine': { what: 'virtual machine' },
  'compute:Disk': { what: 'disk', why: 'holds the log; it outlives its machine' },
  'network:NetworkInterface': { what: 'network interface', why: 'keeps the address when its machine is made anew' },
  'compute:VirtualMachineExtension': {
    what: 'agent',
    why: 'measures free space of the machine, or waits until its node of the log has joined',
  },
  'dbforpostgresql:Server': { what: 'PostgreSQL server', why: "holds Temporal's databases" },
  'dbforpostgresql:Configuration': { what: 'database setting' },
  'dbforpostgresql:Database': { what: 'database', why: "Temporal's state" },
  'dataprotection:BackupVault': { what: 'backup vault', why: 'keeps the copies' },
  'dataprotection:BackupPolicy': { what: 'backup policy', why: 'when copies are made and how long they are kept' },
  'dataprotection:BackupInstance': { what: 'backup of a disk', why: 'has the disk copied as the policy says' },
  'app:ContainerApp': { what: 'container app' },
  'authorization:RoleAssignment': { what: 'role' },
  'authorization:ManagementLockByScope': { what: 'lock against deletion' },
  'monitor:ActionGroup': { what: 'action group', why: 'whom alarms are sent to' },
  'operationalinsights:Workspace': { what: 'Log Analytics workspace', why: 'logs and measures of the stack' },
  'applicationinsights:Workbook': { what: 'workbook', why: 'one page about the health of the stack' },
  'monitor:MetricAlert': { what: 'alarm' },
  'monitor:ScheduledQueryRule': { what: 'alarm' },
  'monitor:DataCollectionRule': { what: 'collection rule', why: 'what machines measure' },
  'monitor:DataCollectionRuleAssociation': { what: 'measured machine', why: 'the rule holds for it' },
  'monitor:DiagnosticSetting': { what: 'diagnostic setting', why: 'sends logs and measures to the workspace' },
};

const entra: Readonly<Record<string, TypeWords>> = {
  Application: { what: 'app registration' },
  ApplicationCertificate: {
    what: 'certificate of a registration',
    why: 'the worker proves with it that it may subscribe',
  },
  ApplicationFederatedIdentityCredential: {
    what: 'federated credential',
    why: 'a managed identity signs in for the registration, without a secret',
  },
  ApplicationPreAuthorized: {
    what: 'program that may ask',
    why: 'the Azure command line of an administrator ends the watch before the stack is deleted',
  },
  ServicePrincipal: { what: 'service principal', why: 'stands for the registration in this tenant' },
  ServicePrincipalDelegatedPermissionGrant: { what: 'consent', why: 'for the service user alone' },
  AppRoleAssignment: { what: 'application role' },
};

/** Why the stack has one of which there are several of its type, by its name in the program. */
const named: readonly (readonly [RegExp, string])[] = [
  [/^microsoft-graph$/, 'Microsoft Graph itself, whose permissions are asked for; it is in every tenant'],
  [/^graph-change-tracking$/, 'Microsoft Graph Change Tracking, the part of Graph that delivers notices'],
  [/^outbound-address$/, 'the one address that a firewall elsewhere has to let in'],
  [/^desk-address$/, 'where browsers reach the desk'],
  [/^ownership-(storage|container)$/, 'who reads which partition'],
  [/^large-(storage|container)$/, 'Graph puts notices there that are too large for the hub'],
  [/^large-retention$/, 'deletes what was fetched long ago'],
  [/^large-notifications-secret$/, 'says where that storage is'],
  [/^graph-vault$/, 'Graph reads there where large notices go; it holds nothing else'],
  [/^dead-letters-(storage|container)$/, 'keeps what Event Grid could not hand to the hub'],
  [/^dead-letters-retention$/, 'deletes what has lain there long enough'],
  [/^evidence-storage$/, 'what is written there cannot be changed for a time'],
  [/^evidence-exports$/, 'what was taken out for a court or an audit'],
  [/^evidence-checkpoints$/, 'hourly proofs of how far the record went, and of what it was'],
  [/^subject-keys-(storage|container)$/, 'wrapped keys of persons; deleting one erases a person'],
  [/^sign-ins-container$/, 'sign-ins and keys of sessions, which three roles alone may open'],
  [/^vault$/, 'holds the master keys and the settings that are secret'],
  [/^master-key$/, 'wraps the keys of persons'],
  [/^sign-in-key$/, 'wraps sign-ins, keys of sessions and keys of workflows'],
  [/^desk-(administrators|compliance|operators|responders)$/, 'gives the group this role at the desk'],
  [/^events-consent$/, 'lets it read emergency call events, and nothing else'],
  [/^ingest$/, 'reads the hub and puts every message on record'],
  [/^triage$/, 'finds the emergencies in the record'],
  [/^resolve$/, 'fetches what a notice only points at, and fills gaps'],
  [/^desk$/, 'the pages of responders, operators and auditors'],
  [/^worker$/, 'keeps sign-in and subscriptions alive, and pages people'],
  [/^temporal$/, 'runs the workflows of the worker'],
  [/^machine$/, 'runs all roles of a small stack'],
  [/^log-machine-\d+$/, 'a node of the event log, in a zone of its own'],
  [/^database-extensions$/, "lets Temporal's schema be made"],
  [/^database-tls$/, 'refuses connections that are not encrypted'],
];

/** Words for a type; for one that no table knows, what its name says. */
export function wordsOf(type: string): TypeWords {
  const [provider = '', module = '', name = ''] = type.split(':');
  const found = provider === 'azuread' ? entra[name] : azure[`${module}:${name}`];
  return found ?? { what: name.replaceAll(/(?<=[a-z])(?=[A-Z])/g, ' ').toLowerCase() || type };
}

/** Why there is a resource of this type under this name in the program, where a table knows. */
export function reasonFor(type: string, name: string): string | undefined {
  return named.find(([pattern]) => pattern.test(name))?.[1] ?? wordsOf(type).why;
}

const reading = [...Object.keys(azure).map((key) => `azure-native:${key}`), ...Object.keys(entra)];

/** Sorts types as a person reads them; those that no table knows come last. */
export function placeOf(type: string): number {
  const found = reading.findIndex((known) => type === known || type.endsWith(`:${known}`));
  return found < 0 ? reading.length : found;
}

/** Of secrets and keys: they are never deleted by themselves, also where nothing has to be kept, but go or stay with their vault. */
export function isInVault(type: string): boolean {
  return type === 'azure-native:keyvault:Secret' || type === 'azure-native:keyvault:Key';
}
