import { expect, it } from 'vitest';
import { whereOf } from '#cli/commands/emergency.ts';

it('says where a call is in one line, each part of it once', () => {
  const location = {
    ...{ street: '14a Kastanienufer', floor: '3. OG', room: 'Raum 3.17', city: 'Berlin' },
    additionalInfo: 'Haus C, 3. OG, Raum 3.17',
  };
  expect(whereOf({ location })).toBe('14a Kastanienufer, Haus C, 3. OG, Raum 3.17, Berlin');
  expect(whereOf({ location: { city: 'Redmond', region: 'WA' } })).toBe('Redmond, WA');
  expect(whereOf({ location: {} })).toBe('No location was sent');
  expect(whereOf({})).toBe('No location was sent');
});
