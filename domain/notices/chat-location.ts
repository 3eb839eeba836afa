import type { Announcement } from '#domain/notices/announcement.ts';
import { afterAddressLabel, isLabelled, separated, takePhone, withoutNoPlace } from '#domain/notices/chat-labels.ts';
import { clean, present } from '#domain/notices/fields.ts';
import type { CallLocation } from '#domain/notices/item.ts';
import { comparable } from '#domain/notices/phrases.ts';
import { emergencyNumberIn } from '#domain/notices/recognise-number.ts';

/** What the lines of an announcement say besides that somebody called. */
export interface ChatDetails {
  readonly location?: CallLocation<string>;
  readonly dialledNumber?: string;
  readonly callbackNumber?: string;
}

const dialLabel =
  /(?<!\p{L})(?:dial|called number|number called|compos|marcad|discad|gewählt|gebeld|composto)|拨打|撥打|ダイヤル/iu;
/** Of a number, but perhaps of that of a room. */
const numberLabel = /(?<!\p{L})(?:nummer|número|numero|numéro)|番号/iu;
// Not `\b`: that knows the letters of English alone.
const floorWord =
  /(?<!\p{L})(?:floor|etage|stockwerk|étage|piso|planta|andar|verdieping|piano)(?!\p{L})|\d\.?\s*(?:stock|og)(?!\p{L})|\d\s*[楼樓]|[階层]/iu;
const roomWord =
  /(?<!\p{L})(?:room|suite|desk|raum|zimmer|büro|salle|bureau|sala|habitaci[oó]n|kamer|stanza|ufficio)(?!\p{L})|室/iu;

/** `Redmond, WA 98052` and what may follow the code. */
const american = /^(.+?),?\s+([A-Z]{2})\s+(\d{5}(?:-\d{3,4})?)(?:,?\s+(.+))?$/u;
/** `10115 Berlin`, `1012 AB Amsterdam`; never with a house number's comma. */
const european = /^(\d{4,5}(?:\s?[A-Z]{2})?)\s+(\p{L}[\p{L}\s.'’-]*)$/u;

const building = /^(?:building|bldg\.?|gebäude|bâtiment|edificio|edifício|gebouw)\s*\S{1,4}$/iu;

/**
 * Reads what it can from the lines of an announcement. No document says how they are laid out, so nothing depends on it: what is labelled as a place goes first,
 * a line that fits nowhere goes to `additionalInfo`, and the whole text is kept beside it.
 */
export function readDetails({ announcing, told, announced }: Announcement): ChatDetails {
  const location: { -readonly [K in keyof CallLocation<string>]: string } = {};
  const others: string[] = [];
  let dialledNumber: string | undefined;
  let callbackNumber: string | undefined;
  for (const line of announcing) {
    callbackNumber ??= takePhone(line).phone;
    dialledNumber ??= emergencyNumberIn(line);
  }
  const places: string[] = [];
  const labelledPlaces: string[] = [];
  for (const line of separated(told)) {
    const { phone, rest } = takePhone(line);
    callbackNumber ??= phone;
    const address = afterAddressLabel(rest);
    if (address !== undefined) labelledPlaces.push(address);
    else {
      const called = phone === undefined ? takeDialled(rest) : { rest };
      dialledNumber ??= called.number;
      places.push(withoutNoPlace(called.rest));
    }
  }
  for (const part of [...labelledPlaces, ...places].flatMap(partsOf))
    if (announced === undefined || comparable(part) !== comparable(announced)) place(part, location, others);
  const rest = clean(others.join(', '));
  if (rest !== undefined) location.additionalInfo = rest;
  return present({
    location: Object.keys(location).length > 0 ? location : undefined,
    dialledNumber,
    callbackNumber: clean(callbackNumber, 32),
  });
}

/** The number that a line of its own says was dialled, and what follows it where that may be a place. */
function takeDialled(line: string): { readonly number?: string; readonly rest: string } {
  if (line.length >= 40) return { rest: line };
  const isOfRoom = roomWord.test(line) || floorWord.test(line);
  const number = dialLabel.test(line)
    ? /(?<![\d+])\d{3,4}(?!\d)/.exec(line)?.[0]
    : numberLabel.test(line) && !isOfRoom
      ? emergencyNumberIn(line)
      : undefined;
  if (number === undefined) return { rest: line };
  const after = line.slice(line.indexOf(number) + number.length);
  return { number, rest: /\d/.test(after) ? after : '' };
}

/** `Berlin 10179`, `London SW1A 1AA`; four digits may as well number a building. */
const cityFirst =
  /^(\p{L}[\p{L}\s.'’-]*?)\s+(\d{5,7}|\d{3}-\d{4}|\d{4}\s?[A-Z]{2}|[A-Z]{1,2}\d[A-Z\d]?\s?\d[A-Z]{2})$/u;

/** `WA 98052 Floor 2`, `Berlin. Raum 12`: what is inside of the building is told without a comma. */
const beforeInside =
  /(?:(?<=\d{5}(?:-\d{4})?)\s+|\.\s+)(?=(?:floor|room|suite|building|etage|raum|zimmer|étage|salle|piso|planta|sala|andar|verdieping|kamer|piano|stanza)\s+\S)/iu;
/** Four letters before it: of `Blvd. North` the stop is none. */
const sentence = /(?<=\p{Ll}{4})\.\s+(?=\p{Lu})/u;

/** An address on one line: cut at its commas, the state and code of an American one left with their city. */
function partsOf(line: string): readonly string[] {
  const parts = line
    .split(/\s*[,;，、]\s*/)
    .flatMap((part) => part.split(beforeInside))
    .flatMap((part) => part.split(sentence))
    .map((part) => part.replace(/^[\s)\].:]*(?:(?:from|depuis|desde|vanuit|vanaf)\s+)?|(?<=\d|\p{L}{3})[.。]$/giu, ''))
    .filter((part) => comparable(part) !== '');
  if (parts.length < 3) {
    const whole = parts.join(', ');
    return american.test(whole) && !american.test(parts[1] ?? '') ? [whole] : parts;
  }
  const joined: string[] = [];
  for (const part of parts) {
    const last = joined.at(-1);
    const isCountry =
      part === parts.at(-1) &&
      /^[\p{L}\s.]+$/u.test(part) &&
      ![floorWord, roomWord, building].some((inside) => inside.test(part));
    if (last !== undefined && /^[A-Z]{2}\s+\d{5}(?:-\d{3,4})?$/.test(part))
      joined[joined.length - 1] = `${last}, ${part}`;
    else if (last !== undefined && isCountry && american.test(last)) joined[joined.length - 1] = `${last}, ${part}`;
    else joined.push(part);
  }
  return joined;
}

function place(part: string, into: { -readonly [K in keyof CallLocation<string>]: string }, others: string[]): void {
  const text = clean(part);
  if (text === undefined || comparable(text) === '') return;
  const us = into.city === undefined ? american.exec(text) : null;
  const eu = into.city === undefined && into.street !== undefined ? european.exec(text) : null;
  const named = into.city === undefined && into.street !== undefined && !roomWord.test(text) && !floorWord.test(text);
  const other = named ? cityFirst.exec(text) : null;
  if (us !== null) {
    into.city = us[1] ?? text;
    if (us[2] !== undefined) into.region = us[2];
    if (us[3] !== undefined) into.postalCode = us[3];
    if (us[4] !== undefined) into.country = us[4];
  } else if (eu !== null) {
    into.postalCode = eu[1] ?? '';
    into.city = eu[2] ?? text;
  } else if (other !== null) {
    into.city = other[1] ?? text;
    into.postalCode = other[2] ?? '';
  } else if (into.city !== undefined && into.country === undefined && /^[A-Z]{2,3}$/.test(text)) into.country = text;
  else if (into.floor === undefined && floorWord.test(text) && text.length < 40) into.floor = text;
  else if (into.room === undefined && roomWord.test(text) && text.length < 40) into.room = text;
  else if (
    into.street === undefined &&
    /\d/.test(text) &&
    /\p{L}/u.test(text) &&
    !isLabelled(text) &&
    !building.test(text)
  )
    into.street = text;
  else others.push(text);
}
