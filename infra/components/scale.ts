import type * as pulumi from '@pulumi/pulumi';
import type { StackContext } from '#infra/components/component.ts';
import { innerNames, type Role } from '#infra/names.ts';

/** How many messages one copy of ingest is left alone with before another one starts. */
const unreadPerCopy = 500;

/**
 * How many copies of a role run. Ingest follows the unread messages of the hub (KEDA, "Azure Event Hubs" scaler) and never gets more copies than there
 * are partitions; the desk follows its visitors. Triage, resolve and worker are one copy each: Container Apps starts another when that one dies.
 */
export function scaleOf(
  { settings, names }: StackContext,
  role: Role,
  given: { readonly identityId: pulumi.Input<string>; readonly ownershipAccount: string },
) {
  if (role === 'ingest')
    return {
      minReplicas: settings.size === 'small' ? 1 : Math.min(2, settings.ingestMost),
      maxReplicas: Math.min(settings.ingestMost, settings.partitions),
      pollingInterval: 15,
      cooldownPeriod: 300,
      rules: [
        {
          name: 'unread-messages',
          custom: {
            type: 'azure-eventhub',
            identity: given.identityId,
            metadata: {
              eventHubNamespace: names.eventHubNamespace.value,
              eventHubName: innerNames.hub,
              consumerGroup: innerNames.consumerGroup,
              storageAccountName: given.ownershipAccount,
              blobContainer: innerNames.ownershipContainer,
              checkpointStrategy: 'blobMetadata',
              unprocessedEventThreshold: `${unreadPerCopy}`,
            },
          },
        },
      ],
    };
  if (role === 'desk')
    return {
      minReplicas: 1,
      maxReplicas: settings.deskMost,
      rules: [{ name: 'visitors', http: { metadata: { concurrentRequests: '50' } } }],
    };
  return { minReplicas: 1, maxReplicas: 1 };
}
