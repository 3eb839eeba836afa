import { expect, it } from 'vitest';
import { isServiceUser } from '#domain/identity/service-user.ts';

const account = { userId: '7A0E0000-0000-4000-8000-0000000000AA', userName: 'Security-Desk@contoso.example' };

it('knows the service user by sign-in name or by object id, however they are written', () => {
  expect(isServiceUser(' security-desk@CONTOSO.example', account)).toBe(true);
  expect(isServiceUser('7a0e0000-0000-4000-8000-0000000000aa', account)).toBe(true);
});

it('takes nobody else for the service user, nor somebody of whom nothing is known', () => {
  expect(isServiceUser('desk@contoso.example', account)).toBe(false);
  expect(isServiceUser('security-desk@contoso.example', { userId: account.userId })).toBe(false);
  expect(isServiceUser('security-desk@contoso.example', {})).toBe(false);
});
