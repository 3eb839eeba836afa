import { describe, expect, it } from 'vitest';
import { readLocation } from '#domain/notices/call-location.ts';
import type { Json, JsonObject } from '#kernel/json.ts';
import { callOf, draftEmergency } from '#test/domain/notices/fixtures.ts';

const address = (more: JsonObject, additionalData: JsonObject = {}) =>
  readLocation({ address: { ...more, additionalData } });
const point = (latitude: Json, longitude: Json) => readLocation({ coordinates: { latitude, longitude } });

describe('the location of a call', () => {
  it('puts the house number where the responder looks for it', () => {
    expect(address({ street: 'Microsoft' }, { houseNumber: '725', streetSuffix: 'Way' })).toEqual({
      street: '725 Microsoft Way',
    });
    expect(address({ street: 'Main Street' }, { houseNumber: 12 })).toEqual({ street: '12 Main Street' });
    expect(address({}, { houseNumber: '12' })).toEqual({ street: '12' });
    expect(
      address(
        { street: 'Main' },
        { HouseNumber: '12', houseNumberSuffix: 'B', preDirectional: 'N', streetSuffix: 'St', postDirectional: 'SW' },
      ),
    ).toEqual({
      street: '12B N Main St SW',
    });
    expect(address({ street: 'Main' }, { houseNumberSuffix: 'A' })).toEqual({
      street: 'Main',
      additionalInfo: 'houseNumberSuffix: A',
    });
  });

  it.each([
    ['Highway 7', '7', '7 Highway 7'],
    ['Old Trans-Canada Hwy 7', '7', '7 Old Trans-Canada Hwy 7'],
    ['State Route 66', '66', '66 State Route 66'],
    ['US 1', '1', '1 US 1'],
    ['Calle 7', '7', '7 Calle 7'],
    ['County Road 12', '12', '12 County Road 12'],
    ['5 Avenue', '5', '5 5 Avenue'],
    ['42 Street W', '42', '42 42 Street W'],
    ['Calle 7 Norte', '7', '7 Calle 7 Norte'],
    ['Main St, Suite 400', '400', '400 Main St, Suite 400'],
    ['7th Avenue', '7', '7 7th Avenue'],
    ['Highway 7', '725', '725 Highway 7'],
    ['725 Main St', '72', '72 725 Main St'],
    ['725 Highway 7', '725', '725 Highway 7'],
    ['7 Highway 7', '7', '7 Highway 7'],
    ['1600 K St NW', '1600', '1600 K St NW'],
    ['725, Main St', '725', '725, Main St'],
    ['Hauptstraße 12', '12', 'Hauptstraße 12'],
    ['Calle Mayor 7', '7', 'Calle Mayor 7'],
    ['Route de Lyon 7', '7', 'Route de Lyon 7'],
    ['7', '7', '7'],
  ])('knows whether %s has house number %s already', (street, houseNumber, said) => {
    expect(address({ street }, { houseNumber })).toEqual({ street: said });
  });

  it('loses no suffix and no direction of a house number that the street has already', () => {
    const more = { houseNumber: '725', houseNumberSuffix: 'A' };
    expect(address({ street: '725 Main St' }, more)).toEqual({
      street: '725 Main St',
      additionalInfo: 'houseNumberSuffix: A',
    });
    expect(address({ street: '725A Main St' }, more)).toEqual({ street: '725A Main St' });
    expect(address({ street: 'Hauptstraße 725 a' }, more)).toEqual({ street: 'Hauptstraße 725 a' });
    expect(address({ street: '725 Main St' }, { houseNumber: '725', preDirectional: 'N' })).toEqual({
      street: '725 Main St',
      additionalInfo: 'preDirectional: N',
    });
    expect(
      address(
        { street: '725 N Main St SW' },
        { ...more, preDirectional: 'N', streetSuffix: 'St', postDirectional: 'SW' },
      ),
    ).toEqual({ street: '725 N Main St SW', additionalInfo: 'houseNumberSuffix: A' });
  });

  it('passes on what another value has the place of, with its name', () => {
    expect(address({}, { suite: 400, unit: 'B' })).toEqual({ room: '400', additionalInfo: 'unit: B' });
    expect(address({}, { floor: 3, level: 'Mezz' })).toEqual({ floor: '3', additionalInfo: 'level: Mezz' });
    expect(address({ additionalInfo: 'Gate 4' }, { additionalInfo: '700' })).toEqual({
      additionalInfo: 'Gate 4; additionalInfo: 700',
    });
    expect(
      address(
        { street: '1 Main St', city: 'Redmond', countryOrRegion: 'US' },
        { street: '9 Side St', city: 'Bellevue', countryOrRegion: 'CA' },
      ),
    ).toEqual({
      street: '1 Main St',
      city: 'Redmond',
      country: 'US',
      additionalInfo: 'street: 9 Side St; city: Bellevue; countryOrRegion: CA',
    });
    expect(
      address({ street: '725 Microsoft Way', city: 'Redmond' }, { streetName: 'Microsoft', City: 'redmond' }),
    ).toEqual({ street: '725 Microsoft Way', city: 'Redmond' });
    expect(
      readLocation({ address: { city: 'A' }, civicAddress: { city: 'B', additionalData: { gate: 'C' } } }),
    ).toEqual({ city: 'A', additionalInfo: 'gate: C; city: B' });
  });

  it('passes on what stands under a known name but is no text', () => {
    expect(address({ city: { name: 'X', parts: ['a', { b: 1 }] }, street: ['1', 'Main'] }, { floor: [] })).toEqual({
      additionalInfo: 'city.name: X; city.parts: a; city.parts.b: 1; street: 1, Main',
    });
    expect(readLocation({ address: { city: 'X', address: { gate: 'C' }, coordinates: { x: 1 } } })).toEqual({
      city: 'X',
      additionalInfo: 'address.gate: C; coordinates.x: 1',
    });
  });

  it('passes on a second position that differs', () => {
    expect(
      readLocation({ coordinates: { latitude: '1.0', longitude: 2 }, geoCoordinates: { latitude: 1, longitude: 3 } }),
    ).toEqual({ latitude: 1, longitude: 2, additionalInfo: 'longitude: 3' });
    expect(
      readLocation({ coordinates: { latitude: 0, longitude: 0 }, geoCoordinates: { latitude: 1, longitude: 3 } }),
    ).toEqual({ latitude: 1, longitude: 3 });
  });

  it('says nothing twice', () => {
    expect(address({ street: '725 Microsoft Way' }, { houseNumber: '725', streetSuffix: 'way' })).toEqual({
      street: '725 Microsoft Way',
    });
    expect(address({ street: 'Hauptstraße 12' }, { houseNumber: '12' })).toEqual({ street: 'Hauptstraße 12' });
  });

  it('passes on every member that it does not know', () => {
    expect(
      address(
        { street: 'Main', landmark: 'Fountain' },
        {
          additionalInfo: '700',
          gate: 'C',
          doors: 2,
          open: true,
          tags: ['a'],
          none: null,
          empty: '',
          '@odata.type': 'x',
        },
      ),
    ).toEqual({
      street: 'Main',
      additionalInfo: '700; gate: C; doors: 2; open: true; tags: a; landmark: Fountain',
    });
    expect(readLocation({ description: 'Lobby', coordinates: { latitude: 1, longitude: 2, altitude: 30 } })).toEqual({
      additionalInfo: 'description: Lobby; altitude: 30',
      latitude: 1,
      longitude: 2,
    });
  });

  it('has floor and room where they were sent', () => {
    expect(address({ city: 'Redmond' }, { floor: 3, suite: '312' })).toEqual({
      city: 'Redmond',
      floor: '3',
      room: '312',
    });
  });

  it.each<[string, Json, Json, { latitude: number; longitude: number } | undefined]>([
    ['numbers', 47.6, -122.1, { latitude: 47.6, longitude: -122.1 }],
    ['strings', '47.6396', '-122.1283', { latitude: 47.6396, longitude: -122.1283 }],
    ['strings with commas', ' 47,6 ', '+8,5', { latitude: 47.6, longitude: 8.5 }],
    ['the equator', 0, '12.5', { latitude: 0, longitude: 12.5 }],
    ['nowhere', '00.0000', '00.0000', undefined],
    ['zero', 0, 0, undefined],
    ['zero and nothing', 0, '', undefined],
    ['empty strings', '', '', undefined],
    ['null', null, null, undefined],
  ])('reads coordinates that are %s', (_, latitude, longitude, expected) => {
    expect(point(latitude, longitude)).toEqual(expected);
  });

  it.each<[string, Json, Json, string]>([
    ['one of them only', 47.6, '', 'latitude: 47.6'],
    ['beyond the poles', 91, 10, 'latitude: 91; longitude: 10'],
    ['around the world', 10, '180.1', 'latitude: 10; longitude: 180.1'],
    ['hexadecimal', '0x10', '1', 'latitude: 0x10; longitude: 1'],
    ['words', 'north', 'west', 'latitude: north; longitude: west'],
    ['zero and a word', 0, 'west', 'latitude: 0; longitude: west'],
    ['lists', [1], { a: 1 }, 'latitude: 1; longitude.a: 1'],
  ])('passes on coordinates that are %s as they were sent', (_, latitude, longitude, additionalInfo) => {
    expect(point(latitude, longitude)).toEqual({ additionalInfo });
  });

  it('is absent when nothing is in it', () => {
    expect(readLocation({})).toBeUndefined();
    expect(
      readLocation({
        address: { street: '', additionalData: { houseNumber: ' ' } },
        coordinates: { latitude: '', longitude: '' },
      }),
    ).toBeUndefined();
    expect(readLocation(null)).toBeUndefined();
  });

  it('reaches the responder also where it is not the object that it should be', () => {
    expect(readLocation({ address: 'Main Street 1', coordinates: [] })).toEqual({
      additionalInfo: 'address: Main Street 1',
    });
    expect(readLocation('Building 7')).toEqual({ additionalInfo: 'location: Building 7' });
    expect(readLocation({ address: { city: 'X', additionalData: ['gate C'] } })).toEqual({
      city: 'X',
      additionalInfo: 'additionalData: gate C',
    });
  });

  it('is one line without control and direction characters, and bounded', () => {
    expect(address({ street: 'Ma\u202Ein\u0000 \r\nSt' })).toEqual({ street: 'Ma in St' });
    expect(address({ city: 'x'.repeat(10_000) })?.city).toHaveLength(256);
  });
});

describe('an event of a call', () => {
  it.each([
    ['callStarted', 'high', []],
    ['CallStarted', 'high', []],
    ['callEnded', 'high', ['call-ended']],
    ['rosterUpdated', 'high', ['roster-updated']],
    ['unknownFutureValue', 'medium', ['event-type-unknown']],
    ['callFrozen', 'medium', ['event-type-unknown']],
    [null, 'medium', ['event-type-unknown']],
    [7, 'medium', ['event-type-unknown']],
  ])('of type %s is reported', (callEventType, confidence, reasons) => {
    expect(callOf(draftEmergency({ callEventType }))).toMatchObject({
      confidence,
      reasons: ['emergency-event', ...reasons],
    });
  });

  it('without a caller or a location is an emergency that says so', () => {
    for (const callerInfo of [
      null,
      {},
      { location: null },
      { displayName: '', upn: '', phoneNumber: '', location: {} },
      'x',
      [],
    ] as Json[]) {
      const call = callOf(draftEmergency({ callerInfo }));
      expect(call).toMatchObject({
        confidence: 'high',
        reasons: ['emergency-event', 'caller-missing', 'location-missing'],
      });
      expect(call).not.toHaveProperty('caller');
      expect(call).not.toHaveProperty('location');
    }
  });

  it('is about the caller, by the best that is known of them', () => {
    const subject = (callerInfo: JsonObject) => {
      const { call } = draftEmergency({ callerInfo: { location: { address: { city: 'X' } }, ...callerInfo } })
        .cloudEvent.data as {
        call: { location: { city: { $personal: { subject: string } } } };
      };
      return call.location.city.$personal.subject;
    };
    expect(subject({ userId: 'OID1', tenantId: 't1', upn: 'a@b' })).toBe('user:t1/oid1');
    expect(subject({ upn: 'Ana@Contoso.com', phoneNumber: '+1 425' })).toBe('upn:ana@contoso.com');
    expect(subject({ displayName: 'Ana', phoneNumber: 'tel:+1 (425) 555-0100;ext=1' })).toBe('number:14255550100');
    expect(subject({ displayName: 'Ana' })).toBe('emergency:99999999-9999-5999-8999-999999999999');
  });

  it('names its policy, from the subscription where the event does not', () => {
    expect(callOf(draftEmergency({ policyName: 'Site A' }))).toMatchObject({ policy: 'Site A' });
    expect(callOf(draftEmergency({ policyName: null }))).toMatchObject({ policy: 'EmergencyPolicy' });
  });

  it('has no dialled number where none was sent', () => {
    for (const emergencyNumberDialed of ['', null, '{emergencyNumberDialed}', 'sip:anonymous@contoso.com'])
      expect(callOf(draftEmergency({ emergencyNumberDialed }))).not.toHaveProperty('dialledNumber');
  });
});
