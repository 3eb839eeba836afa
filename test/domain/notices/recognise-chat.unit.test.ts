import { describe, expect, it } from 'vitest';
import { htmlToText } from '#domain/notices/html-text.ts';
import type { Phrase } from '#domain/notices/item.ts';
import { comparable, defaultPhrases } from '#domain/notices/phrases.ts';
import { reasonText } from '#domain/notices/reasons.ts';
import { judgeChatMessage } from '#domain/notices/recognise-chat.ts';
import type { JsonObject } from '#kernel/json.ts';

const group = '19:1c5b01696d2e4a179c292bc9cf04e63b@thread.v2';
const user = { user: { id: 'u1', displayName: 'Ana Petrova' } };
const judge = (
  content: string,
  more: JsonObject = {},
  chatId: string | undefined = group,
  phrases: readonly Phrase[] = defaultPhrases,
) =>
  judgeChatMessage(
    { importance: 'high', locale: 'en-us', from: user, body: { contentType: 'html', content }, ...more },
    chatId,
    phrases,
  );
const words = 'Ana Petrova has placed an Emergency Call';

describe('the announcement is found', () => {
  it.each([
    ['as it is', words],
    ['in other case', words.toUpperCase()],
    ['in a paragraph', `<p>${words}</p>`],
    ['with no-break spaces', '<p>Ana&nbsp;Petrova has&nbsp;placed\u00A0an\u202FEmergency&#160;Call</p>'],
    ['over line breaks', 'has\n  placed<br/>an <br>Emergency\r\nCall'],
    ['through inline tags', 'has <b>placed</b> an <i>Emer</i><span style="a>b">gency</span> Call'],
    ['with entities for letters', 'h&#97;s pl&#x61;ced an &Eacute;mergency C&agrave;ll'],
    ['with entities that were escaped twice', 'has&amp;nbsp;placed&amp;nbsp;an&amp;nbsp;Emergency&amp;nbsp;Call'],
    ['with invisible characters', 'has pla\u200Bced an Emer\u00ADgency\u2060 Call'],
    ['in full-width letters', 'ｈａｓ ｐｌａｃｅｄ ａｎ Ｅｍｅｒｇｅｎｃｙ Ｃａｌｌ'],
    ['after a comment', '<!-- <p> -->has placed <!-- x -->an Emergency Call'],
    ['in unclosed markup', '<div><p>has placed an Emergency Call<div'],
    ['in a table', '<table><tr><td>Ana</td><td>has placed an Emergency Call</td></tr></table>'],
    ['with punctuation', '**Ana** has placed an “Emergency Call”!'],
  ])('%s', (_, content) => {
    expect(judge(content)).toMatchObject({ emergency: true, confidence: 'high', language: 'en' });
  });

  it('in a body that says it is text and is HTML, and the other way round', () => {
    const text = { body: { contentType: 'text', content: '<p>has <b>pla</b>ced an emer&shy;gency call</p>' } };
    expect(judge('', text)).toMatchObject({ emergency: true, confidence: 'high' });
    expect(judge('a < b has placed an emergency call > c')).toMatchObject({ emergency: true, confidence: 'high' });
  });

  it('in a card, and in the subject', () => {
    const card = JSON.stringify({ type: 'AdaptiveCard', body: [{ type: 'TextBlock', text: words }] });
    expect(judge('<attachment id="1"></attachment>', { attachments: [{ content: card }] })).toMatchObject({
      confidence: 'high',
    });
    expect(judge('', { subject: words })).toMatchObject({ confidence: 'high' });
  });

  it.each<[string, JsonObject['body']]>([
    ['a text', `Ana Petrova ${words}`],
    ['a list', [{ contentType: 'html', content: `<p>Ana Petrova ${words}</p>` }]],
    ['an object whose content is a list', { contentType: 'html', content: ['Ana Petrova', words] }],
  ])('in a body of another shape than Graph documents: %s', (_, body) => {
    expect(judge('', { body })).toMatchObject({ emergency: true, confidence: 'high' });
  });

  it.each(defaultPhrases.map(({ language, text }) => [language, text]))('in %s: %s', (language, text) => {
    expect(judge(`<p>Ana Petrova ${text}</p>`)).toMatchObject({ emergency: true, confidence: 'high', language });
  });

  it.each(['en', 'de', 'fr', 'es', 'pt', 'nl', 'it', 'ja', 'zh'])('the table knows %s', (language) => {
    expect(defaultPhrases.map((each) => each.language)).toContain(language);
  });

  it('in a language that an operator added', () => {
    const phrases = [...defaultPhrases, { language: 'pl', text: 'wykonał połączenie alarmowe' }];
    expect(judge('<p>Jan WYKONAŁ połączenie  alarmowe</p>', {}, group, phrases)).toMatchObject({
      confidence: 'high',
      language: 'pl',
    });
  });

  it('a phrase too short to mean anything finds nothing', () => {
    expect(judge('hello', { importance: 'normal' }, group, [{ language: 'xx', text: '! a' }])).toEqual({
      emergency: false,
    });
  });
});

describe('confidence', () => {
  it.each([
    ['important, in a group chat', 'high', 'high', group],
    ['urgent, in a group chat', 'urgent', 'high', group],
    ['of normal importance, in a group chat', 'normal', 'medium', group],
    ['important, between two', 'high', 'medium', '19:a_b@unq.gbl.spaces'],
    ['important, in a meeting', 'high', 'medium', '19:meeting_x@thread.v2'],
    ['important, in a chat that is not known', 'high', 'medium', undefined],
    ['of normal importance, between two', 'normal', 'low', '19:a_b@unq.gbl.spaces'],
  ])('%s', (_, importance, confidence, chatId) => {
    const judged = judgeChatMessage(
      { importance, locale: 'en-us', from: user, body: { contentType: 'html', content: words } },
      chatId,
      defaultPhrases,
    );
    expect(judged).toMatchObject({ emergency: true, confidence });
  });

  it('every reason has a sentence', () => {
    const judged = judge(words, { from: null });
    if (!judged.emergency) throw new Error('not found');
    for (const reason of judged.reasons) expect(reasonText(reason)).toMatch(/^[A-Z].*\.$/);
    expect(reasonText('constructor')).toBe('constructor');
  });
});

describe('doubt', () => {
  it('raises an important message in a group chat in a language of which no phrase is known, whatever its locale says', () => {
    for (const locale of ['en-us', 'de-de', undefined as never])
      expect(judge('<p>Jan Kowalski zadzwonił po pomoc</p>', { locale })).toMatchObject({
        emergency: true,
        confidence: 'low',
        reasons: ['language-unknown', 'important-message', 'group-chat'],
      });
  });

  it('takes no language from the locale', () => {
    expect(judge('<p>Jan Kowalski zadzwonił po pomoc</p>', { locale: 'pl-pl' })).not.toHaveProperty('language');
    expect(judge('<p>Jan Kowalski nawiązał połączenie alarmowe</p>')).toHaveProperty('language', 'pl');
  });

  it('raises an important message in a group chat that speaks of an emergency call in other words', () => {
    expect(judge('Frau Sommer hat soeben den Notruf verständigt')).toMatchObject({
      confidence: 'low',
      reasons: expect.arrayContaining(['emergency-word']),
    });
  });

  it('raises what an application posted, and takes the caller from the text', () => {
    for (const from of [null, {}, { application: { id: 'a', displayName: 'Teams' } }, { user: null }] as JsonObject[])
      expect(judge(`<p>🚨 ${words}</p>`, { from })).toMatchObject({
        emergency: true,
        confidence: 'high',
        announced: 'Ana Petrova',
        reasons: expect.arrayContaining(['sender-not-a-user']),
      });
  });
});

describe('what is not an emergency', () => {
  it.each([
    ['an ordinary message', 'Lunch at noon?', { importance: 'normal' }],
    ['an important message in a language that is known', 'The server room is locked today', {}],
    ['an ordinary message in a language that is not', 'Obiad w południe?', { importance: 'normal' }],
    ['an ordinary message about emergency calls', 'Who tests the emergency call this month?', { importance: 'normal' }],
    ['an important message without a word', '<p>&nbsp;</p>', {}],
    ['an important message of figures and signs', '<p>100 👍</p>', {}],
  ])('%s', (_, content, more) => {
    expect(judge(content, more)).toEqual({ emergency: false });
  });

  it('an important message in an unknown language between two people', () => {
    expect(judge('Ważne!', {}, '19:a_b@unq.gbl.spaces')).toEqual({ emergency: false });
  });

  it.each<[string, JsonObject]>([
    ['nothing at all', {}],
    ['members of wrong types', { body: 7, importance: [], from: 'x', attachments: 'y', locale: {}, subject: null }],
    ['a body of null', { body: { content: null } }],
  ])('a message with %s', (_, message) => {
    expect(judgeChatMessage(message, group, defaultPhrases)).toEqual({ emergency: false });
  });
});

describe('details in the text', () => {
  const details = (content: string) => {
    const judged = judge(content);
    if (!judged.emergency) throw new Error('not found');
    return judged.details;
  };

  it.each([
    [
      'American, by lines',
      `<p>${words}</p><p>725 Microsoft Way</p><p>Redmond, WA 98052, United States</p><p>Floor 3</p><p>Room 312</p>`,
      {
        street: '725 Microsoft Way',
        city: 'Redmond',
        region: 'WA',
        postalCode: '98052',
        country: 'United States',
        floor: 'Floor 3',
        room: 'Room 312',
      },
    ],
    [
      'American, on one line with a label',
      `<p>${words}</p><p>Location: 725 Microsoft Way, Redmond, WA 98052</p>`,
      { street: '725 Microsoft Way', city: 'Redmond', region: 'WA', postalCode: '98052' },
    ],
    [
      'German',
      `<p>${words}</p><p>Standort: Hauptstraße 12<br>10115 Berlin<br>2. OG<br>Empfang</p>`,
      { street: 'Hauptstraße 12', postalCode: '10115', city: 'Berlin', floor: '2. OG', additionalInfo: 'Empfang' },
    ],
    [
      'the city before its code, the country as a code',
      `<p>${words}</p><p>14a Kastanienufer<br>Haus C, 3. OG, Raum 3.17<br>Berlin 10179<br>DE</p>`,
      {
        street: '14a Kastanienufer',
        floor: '3. OG',
        room: 'Raum 3.17',
        city: 'Berlin',
        postalCode: '10179',
        country: 'DE',
        additionalInfo: 'Haus C',
      },
    ],
    [
      'words that begin with an accent, a Brazilian code',
      `<p>${words}</p><p>1100 Rua das Figueiras<br>2e étage<br>São Paulo, SP 04551-000<br>BR</p>`,
      {
        street: '1100 Rua das Figueiras',
        floor: '2e étage',
        city: 'São Paulo',
        region: 'SP',
        postalCode: '04551-000',
        country: 'BR',
      },
    ],
    [
      'a description of the place',
      `<p>${words}</p><p>North wing, behind the lifts</p>`,
      { additionalInfo: 'North wing, behind the lifts' },
    ],
  ])('%s', (_, content, location) => {
    expect(details(content).location).toEqual(location);
  });

  it('a house number never counts as a dialled number', () => {
    expect(details(`<p>${words}</p><p>911 Main Street</p>`)).toEqual({ location: { street: '911 Main Street' } });
    expect(details(`<p>${words}</p><p>Number dialed: 911</p>`)).toEqual({ dialledNumber: '911' });
    expect(details(`<p>${words} to 112</p>`)).toEqual({ dialledNumber: '112' });
    expect(details(`<p>Room 1204 ${words} to 112</p>`)).toEqual({ dialledNumber: '112' });
    expect(details(`<p>Room 1204 ${words}</p>`)).toEqual({});
  });

  it('a number to call back is found', () => {
    expect(details(`<p>${words}</p><p>Callback: +1 (425) 555-0100</p>`)).toEqual({
      callbackNumber: '+1 (425) 555-0100',
    });
  });

  it('nothing at all is no location', () => {
    expect(details(words)).toEqual({});
  });
});

describe('HTML as text', () => {
  it('keeps blocks as lines, escaped tags as text, and what images stand for', () => {
    expect(
      htmlToText('<div>a<br>b</div><ul><li>c</li></ul>&lt;b&gt;d<img alt="🚨"/><script>x</script><style>y</style>'),
    ).toBe('a\nb\nc\n<b>d🚨');
  });

  it('takes time in proportion to the length of hostile input', () => {
    for (const piece of ['<a ', '<a"', '<a\'"', '<!--', '<script', '<script>', '&', '&amp;', '<a alt="', '<'])
      expect(typeof htmlToText(piece.repeat(200_000))).toBe('string');
  }, 5_000);

  it('comparable leaves letters and digits alone', () => {
    expect(comparable(' Ça-Va, STRAẞE İ ı 24!')).toBe('cavastrasseii24');
  });
});
