/** Labels of the lines of an announcement. No document says which there are: these are what somebody may call such a thing in the languages of the table. */
const address =
  "(?:(?:current|last known|caller(?:[’']s)?|emergency|civic|street|dispatchable|registered) )?(?:location|address|street|standort|adresse|straße|emplacement|lieu|ubicaci[oó]n|direcci[oó]n|localiza[cç][aã]o|endere[cç]o|morada|locatie|adres|posizione|indirizzo)|場所|住所|所在地|位置|地址|地点";
const phone = [
  "(?:(?:caller|user)(?:[’']s)? |contact |direct |office |work |business |mobile )?(?:call[- ]?back|phone|telephone|tel|mobile|cell)(?: (?:number|no))?|(?:caller|contact)(?:[’']s)? number",
  '(?:rückruf|telefon|mobil|handy|terugbel|telefoon)(?:nummer)?|durchwahl|(?:numéro de )?(?:rappel|téléphone)|tél',
  '(?:número de |numero di )?(?:teléfono|telefone|telemóvel|retorno|contacto|contato|telefono|richiamata|cellulare)',
  '折り返し(?:先|電話)?(?:番号)?|電話(?:番号)?|(?:回拨|回撥|回电|回電|联系|聯絡)?(?:电话|電話)(?:号码|號碼)?',
].join('|');
const time =
  '(?:local |call |start )?time|(?:call )?date|date and time|uhrzeit|zeit|zeitpunkt|datum|heure|hora|fecha|tijd|tijdstip|ora|日時|時刻|時間|时间|日期';
const person =
  "caller(?:[’']s name| name)?|called by|placed by|anrufer|appelant|llamante|beller|chiamante|発信者|呼叫者|ip address|e-?mail(?: address)?|call id";
const dialled =
  'number (?:dialed|dialled|called)|(?:dialed|dialled|called) number|gewählte nummer|numéro composé|número marcado|número discado|numero composto';
/** Of a building or a floor as well, where another word stands before. */
const name =
  'name|user|benutzer|utilisateur|nom|usuario|nombre|utilizador|usuário|nome|gebruiker|naam|utente|名前|姓名|用户';

const begins = '(?<![\\p{L}\\p{N}])';
const known = [person, time, dialled, phone, address].join('|');
const anywhere = new RegExp(`${begins}(?:${known})\\s*[:：]`, 'giu');
const first = new RegExp(`^(?:${known}|${name})\\s*[:：]`, 'iu');
const alone = new RegExp(`^(?:${known}|${name})\\s*[:：]?$`, 'iu');
const ofPerson = new RegExp(`^(?:${person}|${name})\\s*[:：][^,;]*[,;]?`, 'iu');
const ofTime = new RegExp(`^(?:(?:${time})\\s*[:：].*|(?:${phone})\\s*[:：]\\D*$)`, 'iu');
const onlyTime = new RegExp(`^(?:${time})\\s*[:：]?$`, 'iu');
const ofAddress = new RegExp(`^(?:${address})\\s*(?:[:：]|[-–]\\s)\\s*`, 'iu');

const writtenPhone = '\\+\\d[\\d\\s().-]{6,20}\\d|(?:\\(\\d{3}\\)\\s?|\\d{3}[-.])\\d{3}[-.]\\d{4}';
const anyPhone = new RegExp(`(?<![\\d+])(?:${writtenPhone})(?!\\d)`, 'u');
const labelledPhone = new RegExp(
  `${begins}(?:${phone})\\.?[\\s:：#-]{0,5}(?:(?:at|on|unter|au|al)\\s)?(${writtenPhone}|\\(?\\d[\\d\\s()./-]{4,20}\\d)(?!\\d)`,
  'iu',
);
const day = '(?:\\d{4}-\\d{2}-\\d{2}|\\d{1,2}[./]\\d{1,2}[./]\\d{4})';
/** Only beside a time: it reads like an address (`November 20, 2026`). */
const spelt =
  '(?:(?:\\p{L}{3,6}day,?\\s)?\\p{L}{3,9}\\.?\\s\\d{1,2},?\\s\\d{4}|\\d{1,2}\\.?\\s(?:de\\s)?\\p{L}{3,9}\\.?\\s(?:de\\s)?\\d{4})';
const clock =
  '\\d{1,2}:\\d{2}(?::\\d{2}(?:\\.\\d+)?)?(?:\\s?[ap]\\.?m(?:\\.|\\b)|\\s?uhr\\b)?(?:\\s?(?:utc|gmt|z)\\b)?';
const anyTime = new RegExp(
  `(?:${begins}(?:${time})\\s*[:：]\\s*|${begins}(?:at|on|um|am|à|le|om)\\s)?(?<![\\p{L}\\d:./-])(?:(?:${day}|${spelt})[,T\\s]{1,3}${clock}|${clock}(?:[,\\s]{1,3}(?:${day}|${spelt}))?|${day})(?![\\d:])`,
  'giu',
);

/**
 * What an announcement tells, one thing a line: a label in one paragraph with the rest begins a line of its own, and one that stands alone goes with the line
 * after it. Times are left out: an address has none.
 */
export function separated(lines: readonly string[]): readonly string[] {
  const separate: string[] = [];
  let waiting = '';
  for (const line of lines) {
    const starts = [0, ...[...line.matchAll(anywhere)].map(({ index }) => index)];
    for (const [n, start] of starts.entries()) {
      const text = line.slice(start, starts[n + 1]).trim();
      if (onlyTime.test(text)) continue;
      if (alone.test(text)) waiting = text.replace(/\s*[:：]?$/u, ': ');
      else if (text !== '') {
        separate.push((first.test(text) ? text : waiting + text).replace(anyTime, ','));
        waiting = '';
      }
    }
  }
  return separate;
}

/** What stands behind a label for an address; undefined where there is none. */
export function afterAddressLabel(line: string): string | undefined {
  const text = line.replace(ofAddress, '');
  return text === line ? undefined : text;
}

/** A line without what its label says is a time, a person or a telephone: that is no place. */
export function withoutNoPlace(line: string): string {
  return line.replace(ofTime, '').replace(ofPerson, '');
}

/** True for what begins with a label, whatever that is. */
export function isLabelled(text: string): boolean {
  return /^\p{L}[^\d:：]{0,40}[:：]/u.test(text);
}

/** A telephone number in a line, and the line without it and its label. */
export function takePhone(line: string): { readonly phone?: string; readonly rest: string } {
  const found = labelledPhone.exec(line) ?? anyPhone.exec(line);
  if (found === null) return { rest: line };
  const [all, phone = all] = found;
  return { phone, rest: `${line.slice(0, found.index)},${line.slice(found.index + all.length)}` };
}
