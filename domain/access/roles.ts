/**
 * Who may do what at the desk. Values of app roles, as they stand in `roles` of an id token (learn.microsoft.com, "Add app roles to your application and
 * receive them in the token"). They add up: who has two may do what either may.
 */
export const roles = ['Responder', 'Operator', 'Compliance', 'Administrator'] as const;
export type Role = (typeof roles)[number];

/** What a role allows. */
export const permissions = [
  /** See calls; without `persons.see` every personal value in them is hidden. */
  'calls.see',
  /** Take and close calls. */
  'calls.act',
  /** See personal values. */
  'persons.see',
  /** Read the stored record. */
  'record.read',
  /** Search the stored record for a person. */
  'persons.search',
  /** Erase a person, for good. */
  'persons.erase',
  /** See how Tocsin itself is, and when each feed was watched. */
  'health.see',
  /** See sign-ins, subscriptions and read models. */
  'operation.see',
  /** Sign a service user in, renew subscriptions, build read models anew. */
  'operation.act',
] as const;
export type Permission = (typeof permissions)[number];

/**
 * The one closed table. Nobody acts on a call by being in charge of the machine: an acknowledgement says that a person who answers calls has this one. Who
 * does both has both roles.
 */
const granted: Readonly<Record<Role, readonly Permission[]>> = {
  Responder: ['calls.see', 'calls.act', 'persons.see', 'health.see'],
  Operator: ['calls.see', 'record.read', 'health.see', 'operation.see', 'operation.act'],
  Compliance: ['calls.see', 'persons.see', 'record.read', 'persons.search', 'health.see', 'operation.see'],
  Administrator: [
    'calls.see',
    'persons.see',
    'record.read',
    'persons.search',
    'persons.erase',
    'health.see',
    'operation.see',
    'operation.act',
  ],
};

/** The roles among words that an identity provider sent; others are ignored. */
export function rolesIn(words: readonly string[]): readonly Role[] {
  return roles.filter((role) => words.includes(role));
}

export function permissionsOf(held: readonly Role[]): ReadonlySet<Permission> {
  return new Set(held.flatMap((role) => granted[role]));
}

/** The roles that allow it, for telling a person whom to ask for what. */
export function rolesWith(permission: Permission): readonly Role[] {
  return roles.filter((role) => granted[role].includes(permission));
}
