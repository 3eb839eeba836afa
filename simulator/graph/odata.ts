import type { JsonObject } from '#kernel/json.ts';
import type { Place } from '#simulator/graph/chats.ts';
import { type Refusal, refuse } from '#simulator/graph/reply.ts';
import type { GraphRequest } from '#simulator/graph/request.ts';

const badRequest = (message: string) => refuse(400, 'BadRequest', message);

/** `$top` within 1 and a most, else the default. */
export function topOf(query: URLSearchParams, most: number, standard: number): number | Refusal {
  const text = query.get('$top');
  if (text === null) return standard;
  const top = Number(text);
  if (!/^\d+$/.test(text) || top < 1) return badRequest(`Invalid value '${text}' for $top query option found.`);
  if (top > most)
    return badRequest(
      `The limit of '${most}' for Top query has been exceeded. The value from the incoming request is '${top}'.`,
    );
  return top;
}

/** Refuses query options that a resource does not know. */
export function unknownOption(query: URLSearchParams, known: readonly string[]): Refusal | undefined {
  const unknown = [...query.keys()].find((name) => name.startsWith('$') && !known.includes(name.toLowerCase()));
  return unknown === undefined ? undefined : badRequest(`Query option '${unknown}' is not allowed.`);
}

export interface Comparison {
  readonly property: string;
  readonly operator: 'gt' | 'ge' | 'lt' | 'le' | 'eq';
  /** Milliseconds since 1970 UTC. */
  readonly value: number;
}

/** A `$filter` of comparisons of times joined by `and`: all that chats and messages take. */
export function timeFilter(text: string | null): readonly Comparison[] | Refusal {
  if (text === null) return [];
  const comparisons: Comparison[] = [];
  for (const part of text.trim().split(/\s+and\s+/i)) {
    const match = /^\(?\s*([A-Za-z/]+)\s+(gt|ge|lt|le|eq)\s+'?([0-9T:.Z+-]+)'?\s*\)?$/.exec(part);
    const value = Date.parse(match?.[3] ?? '');
    if (match === null || Number.isNaN(value)) return badRequest(`Invalid filter clause: '${text}'.`);
    comparisons.push({ property: match[1] ?? '', operator: match[2] as Comparison['operator'], value });
  }
  return comparisons;
}

/** Exclusive bounds of what comparisons leave. */
export function boundsOf(comparisons: readonly Comparison[]): { readonly after: number; readonly before: number } {
  let after = -1;
  let before = 8.64e15;
  for (const { operator, value } of comparisons) {
    if (operator === 'gt' || operator === 'ge' || operator === 'eq')
      after = Math.max(after, operator === 'gt' ? value : value - 1);
    if (operator === 'lt' || operator === 'le' || operator === 'eq')
      before = Math.min(before, operator === 'lt' ? value : value + 1);
  }
  return { after, before };
}

/** A place as an opaque `$skiptoken`. */
function tokenOf(place: Place): string {
  return Buffer.from(JSON.stringify([place.at, place.id])).toString('base64url');
}

export function placeOf(query: URLSearchParams): Place | Refusal | undefined {
  const token = query.get('$skiptoken');
  if (token === null) return undefined;
  try {
    const [at, id] = JSON.parse(Buffer.from(token, 'base64url').toString('utf8')) as [unknown, unknown];
    if (typeof at === 'number' && typeof id === 'string') return { at, id };
  } catch {
    // Said below.
  }
  return badRequest('The skip token is not valid.');
}

/** One page of a collection. @param next place of the last item when there are more */
export function page(
  request: Pick<GraphRequest, 'address' | 'query' | 'version'>,
  context: string,
  value: readonly JsonObject[],
  next: Place | undefined,
  count = false,
): JsonObject {
  const query = new URLSearchParams(request.query);
  if (next !== undefined) query.set('$skiptoken', tokenOf(next));
  return {
    '@odata.context': `https://graph.microsoft.com/${request.version}/$metadata#${context}`,
    ...(count ? { '@odata.count': value.length } : {}),
    ...(next === undefined
      ? {}
      : { '@odata.nextLink': `${request.address}?${query.toString().replaceAll('%24', '$').replaceAll('+', '%20')}` }),
    value,
  };
}
