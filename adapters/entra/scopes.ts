import { delegatedPermissions } from '#domain/identity/permissions.ts';

/** The scopes that the service user's sign-in asks for: the seven permissions that Tocsin lists, and no others. */
export const delegatedScopes: readonly string[] = delegatedPermissions.map(({ name }) => name);
