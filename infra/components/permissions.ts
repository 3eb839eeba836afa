import * as authorization from '@pulumi/azure-native/authorization/index.js';
import type * as pulumi from '@pulumi/pulumi';
import { roleDefinitionId } from '#infra/azure-roles.ts';
import { type Built, createComponent, type StackContext } from '#infra/components/component.ts';
import { type Permission, type Principal, permissionsOf, type Scope } from '#infra/roles-and-permissions.ts';
import { uuidOf } from '#infra/stable-hash.ts';

/** Object ids of those who get a role, and resource ids of what it is given on. */
export interface Parties {
  readonly principals: Readonly<Partial<Record<Principal, pulumi.Output<string>>>>;
  readonly scopes: Readonly<Partial<Record<Scope, pulumi.Input<string>>>>;
}

/** Assigns every role but those of the backup vault, which is made later. Apps wait for this component: a secret by reference needs its role first. */
export function createPermissions(context: StackContext, parties: Parties): Built<object> {
  return createComponent('Permissions', (parent) => {
    assign(
      context,
      parent,
      permissionsOf(context.settings).filter(({ principal }) => principal !== 'backup'),
      parties,
    );
    return {};
  });
}

/** Makes role assignments. Their names are UUIDs made from what they say, so a creation that is sent twice makes one. */
export function assign(
  context: StackContext,
  parent: pulumi.Resource,
  permissions: readonly Permission[],
  { principals, scopes }: Parties,
): readonly authorization.RoleAssignment[] {
  return permissions.map(({ principal, role, scope, reason }) => {
    const principalId = principals[principal];
    const scopeId = scopes[scope];
    if (principalId === undefined || scopeId === undefined)
      throw new Error(`${principal} or ${scope} is not part of this stack, but a role names it`);
    return new authorization.RoleAssignment(
      `${principal}-${scope}-${role.toLowerCase().replaceAll(' ', '-')}`,
      {
        roleAssignmentName: uuidOf(context.subscriptionId, context.settings.tenant, principal, role, scope),
        roleDefinitionId: roleDefinitionId(context.subscriptionId, role),
        principalId,
        principalType: 'ServicePrincipal',
        scope: scopeId,
        description: reason,
      },
      // The name is fixed, so a new principal cannot get the role before the old one has lost it.
      { parent, deleteBeforeReplace: true },
    );
  });
}
