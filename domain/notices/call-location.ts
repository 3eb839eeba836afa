import { clean, present } from '#domain/notices/fields.ts';
import type { CallLocation } from '#domain/notices/item.ts';
import { type StreetParts, streetLine } from '#domain/notices/street-line.ts';
import { isJsonObject, type Json, type JsonObject } from '#kernel/json.ts';

/** A location in the clear; coordinates in degrees (WGS 84). */
export type ReadLocation = Omit<CallLocation<string>, 'latitude' | 'longitude'> & {
  readonly latitude?: number;
  readonly longitude?: number;
};

/** How many characters `additionalInfo` may have: all that has no field of its own ends up there. */
const infoBound = 2048;

/** The names, in lower case, under which each part of a place is sent, the better one first. */
const names = {
  companyName: ['companyname'],
  city: ['city'],
  county: ['county'],
  region: ['state', 'stateorprovince', 'region'],
  postalCode: ['postalcode'],
  country: ['countryorregion', 'country'],
  floor: ['floor', 'floornumber', 'level'],
  room: ['room', 'roomnumber', 'suite', 'unit'],
  additionalInfo: ['additionalinfo'],
  houseNumber: ['housenumber'],
  houseNumberSuffix: ['housenumbersuffix'],
  preDirectional: ['predirectional'],
  street: ['street', 'streetname'],
  streetSuffix: ['streetsuffix'],
  postDirectional: ['postdirectional'],
} as const satisfies Readonly<Record<string, readonly string[]>>;

const addressNames = ['address', 'civicaddress'];
const pointNames = ['coordinates', 'geocoordinates'];
const moreNames = ['additionaldata'];

/** A member as it was sent; `text` where it is a scalar that says something. */
interface Member {
  readonly name: string;
  /** The name in lower case. */
  readonly key: string;
  readonly value: Json;
  readonly text: string | undefined;
}
type Members = readonly Member[];

/**
 * Reads `emergencyCallerInfo.location` ("emergencyCallerInfo resource type"): a civic address with `additionalData`, and coordinates. Every value reaches the
 * responder: one that has no place of its own, or whose place another value has, is appended to `additionalInfo` as `name: value`. Each value is cut at
 * 256 characters, and all of `additionalInfo` at 2,048. Undefined when nothing is in it.
 */
export function readLocation(sent: Json | undefined): ReadLocation | undefined {
  const location = isJsonObject(sent) ? sent : { location: sent };
  const addresses = innerOf(location, addressNames);
  const more = [...addresses, location].flatMap((of) => innerOf(of, moreNames)).map((of) => membersOf(of));
  const address = addresses.map((of) => membersOf(of, moreNames));
  const points = innerOf(location, pointNames).map((of) => membersOf(of));
  const rest = membersOf(location, [...addressNames, ...pointNames, ...moreNames]);
  const sources = [...address, ...more, rest];

  /** What is shown in a place of its own, by the names under which it may have been sent. */
  const shown = new Map<string, string>();
  const find = (of: keyof typeof names) => {
    for (const source of sources)
      for (const key of names[of]) {
        const text = source.find((member) => member.key === key && member.text !== undefined)?.text;
        if (text !== undefined) return text;
      }
    return undefined;
  };
  const show = (of: keyof typeof names, text = find(of)) => {
    if (text !== undefined) for (const key of names[of]) shown.set(key, text.toLowerCase());
    return text;
  };
  const parts = {
    houseNumber: find('houseNumber'),
    houseNumberSuffix: find('houseNumberSuffix'),
    preDirectional: find('preDirectional'),
    street: find('street'),
    streetSuffix: find('streetSuffix'),
    postDirectional: find('postDirectional'),
  } satisfies StreetParts;
  const { line, unsaid } = streetLine(parts);
  for (const part of Object.keys(parts) as (keyof StreetParts)[]) if (!unsaid.includes(part)) show(part, parts[part]);
  const place = {
    street: line,
    companyName: show('companyName'),
    city: show('city'),
    county: show('county'),
    region: show('region'),
    postalCode: show('postalCode'),
    country: show('country'),
    floor: show('floor'),
    room: show('room'),
  };
  const info = show('additionalInfo');
  const pointed = [...points, rest];
  const point = pointed.map(readPoint).find((each) => each !== undefined);

  const isShown = ({ key, text }: Member) =>
    text !== undefined &&
    (shown.get(key) === text.toLowerCase() || (names.street.some((name) => name === key) && saysWords(line, text)));
  const extras = [...more, ...address, rest, ...points].flatMap((source) => {
    const left = source.filter((member) => !isShown(member));
    return (pointed.includes(source) ? left.filter((each) => !isPointShown(each, source, point)) : left).flatMap(told);
  });
  const read = present({
    ...place,
    additionalInfo: clean([info, ...extras].filter((each) => each !== undefined).join('; '), infoBound),
    latitude: point?.latitude,
    longitude: point?.longitude,
  });
  return Object.keys(read).length > 0 ? read : undefined;
}

/** The objects among some members, in the order of their names. */
function innerOf(of: JsonObject, keys: readonly string[]): readonly JsonObject[] {
  return keys.flatMap((key) =>
    Object.entries(of).flatMap(([name, value]) => (name.toLowerCase() === key && isJsonObject(value) ? [value] : [])),
  );
}

/** The members that say something. @param apart names of those that are read by themselves, as long as they are the objects that they should be */
function membersOf(of: JsonObject, apart: readonly string[] = []): Members {
  return Object.entries(of).flatMap(([name, value]) => {
    const key = name.toLowerCase();
    if (value === undefined || value === null || isAnnotation(key) || (apart.includes(key) && isJsonObject(value)))
      return [];
    return [{ name, key, value, text: clean(scalar(value)) }];
  });
}

function isAnnotation(name: string): boolean {
  return name.toLowerCase().includes('@odata.');
}

function scalar(value: Json | undefined): string | undefined {
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined;
}

/** True where a line has these words one after another. */
function saysWords(line: string | undefined, text: string): boolean {
  return line !== undefined && ` ${line.toLowerCase()} `.includes(` ${text.toLowerCase()} `);
}

/** A member with everything in it, as `name: value` or `name.inner: value, value`. */
function told({ name, value }: Member): readonly string[] {
  const found = new Map<string, string[]>();
  collect(value, name, found);
  return [...found].map(([path, texts]) => {
    const word = clean(path, 64);
    return word === undefined ? texts.join(', ') : `${word}: ${texts.join(', ')}`;
  });
}

function collect(value: Json | undefined, path: string, found: Map<string, string[]>): void {
  if (Array.isArray(value)) for (const each of value as readonly Json[]) collect(each, path, found);
  else if (isJsonObject(value)) {
    for (const [name, each] of Object.entries(value)) if (!isAnnotation(name)) collect(each, `${path}.${name}`, found);
  } else {
    const text = clean(scalar(value));
    if (text === undefined) return;
    const before = found.get(path);
    if (before === undefined) found.set(path, [text]);
    else before.push(text);
  }
}

interface Point {
  readonly latitude: number;
  readonly longitude: number;
}

/** Degrees as numbers, or as strings with a point or a comma. Exactly (0, 0) is what is sent where no position is known. */
function readPoint(of: Members): Point | undefined {
  const latitude = degreesIn(of, 'latitude');
  const longitude = degreesIn(of, 'longitude');
  if (latitude === undefined || longitude === undefined || (latitude === 0 && longitude === 0)) return undefined;
  return { latitude, longitude };
}

const bounds = { latitude: 90, longitude: 180 };

function isAxis(key: string): key is keyof typeof bounds {
  return key === 'latitude' || key === 'longitude';
}

function degreesIn(of: Members, axis: keyof typeof bounds): number | undefined {
  return degrees(of.find(({ key, text }) => key === axis && text !== undefined)?.text, bounds[axis]);
}

/** True for a coordinate that is in the point, and for the zeros that stand for no position. */
function isPointShown({ key, text }: Member, source: Members, point: Point | undefined): boolean {
  if (!isAxis(key) || text === undefined) return false;
  if (point !== undefined && degrees(text, bounds[key]) === point[key]) return true;
  return source.every(
    (each) => !isAxis(each.key) || each.text === undefined || degrees(each.text, bounds[each.key]) === 0,
  );
}

function degrees(sent: string | undefined, bound: number): number | undefined {
  const text = sent?.replace(',', '.');
  if (text === undefined || !/^[+-]?(?:\d{1,3}(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,2})?$/.test(text)) return undefined;
  const value = Number(text);
  return Math.abs(value) <= bound ? value : undefined;
}
