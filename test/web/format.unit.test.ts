import { describe, expect, it } from 'vitest';
import { createFakeDeskData } from '#test/support/fake-desk-data.ts';
import { ageText, dispatchText, phone, placeLines, shortAge } from '#web/browser/format.ts';
import { notDoneSentence } from '#web/browser/words.ts';
import type { EmergencyView } from '#web/desk-data.ts';

describe('words on the desk', () => {
  it.each([
    [0, '00:00'],
    [41_900, '00:41'],
    [599_999, '09:59'],
    [600_000, '10 min'],
    [3_600_000, '1 h 00 min'],
    [3 * 86_400_000, '3 days'],
    [-5000, '00:00'],
  ])('an age of %i ms reads %s', (ms, text) => {
    expect(ageText(ms)).toBe(text);
  });

  it('proofs are as old as they are', () => {
    expect([4000, 89_000, 120_000, 7_200_000].map(shortAge)).toEqual(['4 s', '89 s', '2 min', '2 h']);
  });

  it.each([
    ['+14255550142', '+1 425 555 0142'],
    ['+442079460958', '+44 207 946 0958'],
    ['+4930123456', '+49 301 234 56'],
    ['+353861234567', '+353 861 234 567'],
    ['(425) 555-0142', '(425) 555-0142'],
    ['[erased]', '[erased]'],
    ['sip:lobby@contoso.com', 'sip:lobby@contoso.com'],
  ])('the number %s reads %s', (number, text) => {
    expect(phone(number)).toBe(text);
  });

  it('the dispatch text is what one reads out', () => {
    const at = new Date(2026, 7, 28, 14, 31, 26).toISOString();
    const data = createFakeDeskData();
    expect(dispatchText(data.raise({ occurredAt: at }))).toBe(
      'Emergency call 911 at 14:31 from Ana Petrova, +1 425 555 0142, at 1 Microsoft Way, Building 7, Floor 2, Room 2214, Redmond, WA.',
    );
    expect(
      dispatchText(data.raise({ occurredAt: at, test: true, dialledNumber: '933', caller: null, location: null })),
    ).toBe('TEST call 933 at 14:31, caller not known. No location was sent.');
    expect(
      dispatchText(
        data.raise({
          occurredAt: at,
          verified: false,
          dialledNumber: null,
          caller: { callbackNumber: '+14255550142' },
          location: { latitude: 1.5, longitude: 2 },
        }),
      ),
    ).toBe('Possible emergency call at 14:31 from a caller, +1 425 555 0142, at 1.50000, 2.00000.');
  });

  it('the dispatch text names the town with county and state, and says nothing twice', () => {
    const place = (location: NonNullable<EmergencyView['location']>) =>
      / at ((?!\d\d:).*)\.$/.exec(dispatchText(createFakeDeskData().raise({ location })))?.[1];
    const microsoft = { city: 'Redmond', county: 'King', region: 'WA', postalCode: '98052', country: 'United States' };
    expect(place({ street: '725 Microsoft Way', companyName: 'Contoso', ...microsoft })).toBe(
      '725 Microsoft Way, Redmond, King, WA',
    );
    expect(place({ street: 'Unter den Linden 17', city: 'Berlin', county: 'Berlin', region: 'berlin' })).toBe(
      'Unter den Linden 17, Berlin',
    );
    expect(place({ street: 'Dorfstraße 1', county: 'Barnim' })).toBe('Dorfstraße 1, Barnim');
    expect(place({ additionalInfo: 'Gate 4', companyName: 'Contoso', ...microsoft })).toBe(
      'Gate 4, Contoso, 98052 Redmond, King, WA, United States',
    );
  });

  it('a town is shown with its county and its state', () => {
    expect(placeLines({ city: 'Redmond', county: 'King', region: 'WA', postalCode: '98052' }).town).toBe(
      '98052 Redmond, King, WA',
    );
    expect(placeLines({ county: 'King' }).town).toBe('King');
    expect(placeLines({ city: 'Wien', county: 'Wien', region: 'Wien', country: 'AT' }).town).toBe('Wien, AT');
  });

  it('a number with a comma stays one', () => {
    expect(placeLines({ additionalInfo: 'height: 1,5; gate: C, Floor 4', floor: '4' }).street).toBe(
      'height: 1,5, gate: C',
    );
  });

  it('a place is said from the street inwards, and words that are there already are not said twice', () => {
    expect(
      placeLines({
        street: 'Unter den Linden 17',
        floor: 'Ground floor',
        room: '12b',
        city: 'Berlin',
        postalCode: '10117',
      }),
    ).toMatchObject({
      street: 'Unter den Linden 17',
      inside: 'Ground floor, Room 12b',
      town: '10117 Berlin',
    });
    expect(
      placeLines({
        street: '725 Harbour Mill Way',
        additionalInfo: 'Building 7, Floor 4, Room 4011',
        floor: 'Floor 4',
        room: '4011',
      }),
    ).toMatchObject({
      street: '725 Harbour Mill Way, Building 7',
      inside: 'Floor 4, Room 4011',
    });
    expect(placeLines(undefined).known).toBe(false);
  });
});

describe('an act that did not come to its end', () => {
  const word = 'Tocsin does not answer.';

  it.each(['outcome-unknown', 'unreachable', 'internal'])('is not said to be undone after %s', (code) => {
    expect(notDoneSentence('acknowledge', { code, word })).toMatch(/^Perhaps acknowledged\. /);
    expect(notDoneSentence('resolve', { code, word })).toMatch(/^Perhaps resolved\. /);
  });

  it.each(['log-unavailable', 'invalid-body', 'not-allowed'])('was not done after %s', (code) => {
    expect(notDoneSentence('acknowledge', { code, word })).toBe('NOT acknowledged. Tocsin does not answer. Try again.');
  });
});
