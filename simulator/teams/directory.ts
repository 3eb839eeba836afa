/** A place of the simulated tenant, as its location database has it. */
export interface Site {
  readonly name: string;
  readonly policy: string;
  readonly emergencyNumber: string;
  /** BCP 47 language of its people's Teams. */
  readonly language: string;
  readonly houseNumber: string;
  readonly street: string;
  readonly streetSuffix?: string;
  readonly city: string;
  readonly county?: string;
  readonly state?: string;
  readonly postalCode: string;
  readonly countryOrRegion: string;
  readonly latitude: string;
  readonly longitude: string;
  readonly places: readonly { readonly floor: string; readonly room: string }[];
}

/** A user of the simulated tenant. */
export interface Person {
  readonly id: string;
  readonly displayName: string;
  readonly upn: string;
  readonly phoneNumber: string;
  readonly site: string;
}

/** Sites in several countries; addresses are invented, coordinates lie in the cities named. */
export const sites: readonly Site[] = [
  {
    name: 'Redmond',
    policy: 'EmergencyPolicy-US',
    emergencyNumber: '911',
    language: 'en-US',
    houseNumber: '725',
    street: 'Harbour Mill',
    streetSuffix: 'Way',
    city: 'Redmond',
    county: 'King',
    state: 'WA',
    postalCode: '98052',
    countryOrRegion: 'US',
    latitude: '47.6421',
    longitude: '-122.1368',
    places: [
      { floor: 'Floor 2', room: 'Room 2214' },
      { floor: 'Floor 4', room: 'Room 4011' },
    ],
  },
  {
    name: 'Berlin',
    policy: 'EmergencyPolicy-DE',
    emergencyNumber: '112',
    language: 'de-DE',
    houseNumber: '14a',
    street: 'Kastanienufer',
    city: 'Berlin',
    postalCode: '10179',
    countryOrRegion: 'DE',
    latitude: '52.5121',
    longitude: '13.4170',
    places: [{ floor: 'Haus C, 3. OG', room: 'Raum 3.17' }],
  },
  {
    name: 'Lyon',
    policy: 'EmergencyPolicy-EU',
    emergencyNumber: '112',
    language: 'fr-FR',
    houseNumber: '8 bis',
    street: 'Rue des Tisserands',
    city: 'Lyon',
    postalCode: '69004',
    countryOrRegion: 'FR',
    latitude: '45.7772',
    longitude: '4.8310',
    places: [{ floor: '2e étage', room: 'Salle Ampère' }],
  },
  {
    name: 'Osaka',
    policy: 'EmergencyPolicy-APAC',
    emergencyNumber: '119',
    language: 'ja-JP',
    houseNumber: '3-12',
    street: '北浜二丁目',
    city: '大阪市中央区',
    state: '大阪府',
    postalCode: '541-0041',
    countryOrRegion: 'JP',
    latitude: '34.6911',
    longitude: '135.5075',
    places: [{ floor: '7階', room: '会議室 702' }],
  },
  {
    name: 'São Paulo',
    policy: 'EmergencyPolicy-LATAM',
    emergencyNumber: '190',
    language: 'pt-BR',
    houseNumber: '1100',
    street: 'Rua das Figueiras',
    city: 'São Paulo',
    state: 'SP',
    postalCode: '04551-000',
    countryOrRegion: 'BR',
    latitude: '-23.5951',
    longitude: '-46.6860',
    places: [{ floor: '12º andar', room: 'Sala 1204' }],
  },
];

const person = (number: number, displayName: string, upn: string, phoneNumber: string, site: string): Person => ({
  id: `7a0e0000-0000-4000-8000-${String(number).padStart(12, '0')}`,
  displayName,
  upn: `${upn}@contoso.example`,
  phoneNumber,
  site,
});

/** People who may dial. Numbers are of ranges that are kept free for fiction where a country has one. */
export const people: readonly Person[] = [
  person(1, 'Ana Petrova', 'ana.petrova', '+14255550142', 'Redmond'),
  person(2, 'Grace Okonkwo', 'grace.okonkwo', '+14255550117', 'Redmond'),
  person(3, "Liam O'Connor", 'liam.oconnor', '+14255550163', 'Redmond'),
  person(4, 'Jürgen Weiß', 'juergen.weiss', '+493023125014', 'Berlin'),
  person(5, 'Aylin Yılmaz', 'aylin.yilmaz', '+493023125037', 'Berlin'),
  person(6, 'Hélène Dufour', 'helene.dufour', '+33465713208', 'Lyon'),
  person(7, '佐藤 美咲', 'misaki.sato', '+81355550172', 'Osaka'),
  person(8, 'João Figueiredo', 'joao.figueiredo', '+551155550129', 'São Paulo'),
];

/** Who has that name, else somebody new of that name at the first site; without a name anybody. `fraction` is in [0, 1). */
export function findOrInvent(name: string | undefined, id: () => string, fraction: () => number): Person {
  const first = people[0] as Person;
  if (name === undefined) return people[Math.floor(fraction() * people.length)] ?? first;
  const known = people.find((candidate) => candidate.displayName.toLowerCase() === name.toLowerCase());
  if (known !== undefined) return known;
  const local = name
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '.')
    .replaceAll(/^\.|\.$/g, '');
  return {
    id: id(),
    displayName: name,
    upn: `${local === '' ? 'guest' : local}@contoso.example`,
    phoneNumber: `+1425555${String(Math.floor(fraction() * 10_000)).padStart(4, '0')}`,
    site: first.site,
  };
}

export function siteOf(someone: Person): Site {
  return sites.find((site) => site.name === someone.site) ?? (sites[0] as Site);
}
