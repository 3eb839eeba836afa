const subscription = '/subscriptions/{subscriptionId}';
const group = `${subscription}/resourceGroups/{resourceGroupName}`;
const of = (namespace: string, path: string) => `${group}/providers/Microsoft.${namespace}/${path}`;
const on = (scope: string, namespace: string, path: string) => `{${scope}}/providers/Microsoft.${namespace}/${path}`;

/**
 * Paths of every type of Azure Resource Manager that the program makes, with the inputs that fill them ("Resource ID", learn.microsoft.com; the reference
 * of each type). Together with the inputs they say what a resource is called even when nobody was told, as after a crash.
 */
export const armPaths: Readonly<Record<string, string>> = {
  'azure-native:app:ContainerApp': of('App', 'containerApps/{containerAppName}'),
  'azure-native:app:ManagedEnvironment': of('App', 'managedEnvironments/{environmentName}'),
  'azure-native:applicationinsights:Workbook': of('Insights', 'workbooks/{resourceName}'),
  'azure-native:authorization:ManagementLockByScope': on('scope', 'Authorization', 'locks/{lockName}'),
  'azure-native:authorization:RoleAssignment': on('scope', 'Authorization', 'roleAssignments/{roleAssignmentName}'),
  'azure-native:compute:Disk': of('Compute', 'disks/{diskName}'),
  'azure-native:compute:VirtualMachine': of('Compute', 'virtualMachines/{vmName}'),
  'azure-native:compute:VirtualMachineExtension': of(
    'Compute',
    'virtualMachines/{vmName}/extensions/{vmExtensionName}',
  ),
  'azure-native:dataprotection:BackupInstance': of(
    'DataProtection',
    'backupVaults/{vaultName}/backupInstances/{backupInstanceName}',
  ),
  'azure-native:dataprotection:BackupPolicy': of(
    'DataProtection',
    'backupVaults/{vaultName}/backupPolicies/{backupPolicyName}',
  ),
  'azure-native:dataprotection:BackupVault': of('DataProtection', 'backupVaults/{vaultName}'),
  'azure-native:dbforpostgresql:Configuration': of(
    'DBforPostgreSQL',
    'flexibleServers/{serverName}/configurations/{configurationName}',
  ),
  'azure-native:dbforpostgresql:Database': of(
    'DBforPostgreSQL',
    'flexibleServers/{serverName}/databases/{databaseName}',
  ),
  'azure-native:dbforpostgresql:Server': of('DBforPostgreSQL', 'flexibleServers/{serverName}'),
  'azure-native:eventgrid:PartnerConfiguration': of('EventGrid', 'partnerConfigurations/default'),
  'azure-native:eventgrid:PartnerTopicEventSubscription': of(
    'EventGrid',
    'partnerTopics/{partnerTopicName}/eventSubscriptions/{eventSubscriptionName}',
  ),
  'azure-native:eventhub:ConsumerGroup': of(
    'EventHub',
    'namespaces/{namespaceName}/eventhubs/{eventHubName}/consumergroups/{consumerGroupName}',
  ),
  'azure-native:eventhub:EventHub': of('EventHub', 'namespaces/{namespaceName}/eventhubs/{eventHubName}'),
  'azure-native:eventhub:Namespace': of('EventHub', 'namespaces/{namespaceName}'),
  'azure-native:eventhub:NamespaceNetworkRuleSet': of('EventHub', 'namespaces/{namespaceName}/networkRuleSets/default'),
  'azure-native:keyvault:Key': of('KeyVault', 'vaults/{vaultName}/keys/{keyName}'),
  'azure-native:keyvault:Secret': of('KeyVault', 'vaults/{vaultName}/secrets/{secretName}'),
  'azure-native:keyvault:Vault': of('KeyVault', 'vaults/{vaultName}'),
  'azure-native:managedidentity:UserAssignedIdentity': of('ManagedIdentity', 'userAssignedIdentities/{resourceName}'),
  'azure-native:monitor:ActionGroup': of('Insights', 'actionGroups/{actionGroupName}'),
  'azure-native:monitor:DataCollectionRule': of('Insights', 'dataCollectionRules/{dataCollectionRuleName}'),
  'azure-native:monitor:DataCollectionRuleAssociation': on(
    'resourceUri',
    'Insights',
    'dataCollectionRuleAssociations/{associationName}',
  ),
  'azure-native:monitor:DiagnosticSetting': on('resourceUri', 'Insights', 'diagnosticSettings/{name}'),
  'azure-native:monitor:MetricAlert': of('Insights', 'metricAlerts/{ruleName}'),
  'azure-native:monitor:ScheduledQueryRule': of('Insights', 'scheduledQueryRules/{ruleName}'),
  'azure-native:network:NatGateway': of('Network', 'natGateways/{natGatewayName}'),
  'azure-native:network:NetworkInterface': of('Network', 'networkInterfaces/{networkInterfaceName}'),
  'azure-native:network:NetworkSecurityGroup': of('Network', 'networkSecurityGroups/{networkSecurityGroupName}'),
  'azure-native:network:PublicIPAddress': of('Network', 'publicIPAddresses/{publicIpAddressName}'),
  'azure-native:network:VirtualNetwork': of('Network', 'virtualNetworks/{virtualNetworkName}'),
  'azure-native:operationalinsights:Workspace': of('OperationalInsights', 'workspaces/{workspaceName}'),
  'azure-native:privatedns:PrivateRecordSet': of(
    'Network',
    'privateDnsZones/{privateZoneName}/{recordType}/{relativeRecordSetName}',
  ),
  'azure-native:privatedns:PrivateZone': of('Network', 'privateDnsZones/{privateZoneName}'),
  'azure-native:privatedns:VirtualNetworkLink': of(
    'Network',
    'privateDnsZones/{privateZoneName}/virtualNetworkLinks/{virtualNetworkLinkName}',
  ),
  'azure-native:resources:ResourceGroup': group,
  'azure-native:storage:BlobContainer': of(
    'Storage',
    'storageAccounts/{accountName}/blobServices/default/containers/{containerName}',
  ),
  'azure-native:storage:BlobServiceProperties': of(
    'Storage',
    'storageAccounts/{accountName}/blobServices/{blobServicesName}',
  ),
  'azure-native:storage:ManagementPolicy': of(
    'Storage',
    'storageAccounts/{accountName}/managementPolicies/{managementPolicyName}',
  ),
  'azure-native:storage:StorageAccount': of('Storage', 'storageAccounts/{accountName}'),
};

/** Names of the inputs in a path, the resource's own name last; `subscriptionId` is not among them. */
export function namesInPath(path: string): readonly string[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name).filter((name) => name !== 'subscriptionId');
}

/** Id of a resource by its inputs; undefined for a type without a path, or where an input is not known. */
export function armId(
  type: string,
  inputs: Readonly<Record<string, unknown>>,
  subscriptionId: string,
): string | undefined {
  const path = armPaths[type];
  if (path === undefined) return undefined;
  const given: Readonly<Record<string, unknown>> = { ...inputs, subscriptionId };
  if (namesInPath(path).some((name) => typeof given[name] !== 'string')) return undefined;
  return path.replaceAll(/\{(\w+)\}/g, (_, name: string) => String(given[name]));
}
