import * as keyvault from '@pulumi/azure-native/keyvault/index.js';
import * as storage from '@pulumi/azure-native/storage/index.js';
import * as pulumi from '@pulumi/pulumi';
import { type StackContext, tagsOf } from '#infra/components/component.ts';
import type { Foundation } from '#infra/components/foundation.ts';
import { createContainer, storageAccountArgs } from '#infra/components/storage.ts';
import { createSecret, vaultArgs } from '#infra/components/vault.ts';
import { innerNames } from '#infra/names.ts';
import { sharedKeyReason, sharedKeyTag } from '#infra/tags.ts';

/** Where Graph puts notifications that are too large for the hub, and how it learns of it. */
export interface LargeNotifications {
  readonly accountId: pulumi.Output<string>;
  readonly vaultId: pulumi.Output<string>;
  readonly secretId: pulumi.Output<string>;
  /** URL of the secret, for a reference by Container Apps. */
  readonly secretUrl: pulumi.Output<string>;
  /** `blobStoreUrl` of a subscription ("Change notifications through Event Hubs", learn.microsoft.com). */
  readonly blobStoreUrl: pulumi.Output<string>;
}

/**
 * Graph takes a connection string from a key vault for this, and nothing else; and nobody has documented from which addresses it comes. So the
 * account keeps its shared key (marked by a tag, which the policy asks for), and the connection string has a vault of its own: Graph can read there,
 * and there is nothing else to read.
 */
export function createLargeNotifications(
  context: StackContext,
  parent: pulumi.Resource,
  foundation: Foundation,
): LargeNotifications {
  const { settings, names } = context;
  const { resourceGroupName } = foundation;
  const args = storageAccountArgs(context, 'Ingest', names.largePayloadStorage, foundation);
  const account = new storage.StorageAccount(
    'large-storage',
    {
      ...args,
      tags: { ...args.tags, [sharedKeyTag]: sharedKeyReason },
      allowSharedKeyAccess: true,
      networkRuleSet: { ...args.networkRuleSet, defaultAction: settings.restrictEventHubs ? 'Deny' : 'Allow' },
    },
    { parent },
  );
  createContainer(parent, {
    name: 'large-container',
    resourceGroupName,
    account,
    container: innerNames.largePayloadContainer,
  });
  new storage.ManagementPolicy(
    'large-retention',
    {
      resourceGroupName,
      accountName: account.name,
      managementPolicyName: 'default',
      policy: {
        rules: [
          {
            name: 'as-long-as-the-hub',
            enabled: true,
            type: 'Lifecycle',
            definition: {
              filters: { blobTypes: ['blockBlob'] },
              actions: { baseBlob: { delete: { daysAfterModificationGreaterThan: settings.retentionDays } } },
            },
          },
        ],
      },
    },
    { parent },
  );
  const vault = new keyvault.Vault(
    'graph-vault',
    {
      resourceGroupName,
      location: settings.region,
      tags: tagsOf(context, 'Ingest'),
      vaultName: names.graphVault.value,
      properties: {
        ...vaultArgs(context, foundation),
        networkAcls: { ...vaultArgs(context, foundation).networkAcls, defaultAction: 'Allow' },
      },
    },
    { parent },
  );
  const keys = storage.listStorageAccountKeysOutput({ resourceGroupName, accountName: account.name }, { parent });
  const connection = pulumi.secret(
    pulumi.interpolate`DefaultEndpointsProtocol=https;AccountName=${account.name};AccountKey=${keys.keys.apply((list) => list[0]?.value ?? '')};EndpointSuffix=core.windows.net`,
  );
  const secret = createSecret(context, parent, {
    name: 'large-notifications-secret',
    kind: 'Ingest',
    resourceGroupName,
    vault,
    secretName: innerNames.largePayloadSecret,
    value: connection,
  });
  return {
    accountId: account.id,
    vaultId: vault.id,
    secretId: secret.id,
    secretUrl: pulumi.interpolate`https://${names.graphVault.value}.vault.azure.net/secrets/${innerNames.largePayloadSecret}`,
    blobStoreUrl: pulumi.interpolate`https://${names.graphVault.value}.vault.azure.net/secrets/${innerNames.largePayloadSecret}?tenantId=${settings.domain}`,
  };
}
