import {
  articles,
  calling,
  callTo,
  emergencyReported,
  numbers,
  responders,
  services,
  talkingTo,
} from '#domain/notices/calling-words.ts';

const target = `(?<!\\d )(?:${numbers}|${services})(?! \\d)(?= )`;
const dialled = `(?<!\\d )(?:e911|e112|${numbers})`;
const between = '(?: [^ \\n]+){0,4}?';
/** Whose call it is, and of what kind. */
const name = '(?: [^ \\n]+){0,6}?';
const towards = `(?: (?:${articles})){0,3} ${target}`;
const latin = new RegExp(
  [
    ` (?:${calling})${between} (?:${target}|(?:${responders}) )`,
    ` (?:${target}|(?:${responders})(?= ))${between} (?:${calling}) `,
    ' (?:called|calling|dialed|dialled|dialing|dialling|phoned) emergency ',
    // `call from Ana to 911`, `Anruf von Ana an die 112`
    ...callTo.map(([noun, before]) => ` (?:${noun})${name} (?:${before})${towards}`),
    ` (?:${talkingTo})${towards}`,
    // `hat mit der 112 telefoniert`
    ` (?:mit|met)(?: (?:de|der|dem))? ${target}${between} (?:telefoniert|gesprochen|verbunden|gesproken) `,
    // `a 911 call`, `911-Anruf`, `112 oproep`, `112 samtal`
    ` ${dialled} (?:(?:emergency|phone|voice|video|audio|teams|pstn|outgoing|outbound|incoming|inbound|live|test) ){0,2}calls? `,
    ` ${dialled} (?:[^ \\n]{0,20}anrufe?|oproep|samtal|opkald) `,
    ` (?:anruf|appel|llamada|chamada|ligacao|oproep|chiamata) ${dialled} `,
    ` (?:a|an|the|her|his|their) (?:[^ \\n]+ ){0,2}?call ${dialled} `,
    // `started a 911 something call`
    ` (?:started|starts|starting|placed|places|placing|made|makes|making|initiated|initiates|initiating)(?: [^ \\n]+){0,3}? ${dialled}(?: [^ \\n]+){0,2}? call `,
    ` (?:e911|e112|911|112) (?:alert|alarm|notification) `,
    ` (?:${emergencyReported})`,
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
      '(?:緊急|救急|消防|警察)(?:サービス|署|隊)?(?:[にへ](?:電話|通報|発信|コール|連絡し)|の(?:電話|通報|発信)を)',
      // `紧急服务器` is a server.
      '(?:拨打|拨通|撥打|撥通|联系|聯繫|联络|聯絡|致电|致電|呼叫)了?[^\\n]{0,3}(?:急救|紧急服务(?!器)|緊急服務(?!器))',
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
