import { describe, expect, it } from 'vitest';
import { defaultPhrases } from '#domain/notices/phrases.ts';
import { judgeChatMessage } from '#domain/notices/recognise-chat.ts';

const details = (content: string, contentType = 'text') => {
  const message = { importance: 'high', body: { contentType, content }, from: { user: { id: 'u1' } } };
  const judged = judgeChatMessage(message, '19:a@thread.v2', defaultPhrases);
  if (!judged.emergency) throw new Error('not found');
  return judged.details;
};
const words = 'Ana Petrova has placed an Emergency Call';
const redmond = { street: '1 Microsoft Way', city: 'Redmond', region: 'WA', postalCode: '98052' };

describe('the lines of an announcement', () => {
  it.each([
    ['a time', 'Time: 10:31 AM', {}],
    ['a date and a time', 'Date: 11/20/2026\nNovember 20, 2026 10:31', {}],
    ['a number to call back', 'Callback number: (425) 555-0142', { callbackNumber: '(425) 555-0142' }],
    ['a telephone without area in brackets', 'Phone: 425-555-0142', { callbackNumber: '425-555-0142' }],
    ['a telephone without a label', '425-555-0142', { callbackNumber: '425-555-0142' }],
    ['who called', 'Caller: Ana Petrova', {}],
    ['who called, as before the phrase', 'Ana Petrova (+1 425 555 0142)', { callbackNumber: '+1 425 555 0142' }],
    ['an address of another kind', 'IP address: 10.1.2.3', undefined],
    ['labels that stand alone', 'Caller\nAna Petrova\nTime:\n10:31 AM', {}],
    ['a label that nothing follows', 'Time:', {}],
  ])('give the address where %s stands before it, labelled or not', (_, line, more) => {
    for (const label of ['Location: ', 'Location:\n', 'Location\n', 'Emergency address - ', ''])
      expect(details(`${words}\n${line}\n${label}1 Microsoft Way, Redmond, WA 98052`)).toMatchObject({
        location: redmond,
        ...more,
      });
    if (more !== undefined)
      expect(details(`${words}\n${line}\nLocation: 1 Microsoft Way, Redmond, WA 98052`)).toEqual({
        location: redmond,
        ...more,
      });
  });

  it('give what is labelled as the place before what is not, and no street where another label stands', () => {
    expect(details(`${words}\nContoso 7 West\nLocation: 1 Microsoft Way, Redmond, WA 98052`).location).toEqual({
      ...redmond,
      additionalInfo: 'Contoso 7 West',
    });
    expect(details(`${words}\nBuilding: 7\nBadge: A 12`)).toEqual({
      location: { additionalInfo: 'Building: 7, Badge: A 12' },
    });
    expect(details(`${words}\nBuilding 7, 1 Microsoft Way, Redmond, WA 98052, Building B`).location).toEqual({
      ...redmond,
      additionalInfo: 'Building 7, Building B',
    });
  });

  it('lose nothing but a telephone and its label', () => {
    const callbackNumber = '+1 425 555 0142';
    expect(details(`${words}\n1 Microsoft Way, Floor 2, ${callbackNumber}`)).toEqual({
      location: { street: '1 Microsoft Way', floor: 'Floor 2' },
      callbackNumber,
    });
    expect(details(`${words}\nBuilding 7 Room 2214, Tel. ${callbackNumber}`)).toEqual({
      location: { room: 'Building 7 Room 2214' },
      callbackNumber,
    });
    expect(details(`${words}\nCaller: Ana Petrova, Building 7, Floor 2, call back at ${callbackNumber}`)).toEqual({
      location: { floor: 'Floor 2', additionalInfo: 'Building 7' },
      callbackNumber,
    });
  });

  it('never take the number of a room for the one that was dialled', () => {
    expect(details('Jean a passé un appel d’urgence\nNuméro de bureau : 112')).toEqual({
      location: { room: 'Numéro de bureau : 112' },
    });
    expect(details('佐藤さんが緊急通報を行いました\n部屋番号: 702')).toEqual({
      location: { additionalInfo: '部屋番号: 702' },
    });
    expect(details(`${words}\nNuméro composé : 112`)).toEqual({ dialledNumber: '112' });
  });
});

describe('what follows the phrase on its line', () => {
  it.each([
    [' from 1 Microsoft Way, Redmond, WA 98052, Building 7, Floor 2', { additionalInfo: 'Building 7' }, {}],
    ['. Location: 1 Microsoft Way, Redmond, WA 98052 Floor 2', {}, {}],
    ['. Time: 10:31 AM. 1 Microsoft Way, Redmond, WA 98052. Floor 2.', {}, {}],
    [' on 11/20/2026 at 10:31 AM from 1 Microsoft Way, Redmond WA 98052, Floor 2', {}, {}],
    [' to 911 from 1 Microsoft Way, Redmond, WA 98052, Floor 2', {}, { dialledNumber: '911' }],
    [' (911): 1 Microsoft Way, Redmond, WA 98052, Floor 2', {}, { dialledNumber: '911' }],
    [
      ' - Callback number: +1 425 555 0142 Location: 1 Microsoft Way, Redmond, WA 98052 Floor 2 Number dialed: 911',
      {},
      { dialledNumber: '911', callbackNumber: '+1 425 555 0142' },
    ],
  ])('is read as well: …%s', (rest, place, more) => {
    const expected = { location: { ...redmond, floor: 'Floor 2', ...place }, ...more };
    expect(details(words + rest)).toEqual(expected);
    expect(details(`<p>${words}${rest}</p>`, 'html')).toEqual(expected);
  });

  it('is read in other languages', () => {
    expect(details('Ana hat einen Notruf getätigt (112). Standort: Hauptstraße 12, 10115 Berlin. Raum 12')).toEqual({
      location: { street: 'Hauptstraße 12', postalCode: '10115', city: 'Berlin', room: 'Raum 12' },
      dialledNumber: '112',
    });
    expect(
      details('佐藤さんが緊急通報を行いました。場所：大阪市中央区北浜二丁目3-12、7階 電話番号：06-1234-5678'),
    ).toEqual({
      location: { street: '大阪市中央区北浜二丁目3-12', floor: '7階' },
      callbackNumber: '06-1234-5678',
    });
  });

  it('is no dialled number where it is that of a house, and no place where it is a time or a sign', () => {
    expect(details(`${words} from 911 Main Street, Redmond, WA 98052`)).toEqual({
      location: { ...redmond, street: '911 Main Street' },
    });
    for (const rest of ['.', '!', ' 🚨', ' at 10:31 AM', ' to 911.'])
      expect(details(words + rest)).not.toHaveProperty('location');
  });

  it('is read in a time in proportion to hostile input', () => {
    const pieces = [
      '1',
      '1:',
      'a',
      'a.',
      'Time: ',
      'Location:',
      'call back ',
      '+1 ',
      '12345 ',
      ' - ',
      '(',
      'at ',
      ', ',
      '2026-',
    ];
    for (const piece of pieces) {
      expect(details(words + piece.repeat(20_000))).toBeDefined();
      expect(details(`${words}\n${piece.repeat(20_000)}\n${words}`)).toBeDefined();
      expect(details(`${piece.repeat(20_000)}${words}`)).toBeDefined();
    }
  }, 20_000);
});
