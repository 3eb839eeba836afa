import { at, findings, type Rule } from '../rule.ts';

/** The same as in `infra/tags.ts`; a policy pack is read by itself, and a test holds the two against each other. */
export const required = ['tocsin-tenant', 'tocsin-environment', 'tocsin-component', 'managed-by'] as const;

/** Resource types of stacks that can have tags; a test holds them against the declarations. */
export const taggable: readonly string[] = [
  'azure-native:app:ContainerApp',
  'azure-native:app:ManagedEnvironment',
  'azure-native:applicationinsights:Workbook',
  'azure-native:compute:Disk',
  'azure-native:compute:VirtualMachine',
  'azure-native:compute:VirtualMachineExtension',
  'azure-native:dataprotection:BackupInstance',
  'azure-native:dataprotection:BackupVault',
  'azure-native:dbforpostgresql:Server',
  'azure-native:eventgrid:PartnerConfiguration',
  'azure-native:eventhub:Namespace',
  'azure-native:keyvault:Key',
  'azure-native:keyvault:Secret',
  'azure-native:keyvault:Vault',
  'azure-native:managedidentity:UserAssignedIdentity',
  'azure-native:monitor:ActionGroup',
  'azure-native:monitor:DataCollectionRule',
  'azure-native:monitor:MetricAlert',
  'azure-native:monitor:ScheduledQueryRule',
  'azure-native:network:NatGateway',
  'azure-native:network:NetworkInterface',
  'azure-native:network:NetworkSecurityGroup',
  'azure-native:network:PublicIPAddress',
  'azure-native:network:VirtualNetwork',
  'azure-native:operationalinsights:Workspace',
  'azure-native:privatedns:PrivateZone',
  'azure-native:privatedns:VirtualNetworkLink',
  'azure-native:resources:ResourceGroup',
  'azure-native:storage:StorageAccount',
];

/** Whose it is, and what for, is on every resource. */
export const requiredTags: Rule = {
  name: 'required-tags',
  description: `Everything that can have tags has ${required.join(', ')}.`,
  check({ type, props }) {
    if (!taggable.includes(type)) return [];
    const missing = findings(
      ...required.map((tag) => () => {
        const value = at(props, 'tags', tag);
        return typeof value !== 'string' || value === '' ? [tag] : [];
      }),
    );
    return missing.length === 0 ? [] : [`tags are missing: ${missing.join(', ')}.`];
  },
};
