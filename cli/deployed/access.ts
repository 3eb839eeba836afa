import { type DeployedStack, ofType } from '#cli/deployed/deployed-stack.ts';
import { type AzureRole, azureRoles } from '#infra/azure-roles.ts';
import type { VaultOperation } from '#simulator/key-vault/options.ts';

/** Who may do what, by the role assignments of a stack. */
export interface Access {
  /** True where the principal has one of the roles on the resource, or on something above it. */
  has(principalId: string, roles: readonly AzureRole[], resourceId: string): boolean;
  /**
   * As a hub judges: reading from a consumer group, or sending; what describes the hub is for both ("Authorize access to Event Hubs resources", learn.microsoft.com).
   * @param path below the namespace, lower case
   */
  mayUseHub(principalId: string, hubId: string, path: string): boolean;
  /** As a vault judges ("Azure RBAC for Key Vault data plane operations", learn.microsoft.com). */
  mayUseVault(principalId: string, vaultId: string, operation: VaultOperation): boolean;
}

export function accessOf(stack: Pick<DeployedStack, 'resources'>): Access {
  const assignments = ofType(stack, 'azure-native:authorization:RoleAssignment').map(({ inputs }) => ({
    principalId: String(inputs['principalId']),
    role: String(inputs['roleDefinitionId']).split('/').at(-1),
    scope: `${String(inputs['scope']).toLowerCase()}/`,
  }));
  const has: Access['has'] = (principalId, roles, resourceId) =>
    assignments.some(
      (one) =>
        one.principalId === principalId &&
        roles.some((role) => azureRoles[role] === one.role) &&
        `${resourceId.toLowerCase()}/`.startsWith(one.scope),
    );
  return {
    has,
    mayUseHub(principalId, hubId, path) {
      const receives = path.includes('/consumergroups/');
      const describes = path.endsWith('/$management');
      return has(
        principalId,
        [
          ...(receives || describes ? (['Azure Event Hubs Data Receiver'] as const) : []),
          ...(receives ? [] : (['Azure Event Hubs Data Sender'] as const)),
        ],
        hubId,
      );
    },
    mayUseVault(principalId, vaultId, { method, operation, path }) {
      const [collection = '', name] = path.split('/').slice(1);
      const resourceId = name === undefined ? vaultId : `${vaultId}/${collection}/${name}`;
      switch (collection) {
        case 'keys':
          return (
            (method === 'GET' || ['keys/wrapkey', 'keys/unwrapkey'].includes(operation)) &&
            has(principalId, ['Key Vault Crypto Service Encryption User'], resourceId)
          );
        case 'secrets':
          // Listing names no secret: only a role on the vault as a whole would allow it.
          return method === 'GET' && has(principalId, ['Key Vault Secrets User'], resourceId);
        default:
          // No role that a stack gives is for certificates, or for anything else.
          return false;
      }
    },
  };
}
