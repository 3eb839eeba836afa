/**
 * Emergency numbers as they are dialled, spaced ones among them; 933 is Microsoft's test number. A chat message never counts as a test (a test pages nobody),
 * so it stands with the others.
 */
const numbers = '911|112|999|933|000|110|111|113|115|117|118|119|120|122|144|190|192|193|9 1 1|1 1 2|9 9 9|9 3 3';

/** Who is called where no number is named, without accents. */
const services = [
  'emergency (?:services?|numbers?|line|operator|dispatch)|rettungsdienst|rettungsleitstelle|notarzt|notdienst|notfallnummer|notfalldienste?',
  '(?:le|au) 1[578]|urgences|secours|samu|emergencias?|inem|hulpdiensten|alarmcentrale|ambulance|emergenze|soccorsi|pronto soccorso|numero unico',
  'sos alarm|hatakeskus\\w*|pogotowie|ratunkowy|zachranku|ambulans',
].join('|');

/** That somebody calls or has called; never what tells somebody to call (`call 911 when …`), which is advice. */
const calling = [
  'called|calls|calling|dialed|dialled|dials|dialing|dialling|phoned|phones|rang|rung|ringing|contacted|contacting|(?:a|the|her|his|their) call to',
  'angerufen|gerufen|gewahlt|verstandigt|alarmiert|kontaktiert|abgesetzt|ruft|rief|wahlt|wahlte|kontaktierte|anruf (?:bei|an)',
  'appele|appelee?s?|appelle|appel (?:au|aux|vers)|compose|contacte|prevenu|telephone (?:au|aux)|alerte (?:le|les)',
  'llamo|llamado|llamando|llama (?:a|al)|llamadas? (?:a|al)|marco el|marcado|marcando|contactado|contacto con',
  'ligou|ligando|ligacao para|chamou|chamando|chamadas? (?:para|ao)|discou|telefonou|acionou|contatou|contactou|marcou',
  'gebeld|belde|belt|gedraaid|ingeschakeld|gealarmeerd|gewaarschuwd|gecontacteerd|oproep naar',
  'chiamato|chiamando|sta chiamando|chiama (?:il|i|le)|chiamata (?:al|ai)|composto|telefonato|contattato|allertato',
  'ringt|ringde|ringer|ringet|ringede|ringte|larmat|oppringt|oppkall|opkald|soittanut|soitti|soittaa|soittaneet',
  'zadzwonil|zadzwonila|dzwoni|wybral|wybrala|polaczyl|polaczyla|volal|volala|zavolal|zavolala|vola|vytocil|vytocila',
  'aradi|ariyor|aramis|позвонил|позвонила|звонит|набрал|набрала|вызвал|вызвала|зателефонував|подзвонив|hivta|sunat|apelat',
].join('|');

const target = `(?<!\\d )(?:${numbers}|${services})(?! \\d)(?= )`;
const between = '(?: [^ \\n]+){0,4}?';
const latin = new RegExp(
  [
    ` (?:${calling})${between} ${target}`,
    ` ${target}${between} (?:${calling}) `,
    ' (?:called|calling|dialed|dialled|dialing|dialling|phoned) emergency ',
    // `a 911 call`, `911-Anruf`, `112 oproep`, `112 samtal`
    ` (?<!\\d )(?:${numbers}) (?:emergency |phone )?(?:calls?|anrufe?|oproep|samtal|opkald) `,
  ].join('|'),
  'u',
);
const number = `(?<![\\d.:])(?:${numbers})(?!\\d)`;
const anyNumber = new RegExp(number, 'u');
const eastAsian = new RegExp(
  fold(
    [
      `(?:拨打|拨通|拨|撥打|撥通|撥|打|呼叫|致电|致電|呼び出し)[^\\n\\d]{0,5}${number}`,
      `${number} ?(?:番|[^\\n\\d]{0,6}(?:電話|通報|発信|ダイヤル|かけ|コール|打电话|打電話|求助|报警|報警|전화|신고|호출))`,
      '(?:救急車|救护车|救護車)[^\\n]{0,4}(?:呼|叫)|(?:拨打|撥打|叫|呼叫)了?[^\\n]{0,3}(?:救护车|救護車)',
    ].join('|'),
  ),
  'u',
);

/** Lower case without accents, compatibility forms made plain; the same for text and patterns. */
function fold(text: string): string {
  return text.normalize('NFKD').replace(/\p{M}+/gu, '');
}

/** The emergency number that a text names, without blanks; any other number in it may be that of a room. */
export function emergencyNumberIn(text: string): string | undefined {
  return anyNumber.exec(text)?.[0].replaceAll(' ', '');
}

/**
 * True when a line of a text says that an emergency number or service is or was called: `Max hat die 112 angerufen`, `Ana placed a 911 call`. Takes time in
 * proportion to the text.
 */
export function tellsOfCallToNumber(text: string): boolean {
  if (!/\p{L}/u.test(text)) return anyNumber.test(text);
  const folded = fold(text.toWellFormed())
    .toLowerCase()
    .replaceAll('ß', 'ss')
    .replaceAll('ı', 'i')
    .replaceAll('ł', 'l')
    .replaceAll('ø', 'o')
    .replaceAll('æ', 'ae')
    .replaceAll('đ', 'd');
  if (eastAsian.test(folded)) return true;
  // Not what stands in a time, an amount or a decimal (`9:11`, `1.112`): those are no word of their own.
  const words = folded
    .replace(/(?<!\d)\d+(?:[:.,]\d+)+/g, 'x')
    .split('\n')
    .map((line) => ` ${line.replace(/[^\p{L}\p{N}]+/gu, ' ').trim()} `)
    .join('\n');
  return latin.test(words);
}
