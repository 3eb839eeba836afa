import { clean } from '#domain/notices/fields.ts';

/** The parts of a street address as a sender gives them, each made fit to be shown. */
export interface StreetParts {
  readonly houseNumber: string | undefined;
  readonly houseNumberSuffix: string | undefined;
  readonly preDirectional: string | undefined;
  readonly street: string | undefined;
  readonly streetSuffix: string | undefined;
  readonly postDirectional: string | undefined;
}

interface StreetLine {
  readonly line: string | undefined;
  /** The parts that the line does not say: they have to be told in another place. */
  readonly unsaid: readonly (keyof StreetParts)[];
}

/** How many characters the line may have: room for every part at its own bound. */
const lineBound = 2048;

const set = (words: string) => new Set(words.split(' '));

const directions = set(
  'n s e w ne nw se sw north south east west northeast northwest southeast southwest norte sur este oeste oriente poniente nord sud est ouest ovest süd ost noord zuid oost',
);
/** Words after which a number is never that of a house: it names the road, or something inside. */
const numbering = set(
  'highway hwy route rte rt interstate motorway freeway fwy expressway autobahn autoroute autopista autostrada carretera ruta rodovia bundesstraße bundesstrasse snelweg rijksweg suite ste apt apartment unit floor room building bldg box km lot gate exit level block',
);
/** Words of which alone no road is called: with a number, the number is the name ("Calle 7", "County Road 12", "5 Avenue"). */
const roadWords = set(
  'street st avenue ave av road rd boulevard blvd lane ln drive dr way loop line concession sideroad parkway pkwy turnpike calle carrera cra avenida transversal diagonal camino rua estrada rue chemin rang straße strasse str landstraße landstrasse kreisstraße staatsstraße via strada straat weg',
);
const qualifiers = set(
  'state county country federal national provincial township us old new farm to market ranch local business bypass nationale départementale statale provinciale',
);

/** `<house number> <street> <suffix>`, directions where they were sent; a part that the street already has is not said twice. */
export function streetLine(parts: StreetParts): StreetLine {
  const { houseNumber, houseNumberSuffix, preDirectional, street, streetSuffix, postDirectional } = parts;
  const unsaid: (keyof StreetParts)[] = [];
  const whole = houseNumber === undefined ? [] : bothOf(houseNumber, houseNumberSuffix);
  const has = (number: string) => street !== undefined && numberIn(street, number) !== undefined;
  const suffixed = houseNumberSuffix !== undefined && whole.some(has);
  const numbered = suffixed || (houseNumber !== undefined && has(houseNumber));
  if (houseNumberSuffix !== undefined && !suffixed && (houseNumber === undefined || numbered))
    unsaid.push('houseNumberSuffix');

  const words = wordsOf(street);
  const leading =
    houseNumber !== undefined &&
    street !== undefined &&
    [...whole, houseNumber].some((number) => numberIn(street, number) === 'first');
  // A direction before a number that stands in the street already would be read as part of the number.
  const directed = preDirectional !== undefined && words.slice(0, 3).includes(preDirectional.toLowerCase());
  if (preDirectional !== undefined && leading && !directed) unsaid.push('preDirectional');
  const last = words.at(-1);
  const ended = postDirectional !== undefined && postDirectional.toLowerCase() === last;
  const kind = streetSuffix?.toLowerCase();
  const line = [
    numbered ? undefined : whole[0],
    leading || (directed && words[0] === preDirectional.toLowerCase()) ? undefined : preDirectional,
    street,
    kind !== undefined && (kind === last || (ended && kind === words.at(-2))) ? undefined : streetSuffix,
    ended ? undefined : postDirectional,
  ];
  return { line: clean(line.filter((part) => part !== undefined).join(' '), lineBound), unsaid };
}

/** A house number with its suffix, in the ways in which they are written. */
function bothOf(number: string, suffix: string | undefined): readonly string[] {
  return suffix === undefined ? [number] : [number + suffix, `${number} ${suffix}`];
}

/**
 * Where in a street its house number stands: first ("12 Main St") or last ("Hauptstraße 12"). A number that is the road's own name is none:
 * "Highway 7" has no house number, though house 7 may stand there.
 */
function numberIn(street: string, houseNumber: string): 'first' | 'last' | undefined {
  const text = street.toLowerCase();
  const number = houseNumber.toLowerCase();
  if (text === number) return 'first';
  if (text.startsWith(number) && /[\s,]/.test(text.charAt(number.length))) {
    const [first, ...rest] = wordsOf(text.slice(number.length));
    const isName =
      first !== undefined &&
      (roadWords.has(first) || numbering.has(first)) &&
      rest.every((word) => directions.has(word));
    if (!isName) return 'first';
  }
  if (text.endsWith(number) && /[\s,]/.test(text.charAt(text.length - number.length - 1))) {
    const before = wordsOf(text.slice(0, -number.length));
    const isName = numbering.has(before.at(-1) ?? '') || before.every(saysNoName);
    if (!isName) return 'last';
  }
  return undefined;
}

/** Besides the words of roads, what is as short as `US`, `SR`, `A` or `B`. */
function saysNoName(word: string): boolean {
  return [roadWords, numbering, qualifiers, directions].some((known) => known.has(word)) || /^[a-z]{1,2}$/.test(word);
}

function wordsOf(text: string | undefined): readonly string[] {
  return (text ?? '')
    .toLowerCase()
    .split(/[\s,.]+/)
    .filter((word) => word !== '');
}
