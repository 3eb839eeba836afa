import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ReadLocation, readLocation } from '#domain/notices/call-location.ts';
import type { Json, JsonObject } from '#kernel/json.ts';
import { placeLines } from '#web/browser/format.ts';

/** Values that meet each other, among them those that a street may hold already. */
const text = fc.oneof(
  fc.constantFrom('7', '725', 'A', 'N', 'St', 'SW', 'Main', 'Main St', 'Highway 7', 'Calle 7', 'US 1', '7 Highway 7'),
  fc.constantFrom('725 Main St', '725A Main St', '725 N Main St SW', 'Hauptstraße 725 a', 'Suite 7', 'Redmond', '47,6'),
  // A zero that is the only coordinate stands for no position, and is not said: the unit tests hold that.
  fc.stringMatching(/^[A-Za-z0-9]{1,8}( [A-Za-z0-9.]{1,6})?$/).filter((each) => Number(each) !== 0),
);
const scalar = fc.oneof(text, text, fc.integer({ min: 1, max: 999 }), fc.boolean());
const { nested } = fc.letrec<{ nested: Json }>((tie) => ({
  nested: fc.oneof(
    { maxDepth: 2, depthSize: 'small' },
    scalar,
    fc.array(tie('nested'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom('name', 'City', '__proto__'), tie('nested'), { maxKeys: 2 }),
  ),
}));
const cased = (name: string) => [name, `${name.charAt(0).toUpperCase()}${name.slice(1)}`];
const some = (names: string, value: fc.Arbitrary<Json>, maxKeys: number) =>
  fc.dictionary(fc.constantFrom(...names.split(' ').flatMap(cased)), value, { maxKeys });
const value = fc.oneof({ weight: 6, arbitrary: scalar as fc.Arbitrary<Json> }, { weight: 1, arbitrary: nested });
const members = some(
  'floor floorNumber level room suite unit houseNumber houseNumberSuffix preDirectional street streetName streetSuffix postDirectional city state region country countryOrRegion postalCode county companyName additionalInfo gate latitude address',
  value,
  9,
);
const degrees = fc.constantFrom<Json>(47.6, '47.6', '12,5', -122.125, 'north', 91, '0x10', '', null, true);
const point = fc.oneof(some('latitude longitude altitude', degrees, 4), value);
const optional = (arbitrary: fc.Arbitrary<Json>) => fc.option(arbitrary, { nil: undefined });
const withMore = fc.tuple(members, optional(fc.oneof(members, value))).map(([of, additionalData]) => ({
  ...of,
  ...(additionalData === undefined ? {} : { additionalData }),
}));
const location = fc
  .record({
    own: fc.oneof(fc.constant({}), withMore, some('latitude longitude description', degrees, 3)),
    address: optional(fc.oneof(withMore, withMore, value)),
    civicAddress: optional(withMore),
    coordinates: optional(point),
    geoCoordinates: optional(point),
  })
  .map(({ own, ...inner }) =>
    Object.fromEntries(Object.entries({ ...own, ...inner }).filter(([, each]) => each !== undefined)),
  ) as fc.Arbitrary<JsonObject>;

function scalarsOf(of: Json | undefined): readonly string[] {
  if (typeof of === 'object' && of !== null) return Object.values(of).flatMap((each) => scalarsOf(each as Json));
  return of === null || of === undefined || of === '' ? [] : [String(of)];
}

const isDegrees = (sent: string, read: ReadLocation | undefined) =>
  [read?.latitude, read?.longitude].includes(Number(sent.replace(',', '.')));

describe('the location of a call', () => {
  it('says every value that was sent, wherever it stood, and the desk shows every one of them', () => {
    fc.assert(
      fc.property(location, (sent) => {
        const read = readLocation(sent);
        const said = Object.values(read ?? {})
          .join('\n')
          .toLowerCase();
        const { street, inside, town } = placeLines(read);
        const seen = [street, inside, town].join('\n').toLowerCase();
        // Room for all of them: what is longer is cut, and ends with an ellipsis.
        fc.pre(!said.includes('…'));
        for (const each of scalarsOf(sent)) {
          if (isDegrees(each, read)) continue;
          expect(said).toContain(each.toLowerCase());
          expect(seen).toContain(each.toLowerCase());
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it('says each of many values of its own once', () => {
    const names = [
      'street',
      'houseNumber',
      'city',
      'unit',
      'suite',
      'level',
      'floor',
      'gate',
      'additionalInfo',
      'county',
    ];
    const own = fc.tuple(fc.constantFrom('address', 'additionalData', 'location'), fc.constantFrom(...names));
    fc.assert(
      fc.property(fc.uniqueArray(own, { selector: String, maxLength: 25 }), (places) => {
        const at = (where: string) =>
          Object.fromEntries(
            places.flatMap(([container, name], index) => (container === where ? [[name, `x${index}x`]] : [])),
          );
        const read = readLocation({
          ...at('location'),
          address: { ...at('address'), additionalData: at('additionalData') },
        });
        const said = Object.values(read ?? {}).join(' ');
        for (const index of places.keys()) expect(said.split(`x${index}x`)).toHaveLength(2);
      }),
      { numRuns: 500 },
    );
  });
});
