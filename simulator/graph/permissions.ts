import type { TokenClaims } from '#simulator/graph/options.ts';
import { type Refusal, refuse } from '#simulator/graph/reply.ts';

/** Which permissions open something: any one of a list; an empty list means that such callers never may. */
export interface Needs {
  readonly delegated: readonly string[];
  readonly application: readonly string[];
}

/** Undefined when the caller may; else 403 in the words of the Teams services. */
export function lacks(claims: TokenClaims, needs: Needs): Refusal | undefined {
  const delegated = claims.userId !== undefined;
  const held = delegated ? claims.scopes : claims.roles;
  const wanted = delegated ? needs.delegated : needs.application;
  if (wanted.some((each) => held.includes(each))) return undefined;
  if (wanted.length === 0) {
    const other = delegated ? 'application' : 'delegated';
    return refuse(403, 'Forbidden', `This operation is only supported with ${other} permissions.`);
  }
  const kind = delegated ? 'scope' : 'role';
  const name = delegated ? 'Scopes' : 'Roles';
  return refuse(
    403,
    'Forbidden',
    `Missing ${kind} permissions on the request. API requires one of '${wanted.join(', ')}'. ${name} on the request '${held.join(', ')}'.`,
  );
}

/** 403 in the words of the directory. */
export function lacksInDirectory(claims: TokenClaims, needs: Needs): Refusal | undefined {
  return lacks(claims, needs) === undefined
    ? undefined
    : refuse(403, 'Authorization_RequestDenied', 'Insufficient privileges to complete the operation.');
}
