import type { EmergencyView, LocationView } from '#web/desk-data.ts';

const two = (number: number) => String(number).padStart(2, '0');

/** Counting seconds up to ten minutes, then minutes, then hours and days. */
export function ageText(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 600) return `${two(Math.floor(seconds / 60))}:${two(seconds % 60)}`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  if (minutes < 48 * 60) return `${Math.floor(minutes / 60)} h ${two(minutes % 60)} min`;
  return `${Math.floor(minutes / 1440)} days`;
}

/** "4 s", "3 min", "2 h": how old a proof is. */
export function shortAge(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 90) return `${seconds} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86_400)} days`;
}

/** Local time of day, `14:31:26`. */
export function clock(time: string | number): string {
  const date = new Date(time);
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

/** Local date with its year, `23 Nov 2026` or as the browser's language has it. */
export function day(time: string | number): string {
  return new Date(time).toLocaleDateString(undefined, { day: 'numeric', month: 'short', year: 'numeric' });
}

/** Local time of day, and before it the day where that is not the day of `beside`: what is read long after, or on paper, must say when it was. */
export function clockBeside(time: string, beside: string | number): string {
  return day(time) === day(beside) ? clock(time) : `${day(time)} ${clock(time)}`;
}

/** Local time without seconds, with the day where it is not today. */
export function when(time: string, now: number = Date.now()): string {
  const date = new Date(time);
  const text = `${two(date.getHours())}:${two(date.getMinutes())}`;
  if (date.toDateString() === new Date(now).toDateString()) return text;
  return `${date.toLocaleDateString(undefined, { day: 'numeric', month: 'short' })} ${text}`;
}

/** Local date and time with zone, for titles, and the same in UTC. */
export function fullTime(time: string): string {
  const date = new Date(time);
  const local = date.toLocaleString(undefined, { dateStyle: 'full', timeStyle: 'long' });
  return `${local}\nUTC ${date.toISOString()}`;
}

const codes2 =
  '20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 55 56 57 58 60 61 62 63 64 65 66 81 82 84 86 90 91 92 93 94 95 98';
const twoDigitCodes = new Set(codes2.split(' '));

/** A number in international form (ITU-T E.123), grouped to be read aloud; anything else stays as it was sent. */
export function phone(number: string): string {
  const digits = /^\+(\d{7,15})$/.exec(number.replaceAll(/[\s().-]/g, ''))?.[1];
  if (digits === undefined) return number;
  const code = /^[17]/.test(digits) ? 1 : twoDigitCodes.has(digits.slice(0, 2)) ? 2 : 3;
  const rest = digits.slice(code);
  const groups = rest.length === 10 ? [3, 3, 4] : [];
  const parts: string[] = [];
  let at = 0;
  while (at < rest.length) {
    const left = rest.length - at;
    const size = groups[parts.length] ?? (left > 4 ? 3 : left);
    parts.push(rest.slice(at, at + size));
    at += size;
  }
  return `+${digits.slice(0, code)} ${parts.join(' ')}`;
}

const named = (word: string, value: string | undefined) =>
  value === undefined ? undefined : /\p{L}{3,}/u.test(value) ? value : `${word} ${value}`;
const joined = (...parts: readonly (string | undefined)[]) => parts.filter((part) => part !== undefined).join(', ');

/** The parts of a text between commas that another text does not hold already: senders repeat floor and room in the free text. */
function withoutRepeats(text: string | undefined, said: string): string | undefined {
  const known = said.toLowerCase().split(', ');
  // A comma without a space after it stands inside a number.
  const parts = (text ?? '').split(/\s*(?:;|,(?=\s|$))\s*/);
  const left = parts.filter((part) => part !== '' && !known.includes(part.toLowerCase()));
  return left.length === 0 ? undefined : left.join(', ');
}

/** The town with its county and its state, each said once: the three are one in a city state. */
function townOf(town: string | undefined, { city, county, region }: LocationView): readonly (string | undefined)[] {
  const said = new Set([city?.toLowerCase()]);
  const more = [county, region].filter((part) => {
    const isNew = part !== undefined && !said.has(part.toLowerCase());
    said.add(part?.toLowerCase());
    return isNew;
  });
  return [town, ...more];
}

/** Street with its building, then floor and room, then town: the order in which one says them. Empty lines are left out. */
export function placeLines(location: LocationView | undefined) {
  const at = location ?? {};
  const inside = joined(named('Floor', at.floor), named('Room', at.room));
  const street = joined(at.street, withoutRepeats(at.additionalInfo, inside));
  const town = joined(
    at.companyName,
    ...townOf([at.postalCode, at.city].filter(Boolean).join(' ') || undefined, at),
    at.country,
  );
  const degrees =
    at.latitude === undefined || at.longitude === undefined
      ? ''
      : `${at.latitude.toFixed(5)}, ${at.longitude.toFixed(5)}`;
  return { street, inside, town, degrees, known: street !== '' || inside !== '' || town !== '' || degrees !== '' };
}

/** What one reads out on the phone: after a street the town in its county and state, without company, postal code and country. */
export function dispatchText(emergency: EmergencyView): string {
  const at = new Date(emergency.occurredAt ?? emergency.receivedAt);
  const { street, inside, town, degrees, known } = placeLines(emergency.location);
  const { location } = emergency;
  const near = location?.street === undefined ? town : joined(...townOf(location.city, location));
  const place = [street, inside, near].filter((part) => part !== '').join(', ') || degrees;
  const { caller, dialledNumber, test } = emergency;
  const from = joined(
    caller?.name ?? (caller?.callbackNumber === undefined ? undefined : 'a caller'),
    caller?.callbackNumber === undefined ? undefined : phone(caller.callbackNumber),
  );
  return [
    `${test ? 'TEST call' : emergency.verified ? 'Emergency call' : 'Possible emergency call'}${dialledNumber === undefined ? '' : ` ${dialledNumber}`}`,
    ` at ${two(at.getHours())}:${two(at.getMinutes())}`,
    from === '' ? ', caller not known' : ` from ${from}`,
    known ? `, at ${place}.` : '. No location was sent.',
  ].join('');
}
