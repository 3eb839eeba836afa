import { describe, expect, it } from 'vitest';
import { localPerson, signedInSubject } from '#domain/access/person.ts';
import {
  type Permission,
  permissions,
  permissionsOf,
  type Role,
  roles,
  rolesIn,
  rolesWith,
} from '#domain/access/roles.ts';

/** Written down a second time on purpose: whoever changes who may what changes it in two places. */
const expected: Readonly<Record<Role, readonly Permission[]>> = {
  Responder: ['calls.see', 'calls.act', 'persons.see', 'health.see'],
  Operator: ['calls.see', 'record.read', 'health.see', 'operation.see', 'operation.act'],
  Compliance: ['calls.see', 'persons.see', 'record.read', 'persons.search', 'health.see', 'operation.see'],
  Administrator: permissions.filter((permission) => permission !== 'calls.act'),
};

describe('what a role allows', () => {
  it.each(roles.flatMap((role) => permissions.map((permission) => [role, permission] as const)))(
    '%s and %s',
    (role, permission) => {
      expect(permissionsOf([role]).has(permission)).toBe(expected[role].includes(permission));
    },
  );

  it('adds up, and nothing is allowed without one', () => {
    expect(permissionsOf(['Responder', 'Operator']).has('calls.act')).toBe(true);
    expect(permissionsOf(['Responder', 'Operator']).has('operation.act')).toBe(true);
    expect(permissionsOf([]).size).toBe(0);
  });

  it('gives Compliance nothing to act with', () => {
    expect([...permissionsOf(['Compliance'])].filter((permission) => permission.endsWith('.act'))).toEqual([]);
  });
});

describe('roles of an id token', () => {
  it('count only as they are spelt', () => {
    expect(rolesIn(['Responder', 'responder', 'OPERATOR', 'Administrator ', 'Owner', '__proto__'])).toEqual([
      'Responder',
    ]);
  });
});

describe('whom to ask for', () => {
  it('names every role that allows it', () => {
    expect(rolesWith('calls.act')).toEqual(['Responder']);
    expect(rolesWith('operation.act')).toEqual(['Operator', 'Administrator']);
  });
});

describe('who somebody is', () => {
  it('is tenant and object, never a name', () => {
    expect(signedInSubject('ABC', 'DEF')).toBe('user:abc/def');
    expect(localPerson('Root')).toEqual({ how: 'local-key', name: 'cli:Root', subject: 'responder:cli:root' });
  });
});
