import * as app from '@pulumi/azure-native/app/index.js';
import * as network from '@pulumi/azure-native/network/index.js';
import * as privatedns from '@pulumi/azure-native/privatedns/index.js';
import * as resources from '@pulumi/azure-native/resources/index.js';
import * as pulumi from '@pulumi/pulumi';
import { inside } from '#infra/addresses.ts';
import { type Built, createComponent, kept, type StackContext, tagsOf } from '#infra/components/component.ts';
import { machineRules } from '#infra/components/machine-rules.ts';

/** Where everything of a stack is. */
export interface Foundation {
  readonly resourceGroupName: pulumi.Output<string>;
  readonly resourceGroupId: pulumi.Output<string>;
  readonly networkId: pulumi.Output<string>;
  readonly appsSubnetId: pulumi.Output<string>;
  readonly machinesSubnetId: pulumi.Output<string>;
  readonly databaseSubnetId: pulumi.Output<string>;
  /** Container Apps environment; absent where one machine runs everything. */
  readonly environment?: { readonly id: pulumi.Output<string>; readonly defaultDomain: pulumi.Output<string> };
  /** Address that all outgoing connections come from. */
  readonly outboundAddress: pulumi.Output<string>;
}

const zones = ['1', '2', '3'];

/** Resource group, network with one fixed outgoing address, and the Container Apps environment. */
export function createFoundation(context: StackContext): Built<Foundation> {
  const { settings, names } = context;
  return createComponent('Foundation', (parent) => {
    const tags = tagsOf(context, 'Foundation');
    const location = settings.region;
    const group = new resources.ResourceGroup(
      'resource-group',
      { resourceGroupName: names.resourceGroup.value, location, tags },
      // Azure deletes with it whatever is in it, evidence too.
      kept(context, parent),
    );
    const common = { resourceGroupName: group.name, location, tags };
    const address = new network.PublicIPAddress(
      'outbound-address',
      {
        ...common,
        publicIpAddressName: names.outboundAddress.value,
        publicIPAllocationMethod: 'Static',
        sku: { name: 'Standard' },
        zones,
      },
      { parent },
    );
    const gateway = new network.NatGateway(
      'nat-gateway',
      {
        ...common,
        natGatewayName: names.natGateway.value,
        publicIpAddresses: [{ id: address.id }],
        sku: { name: 'Standard' },
      },
      { parent },
    );
    const rules = new network.NetworkSecurityGroup(
      'machine-rules',
      { ...common, networkSecurityGroupName: names.machineRules.value, securityRules: machineRules(settings) },
      { parent },
    );
    const endpoints = ['Microsoft.KeyVault', 'Microsoft.Storage', 'Microsoft.EventHub'].map((service) => ({ service }));
    const subnet = { natGateway: { id: gateway.id }, serviceEndpoints: endpoints, defaultOutboundAccess: false };
    const net = new network.VirtualNetwork(
      'network',
      {
        ...common,
        virtualNetworkName: names.network.value,
        addressSpace: { addressPrefixes: [settings.addressSpace] },
        subnets: [
          {
            ...subnet,
            name: 'apps',
            addressPrefix: inside(settings.addressSpace, '0.0/23'),
            delegations: [{ name: 'apps', serviceName: 'Microsoft.App/environments' }],
          },
          {
            ...subnet,
            name: 'machines',
            addressPrefix: inside(settings.addressSpace, '4.0/24'),
            networkSecurityGroup: { id: rules.id },
          },
          {
            name: 'database',
            addressPrefix: inside(settings.addressSpace, '5.0/28'),
            defaultOutboundAccess: false,
            delegations: [{ name: 'database', serviceName: 'Microsoft.DBforPostgreSQL/flexibleServers' }],
          },
        ],
      },
      { parent },
    );
    const subnetId = (name: string) => pulumi.interpolate`${net.id}/subnets/${name}`;
    const environment =
      settings.log === 'embedded' ? undefined : createEnvironment(context, parent, group.name, net.id);
    return {
      resourceGroupName: group.name,
      resourceGroupId: group.id,
      networkId: net.id,
      appsSubnetId: subnetId('apps'),
      machinesSubnetId: subnetId('machines'),
      databaseSubnetId: subnetId('database'),
      outboundAddress: address.ipAddress.apply((ip) => ip ?? ''),
      ...(environment === undefined
        ? {}
        : { environment: { id: environment.id, defaultDomain: environment.defaultDomain } }),
    };
  });
}

function createEnvironment(
  context: StackContext,
  parent: pulumi.Resource,
  resourceGroupName: pulumi.Output<string>,
  networkId: pulumi.Output<string>,
): app.ManagedEnvironment {
  const { settings, names } = context;
  const tags = tagsOf(context, 'Foundation');
  const environment = new app.ManagedEnvironment(
    'environment',
    {
      resourceGroupName,
      location: settings.region,
      tags,
      environmentName: names.environment.value,
      infrastructureResourceGroup: `${names.resourceGroup.value}-apps`,
      vnetConfiguration: {
        infrastructureSubnetId: pulumi.interpolate`${networkId}/subnets/apps`,
        internal: settings.deskAccess === 'internal',
      },
      workloadProfiles: [{ name: 'Consumption', workloadProfileType: 'Consumption' }],
      zoneRedundant: settings.size !== 'small',
      // Goes through diagnostic settings, so that no shared key of the workspace is needed.
      appLogsConfiguration: { destination: 'azure-monitor' },
      peerTrafficConfiguration: { encryption: { enabled: true } },
    },
    { parent },
  );
  if (settings.deskAccess === 'public') return environment;
  // An internal environment has a name that only a private zone knows.
  const zone = new privatedns.PrivateZone(
    'environment-zone',
    {
      resourceGroupName,
      location: 'global',
      tags,
      privateZoneName: environment.defaultDomain.apply((name) => name ?? ''),
    },
    { parent },
  );
  new privatedns.PrivateRecordSet(
    'environment-record',
    {
      resourceGroupName,
      privateZoneName: zone.name,
      recordType: 'A',
      relativeRecordSetName: '*',
      ttl: 300,
      aRecords: [{ ipv4Address: environment.staticIp.apply((ip) => ip ?? '') }],
    },
    { parent },
  );
  new privatedns.VirtualNetworkLink(
    'environment-zone-link',
    {
      resourceGroupName,
      privateZoneName: zone.name,
      location: 'global',
      tags,
      virtualNetworkLinkName: 'network',
      registrationEnabled: false,
      virtualNetwork: { id: networkId },
    },
    { parent },
  );
  return environment;
}
