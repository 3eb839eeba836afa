import * as eventgrid from '@pulumi/azure-native/eventgrid/index.js';
import * as storage from '@pulumi/azure-native/storage/index.js';
import * as pulumi from '@pulumi/pulumi';
import { type Built, createComponent, type StackContext, tagsOf } from '#infra/components/component.ts';
import type { Foundation } from '#infra/components/foundation.ts';
import { createContainer, storageAccountArgs } from '#infra/components/storage.ts';
import { innerNames } from '#infra/names.ts';

/** What has to be there before Graph makes its topic. */
export interface EventGrid {
  /** `EventGrid:?…`: where Graph is asked to deliver. It makes the topic of that name with the first subscription. */
  readonly notificationUrl: pulumi.Output<string>;
  readonly deadLettersAccountId: pulumi.Output<string>;
  readonly deadLettersContainerId: pulumi.Output<string>;
}

/** Application of Graph as a partner of Event Grid ("Subscribe to events published by Microsoft Graph API", learn.microsoft.com). */
const graphPartner = {
  partnerName: 'MicrosoftGraphAPI',
  partnerRegistrationImmutableId: 'c02e0126-707c-436d-b6a1-175d2748fb58',
};

/** The most that Event Grid takes ("Event Grid message delivery and retry", learn.microsoft.com): it goes on for a day. */
const retryPolicy = { maxDeliveryAttempts: 30, eventTimeToLiveInMinutes: 24 * 60 };

/** Lets Graph make a topic in the resource group, and makes the place for what the hub does not take. */
export function prepareEventGrid(context: StackContext, parent: pulumi.Resource, foundation: Foundation): EventGrid {
  const { settings, names, subscriptionId } = context;
  const { resourceGroupName } = foundation;
  new eventgrid.PartnerConfiguration(
    'event-grid-partner',
    {
      resourceGroupName,
      location: 'global',
      tags: tagsOf(context, 'Ingest'),
      partnerAuthorization: {
        authorizedPartnersList: [
          { ...graphPartner, authorizationExpirationTimeInUtc: `${settings.eventGridUntil ?? ''}T00:00:00Z` },
        ],
        defaultMaximumExpirationTimeInDays: 365,
      },
    },
    { parent },
  );
  const args = storageAccountArgs(context, 'Ingest', names.deadLetterStorage, foundation);
  const account = new storage.StorageAccount(
    'dead-letters-storage',
    // Event Grid comes from outside with a user-assigned identity, which no exception of the firewall is documented for. Nobody gets in without a role.
    { ...args, networkRuleSet: { ...args.networkRuleSet, defaultAction: 'Allow' } },
    { parent },
  );
  new storage.ManagementPolicy(
    'dead-letters-retention',
    {
      resourceGroupName,
      accountName: account.name,
      managementPolicyName: 'default',
      policy: {
        rules: [
          {
            name: 'as-long-as-what-nobody-can-read',
            enabled: true,
            type: 'Lifecycle',
            definition: {
              filters: { blobTypes: ['blockBlob'] },
              actions: { baseBlob: { delete: { daysAfterModificationGreaterThan: settings.quarantineDays } } },
            },
          },
        ],
      },
    },
    { parent },
  );
  const container = createContainer(parent, {
    name: 'dead-letters-container',
    resourceGroupName,
    account,
    container: innerNames.deadLettersContainer,
  });
  return {
    notificationUrl: pulumi.interpolate`EventGrid:?azuresubscriptionid=${subscriptionId}&resourcegroup=${resourceGroupName}&partnertopic=${names.partnerTopic.value}&location=${settings.region}`,
    deadLettersAccountId: account.id,
    deadLettersContainerId: container.id,
  };
}

/** What hands the notices on; `topicId` is that of the topic that Graph made. */
export interface EventGridDelivery {
  readonly topicId: pulumi.Output<string>;
}

/**
 * Hands every event of the topic to the hub, as the identity that may send there, and what the hub does not take within a day to a container. Graph
 * makes the topic and a person activates it and gives it the identity, so it is named here and not made; Azure refuses this before it is there.
 */
export function createEventGridDelivery(
  context: StackContext,
  given: {
    readonly foundation: Foundation;
    readonly identityId: pulumi.Output<string>;
    readonly hubId: pulumi.Output<string>;
    readonly eventGrid: EventGrid;
    /** The roles of the identity. */
    readonly dependsOn: readonly pulumi.Resource[];
  },
): Built<EventGridDelivery> {
  const { names } = context;
  const { resourceGroupName, resourceGroupId } = given.foundation;
  return createComponent('EventGrid', (parent) => {
    const identity = { type: 'UserAssigned', userAssignedIdentity: given.identityId };
    new eventgrid.PartnerTopicEventSubscription(
      'event-grid-to-hub',
      {
        resourceGroupName,
        partnerTopicName: names.partnerTopic.value,
        eventSubscriptionName: innerNames.eventSubscription,
        eventDeliverySchema: 'CloudEventSchemaV1_0',
        deliveryWithResourceIdentity: { identity, destination: { endpointType: 'EventHub', resourceId: given.hubId } },
        deadLetterWithResourceIdentity: {
          identity,
          deadLetterDestination: {
            endpointType: 'StorageBlob',
            resourceId: given.eventGrid.deadLettersAccountId,
            blobContainerName: innerNames.deadLettersContainer,
          },
        },
        retryPolicy,
      },
      { parent, dependsOn: [...given.dependsOn] },
    );
    return {
      topicId: pulumi.interpolate`${resourceGroupId}/providers/Microsoft.EventGrid/partnerTopics/${names.partnerTopic.value}`,
    };
  });
}
