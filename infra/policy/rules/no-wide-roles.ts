import { findings, type Rule } from '../rule.ts';

const insideGroup = /^\/subscriptions\/[^/]+\/resourceGroups\/[^/]+(?:\/|$)/i;
const ownerRoles = [
  '8e3af657-a8ff-443c-a75c-2fe8c4bcb635', // Owner
  'b24988ac-6180-42a0-ab88-20f7382dd24c', // Contributor
  '18d7d88d-d35e-4fb5-a5c3-7773c20a72d9', // User Access Administrator
  'f58310d9-a9f6-439a-9e8d-f62e7b41a168', // Role Based Access Control Administrator
];

/** Roles are given on a resource group or something inside it, and never such that let their holder give more. */
export const noWideRoles: Rule = {
  name: 'no-wide-roles',
  description: 'No role at the scope of a subscription or above, and none that manages everything.',
  check({ type, props }) {
    if (type !== 'azure-native:authorization:RoleAssignment') return [];
    return findings(
      () => {
        const scope = props['scope'];
        return typeof scope === 'string' && !insideGroup.test(scope)
          ? [`scope ${scope} is wider than a resource group.`]
          : [];
      },
      () => {
        const role = String(props['roleDefinitionId'] ?? '').toLowerCase();
        return ownerRoles.some((id) => role.endsWith(id))
          ? ['the role manages everything; give one for the data it needs.']
          : [];
      },
    );
  },
};
