import * as keyvault from '@pulumi/azure-native/keyvault/index.js';
import type * as pulumi from '@pulumi/pulumi';
import { type ComponentKind, type StackContext, tagsOf } from '#infra/components/component.ts';
import type { Foundation } from '#infra/components/foundation.ts';

/** What every vault has: roles instead of access policies, no purge, ninety days of soft delete, and the network of the stack. */
export function vaultArgs(context: StackContext, foundation: Foundation) {
  return {
    tenantId: context.tenantId,
    sku: { family: 'A', name: 'standard' },
    enableRbacAuthorization: true,
    enableSoftDelete: true,
    softDeleteRetentionInDays: 90,
    enablePurgeProtection: true,
    enabledForDeployment: false,
    enabledForDiskEncryption: false,
    enabledForTemplateDeployment: false,
    publicNetworkAccess: 'Enabled',
    networkAcls: {
      bypass: 'AzureServices',
      defaultAction: 'Deny',
      ipRules: context.settings.allowedNetworks.map((value) => ({ value })),
      virtualNetworkRules: [foundation.appsSubnetId, foundation.machinesSubnetId].map((id) => ({ id })),
    },
  } as const;
}

/**
 * What is in a vault stays in it until the vault goes. Azure Resource Manager makes secrets and keys but deletes none, so the provider would do that as
 * somebody who may change what is in the vault, from a network that it lets in ("customresources/custom_keyvault.go", pulumi-azure-native): whoever runs the
 * stack is neither.
 */
export const inVault = { retainOnDelete: true } as const;

/** A secret in a vault. It goes through Azure Resource Manager: whoever runs the stack needs no role on the vault's data. */
export function createSecret(
  context: StackContext,
  parent: pulumi.Resource,
  what: {
    readonly name: string;
    readonly kind: ComponentKind;
    readonly resourceGroupName: pulumi.Input<string>;
    readonly vault: keyvault.Vault;
    readonly secretName: string;
    readonly value: pulumi.Output<string>;
  },
): keyvault.Secret {
  return new keyvault.Secret(
    what.name,
    {
      resourceGroupName: what.resourceGroupName,
      vaultName: what.vault.name,
      secretName: what.secretName,
      tags: tagsOf(context, what.kind),
      properties: { value: what.value, contentType: 'text/plain', attributes: { enabled: true } },
    },
    { parent, ...inVault },
  );
}
