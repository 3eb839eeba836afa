import type * as pulumi from '@pulumi/pulumi';
import { appSizes } from '#infra/app-sizes.ts';
import type { StackContext } from '#infra/components/component.ts';
import { innerNames, type Role } from '#infra/names.ts';

/** How many messages one copy of ingest is left alone with before another one starts. */
const unreadPerCopy = 500;

/** By what the number of copies of a role follows: unread messages of the hub (KEDA, "Azure Event Hubs" scaler), visitors, or nothing. */
export function scaleOf(
  { settings, names }: StackContext,
  role: Role,
  given: { readonly identityId: pulumi.Input<string>; readonly ownershipAccount: string },
) {
  const { least, most } = appSizes(settings)[role];
  const copies = { minReplicas: least, maxReplicas: most };
  if (role === 'ingest')
    return {
      ...copies,
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
      ...copies,
      rules: [{ name: 'visitors', http: { metadata: { concurrentRequests: '50' } } }],
    };
  return copies;
}
