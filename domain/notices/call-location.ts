import { clean, field, objectField, present, textField } from '#domain/notices/fields.ts';
import type { CallLocation } from '#domain/notices/item.ts';
import { isJsonObject, type Json, type JsonObject } from '#kernel/json.ts';

/** A location in the clear; coordinates in degrees (WGS 84). */
export type ReadLocation = Omit<CallLocation<string>, 'latitude' | 'longitude'> & {
  readonly latitude?: number;
  readonly longitude?: number;
};

/** How many characters `additionalInfo` may have: all that has no field of its own ends up there. */
const infoBound = 1024;

/** Members of `additionalData` (and of the address) that have a place of their own, by lower-case name. */
const floors = ['floor', 'floornumber', 'level'];
const rooms = ['room', 'roomnumber', 'suite', 'unit'];
const streetParts = [
  'housenumber',
  'housenumbersuffix',
  'predirectional',
  'street',
  'streetname',
  'streetsuffix',
  'postdirectional',
];
const placed = new Set([
  ...floors,
  ...rooms,
  ...streetParts,
  ...[
    'city',
    'state',
    'stateorprovince',
    'region',
    'countryorregion',
    'country',
    'postalcode',
    'county',
    'companyname',
    'additionalinfo',
  ],
]);

/**
 * Reads `emergencyCallerInfo.location` ("emergencyCallerInfo resource type"): a civic address with `additionalData`, and coordinates. Every member reaches the
 * responder: one that is not known is appended to `additionalInfo` as `name: value`. Undefined when nothing is in it.
 */
export function readLocation(sent: Json | undefined): ReadLocation | undefined {
  const location = isJsonObject(sent) ? sent : { location: sent };
  const address = objectField(location, 'address') ?? objectField(location, 'civicAddress') ?? {};
  const more = objectField(address, 'additionalData') ?? objectField(location, 'additionalData') ?? {};
  const coordinates = objectField(location, 'coordinates') ?? objectField(location, 'geoCoordinates') ?? {};
  const sources = [address, more, location];
  const text = (...names: readonly string[]) => {
    for (const source of sources)
      for (const name of names) {
        const value = clean(scalar(field(source, name)));
        if (value !== undefined) return value;
      }
    return undefined;
  };
  const extras = [
    ...unknownMembers(more, placed),
    ...unknownMembers(address, new Set([...placed, ...containersOf(address)])),
    ...unknownMembers(location, new Set([...placed, ...containersOf(location), 'latitude', 'longitude'])),
    ...unknownMembers(coordinates, new Set(['latitude', 'longitude'])),
  ];
  const point = readPoint(coordinates) ?? readPoint(location);
  const read = present({
    street: streetOf(text),
    additionalInfo: clean(
      [text('additionalInfo'), ...extras].filter((each) => each !== undefined).join('; '),
      infoBound,
    ),
    companyName: text('companyName'),
    city: text('city'),
    county: text('county'),
    region: text('state', 'stateOrProvince', 'region'),
    postalCode: text('postalCode'),
    country: text('countryOrRegion', 'country'),
    floor: text(...floors),
    room: text(...rooms),
    latitude: point?.latitude,
    longitude: point?.longitude,
  });
  return Object.keys(read).length > 0 ? read : undefined;
}

/** `<house number> <street> <suffix>`, directions where they were sent; a part that the street already has is not said twice. */
function streetOf(text: (...names: string[]) => string | undefined): string | undefined {
  const street = text('street', 'streetName');
  const words = street?.toLowerCase().split(/[\s,]+/) ?? [];
  const unless = (part: string | undefined, at: 'first' | 'last') =>
    part === undefined || (street !== undefined && part.toLowerCase() === (at === 'first' ? words[0] : words.at(-1)))
      ? undefined
      : part;
  const houseNumber = text('houseNumber');
  const house =
    houseNumber === undefined || words.includes(houseNumber.toLowerCase())
      ? undefined
      : houseNumber + (text('houseNumberSuffix') ?? '');
  const parts = [
    house,
    unless(text('preDirectional'), 'first'),
    street,
    unless(text('streetSuffix'), 'last'),
    unless(text('postDirectional'), 'last'),
  ];
  return clean(parts.filter((part) => part !== undefined).join(' '));
}

const containers = ['address', 'civicaddress', 'coordinates', 'geocoordinates', 'additionaldata'];

/** The members that are read by themselves, as long as they are the objects that they should be. */
function containersOf(of: JsonObject): readonly string[] {
  return containers.filter((name) => objectField(of, name) !== undefined);
}

function scalar(value: Json | undefined): string | undefined {
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined;
}

function unknownMembers(of: JsonObject, known: ReadonlySet<string>): readonly string[] {
  const found: string[] = [];
  for (const [name, value] of Object.entries(of)) {
    if (known.has(name.toLowerCase()) || name.includes('@odata.') || value === null || value === undefined) continue;
    const text = clean(scalar(value) ?? (isEmpty(value) ? undefined : JSON.stringify(value)));
    if (text !== undefined) found.push(`${clean(name, 64)}: ${text}`);
  }
  return found;
}

function isEmpty(value: Json): boolean {
  return Array.isArray(value) ? value.length === 0 : isJsonObject(value) && Object.keys(value).length === 0;
}

/** Degrees as numbers, or as strings with a point or a comma. Exactly (0, 0) is what is sent where no position is known. */
function readPoint(of: JsonObject): { readonly latitude: number; readonly longitude: number } | undefined {
  const latitude = degrees(of, 'latitude', 90);
  const longitude = degrees(of, 'longitude', 180);
  if (latitude === undefined || longitude === undefined || (latitude === 0 && longitude === 0)) return undefined;
  return { latitude, longitude };
}

function degrees(of: JsonObject, name: string, bound: number): number | undefined {
  const text = textField(of, name)?.trim().replace(',', '.');
  if (text === undefined || !/^[+-]?(?:\d{1,3}(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,2})?$/.test(text)) return undefined;
  const value = Number(text);
  return Math.abs(value) <= bound ? value : undefined;
}
