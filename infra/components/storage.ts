import * as storage from '@pulumi/azure-native/storage/index.js';
import type * as pulumi from '@pulumi/pulumi';
import { type ComponentKind, type StackContext, tagsOf } from '#infra/components/component.ts';
import type { Foundation } from '#infra/components/foundation.ts';
import type { Name } from '#infra/names.ts';

/** Rules by which an account is reached: from the subnets of the stack and the networks that were named. */
function storageNetwork(context: StackContext, foundation: Foundation) {
  return {
    defaultAction: 'Deny',
    bypass: 'AzureServices',
    ipRules: context.settings.allowedNetworks.map((network) => ({
      iPAddressOrRange: network.replace(/\/32$/, ''),
      action: 'Allow' as const,
    })),
    virtualNetworkRules: [foundation.appsSubnetId, foundation.machinesSubnetId].map((id) => ({
      virtualNetworkResourceId: id,
      action: 'Allow' as const,
    })),
  } as const;
}

/** What every account has: encrypted transport, no shared key, nothing public. Copies in three zones, and none in another region. */
export function storageAccountArgs(context: StackContext, kind: ComponentKind, account: Name, foundation: Foundation) {
  return {
    resourceGroupName: foundation.resourceGroupName,
    location: context.settings.region,
    tags: tagsOf(context, kind),
    accountName: account.value,
    kind: 'StorageV2',
    sku: { name: 'Standard_ZRS' },
    accessTier: 'Hot',
    minimumTlsVersion: 'TLS1_2',
    enableHttpsTrafficOnly: true,
    allowBlobPublicAccess: false,
    allowSharedKeyAccess: false,
    allowCrossTenantReplication: false,
    defaultToOAuthAuthentication: true,
    isLocalUserEnabled: false,
    isHnsEnabled: false,
    publicNetworkAccess: 'Enabled',
    networkRuleSet: storageNetwork(context, foundation),
  } as const;
}

/**
 * An account whose blobs are gone when they are deleted: no versions, no soft delete, no hierarchical names. Claims of partitions want it so
 * ("Balance partition load", Event Hubs), and keys of persons must: deleting one is the erasure.
 */
export function createPlainStorage(
  context: StackContext,
  parent: pulumi.Resource,
  what: {
    readonly name: string;
    readonly kind: ComponentKind;
    readonly account: Name;
    readonly foundation: Foundation;
    readonly options?: pulumi.CustomResourceOptions;
  },
): storage.StorageAccount {
  const options = what.options ?? { parent };
  const account = new storage.StorageAccount(
    `${what.name}-storage`,
    storageAccountArgs(context, what.kind, what.account, what.foundation),
    options,
  );
  new storage.BlobServiceProperties(
    `${what.name}-blobs`,
    {
      resourceGroupName: what.foundation.resourceGroupName,
      accountName: account.name,
      blobServicesName: 'default',
      isVersioningEnabled: false,
      deleteRetentionPolicy: { enabled: false },
      containerDeleteRetentionPolicy: { enabled: false },
      changeFeed: { enabled: false },
    },
    { parent },
  );
  return account;
}

/** A container of an account, never public. */
export function createContainer(
  parent: pulumi.Resource,
  what: {
    readonly name: string;
    readonly resourceGroupName: pulumi.Input<string>;
    readonly account: storage.StorageAccount;
    readonly container: string;
    readonly options?: pulumi.CustomResourceOptions;
  },
): storage.BlobContainer {
  return new storage.BlobContainer(
    what.name,
    {
      resourceGroupName: what.resourceGroupName,
      accountName: what.account.name,
      containerName: what.container,
      publicAccess: 'None',
    },
    what.options ?? { parent },
  );
}
