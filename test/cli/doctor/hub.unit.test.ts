import { expect, it } from 'vitest';
import { hubRemedy } from '#cli/doctor/hub.ts';

it.each([
  ['access-denied', "UnauthorizedError: 'Listen' claim(s) are required", /role Azure Event Hubs Data Receiver/],
  ['access-denied', 'UnauthorizedError: ExpiredToken: The token is expired.', /clock of this machine/],
  ['not-found', 'MessagingEntityNotFoundError', /TOCSIN_EVENT_HUB /],
  ['unavailable', 'ECONNREFUSED', /amqp-websockets/],
] as const)('the doctor says what to do about a hub that says %s: %s', (reason, detail, remedy) => {
  expect(hubRemedy({ ok: false, reason, detail })).toMatch(remedy);
});

it('the doctor says what to do about a hub that says nothing', () => {
  expect(hubRemedy(undefined)).toMatch(/Check the network/);
});
