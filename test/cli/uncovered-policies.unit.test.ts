import { expect, it } from 'vitest';
import { uncoveredRow } from '#cli/roles/policies.ts';

it('is trouble where policies are named and no application can subscribe to their calls', () => {
  const named = { policies: ['HQ', 'Plant'] };
  expect(uncoveredRow({ ...named, tenant: 'contoso' })).toMatchObject({
    ...{ state: 'trouble', word: 'no subscription covers 2 emergency calling policies' },
    next: expect.stringContaining('TOCSIN_EVENTS_CLIENT_ID'),
  });
  expect(uncoveredRow({ policies: ['HQ'] })?.word).toContain('1 emergency calling policy');
  expect(uncoveredRow({ ...named, tenant: 'contoso', eventsClientId: 'app' })).toBeUndefined();
  expect(uncoveredRow({ tenant: 'contoso' })).toBeUndefined();
});
