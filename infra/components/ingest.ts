import * as eventhub from '@pulumi/azure-native/eventhub/index.js';
import * as pulumi from '@pulumi/pulumi';
import { type Built, createComponent, type StackContext, tagsOf } from '#infra/components/component.ts';
import { type EventGrid, prepareEventGrid } from '#infra/components/event-grid.ts';
import type { Foundation } from '#infra/components/foundation.ts';
import { createLargeNotifications, type LargeNotifications } from '#infra/components/large-notifications.ts';
import { lockInProduction } from '#infra/components/lock.ts';
import { createContainer, createPlainStorage } from '#infra/components/storage.ts';
import { innerNames } from '#infra/names.ts';

/** Where notices arrive. */
export interface Ingest {
  readonly namespaceId: pulumi.Output<string>;
  readonly hubId: pulumi.Output<string>;
  /** `https://<namespace>.servicebus.windows.net`. */
  readonly eventHubs: pulumi.Output<string>;
  /** `EventHub:https://…?tenantId=<domain>`, or `EventGrid:?…`: what Graph is asked to deliver to. */
  readonly notificationUrl: pulumi.Output<string>;
  readonly ownershipUrl: pulumi.Output<string>;
  readonly ownershipContainerId: pulumi.Output<string>;
  readonly ownershipAccountId: pulumi.Output<string>;
  /** Storage for notifications that are too large for the hub. */
  readonly large?: LargeNotifications;
  /** What Graph's topic needs, where notices take that way. */
  readonly eventGrid?: EventGrid;
}

/** Event Hubs with one hub, the partition claims, and what is too large for the hub. */
export function createIngest(context: StackContext, foundation: Foundation): Built<Ingest> {
  const { settings, names } = context;
  return createComponent('Ingest', (parent) => {
    const tags = tagsOf(context, 'Ingest');
    const { resourceGroupName } = foundation;
    const standard = settings.eventHubsTier === 'Standard';
    const inflates = standard && settings.throughputUnitsMost > settings.throughputUnits;
    const namespace = new eventhub.Namespace(
      'namespace',
      {
        resourceGroupName,
        location: settings.region,
        tags,
        namespaceName: names.eventHubNamespace.value,
        sku: { name: settings.eventHubsTier, tier: settings.eventHubsTier, capacity: settings.throughputUnits },
        isAutoInflateEnabled: inflates,
        ...(inflates ? { maximumThroughputUnits: settings.throughputUnitsMost } : {}),
        minimumTlsVersion: '1.2',
        disableLocalAuth: true,
        publicNetworkAccess: 'Enabled',
        zoneRedundant: true,
      },
      // Graph stores the address of the namespace: a new one would end every subscription.
      { parent, protect: settings.environment === 'production' },
    );
    new eventhub.NamespaceNetworkRuleSet(
      'namespace-network',
      {
        resourceGroupName,
        namespaceName: namespace.name,
        defaultAction: settings.restrictEventHubs ? 'Deny' : 'Allow',
        publicNetworkAccess: 'Enabled',
        trustedServiceAccessEnabled: true,
        ipRules: settings.restrictEventHubs
          ? settings.allowedNetworks.map((ipMask) => ({ ipMask, action: 'Allow' as const }))
          : [],
        virtualNetworkRules: settings.restrictEventHubs
          ? [foundation.appsSubnetId, foundation.machinesSubnetId].map((id) => ({
              subnet: { id },
              ignoreMissingVnetServiceEndpoint: false,
            }))
          : [],
      },
      { parent },
    );
    const hub = new eventhub.EventHub(
      'hub',
      {
        resourceGroupName,
        namespaceName: namespace.name,
        eventHubName: innerNames.hub,
        partitionCount: settings.partitions,
        retentionDescription: { cleanupPolicy: 'Delete', retentionTimeInHours: settings.retentionDays * 24 },
        userMetadata: `tocsin tenant ${settings.tenant}`,
      },
      { parent, protect: settings.environment === 'production' },
    );
    new eventhub.ConsumerGroup(
      'consumer-group',
      {
        resourceGroupName,
        namespaceName: namespace.name,
        eventHubName: hub.name,
        consumerGroupName: innerNames.consumerGroup,
        userMetadata: 'one for each log',
      },
      { parent },
    );
    lockInProduction(context, parent, {
      name: 'namespace',
      scope: namespace.id,
      notes: 'Graph delivers to this address; without it no emergency call arrives.',
    });
    const ownership = createPlainStorage(context, parent, {
      name: 'ownership',
      kind: 'Ingest',
      account: names.ownershipStorage,
      foundation,
    });
    const claims = createContainer(parent, {
      name: 'ownership-container',
      resourceGroupName,
      account: ownership,
      container: innerNames.ownershipContainer,
    });
    const large = settings.largeNotifications ? createLargeNotifications(context, parent, foundation) : undefined;
    const eventGrid = settings.eventGrid ? prepareEventGrid(context, parent, foundation) : undefined;
    return {
      namespaceId: namespace.id,
      hubId: hub.id,
      eventHubs: pulumi.interpolate`https://${namespace.name}.servicebus.windows.net`,
      notificationUrl:
        eventGrid?.notificationUrl ??
        pulumi.interpolate`EventHub:https://${namespace.name}.servicebus.windows.net/eventhubname/${hub.name}?tenantId=${settings.domain}`,
      ownershipUrl: pulumi.interpolate`https://${ownership.name}.blob.core.windows.net/${claims.name}`,
      ownershipContainerId: claims.id,
      ownershipAccountId: ownership.id,
      ...(large === undefined ? {} : { large }),
      ...(eventGrid === undefined ? {} : { eventGrid }),
    };
  });
}
