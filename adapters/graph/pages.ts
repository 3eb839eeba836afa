import { type GraphAnswer, type GraphRequest, type RequestDeps, request } from '#adapters/graph/request.ts';
import { isJsonObject, type JsonObject } from '#kernel/json.ts';
import type { GraphResult } from '#ports/graph.ts';

/** What is read page by page. */
export interface PagedRequest<T> extends Pick<GraphRequest, 'operation' | 'headers' | 'budget'> {
  /** After the version, without a query. */
  readonly path: string;
  /** With its `?`; that of the first page. */
  readonly query: string;
  /** The items that count of what a page holds. */
  readonly read: (item: JsonObject) => T | undefined;
  /** True when nothing that counts can come after a page. */
  readonly isLast?: (items: readonly JsonObject[]) => boolean;
  readonly mostPages: number;
  readonly deadlineMs: number;
}

/**
 * All pages as one list. Of `@odata.nextLink` only the query is taken, for the same path at our own base: a link from an answer is never followed, wherever it
 * points. Pages that go on for ever (a link twice, or more than the bound) are a failure and not half a list.
 */
export async function allPages<T>(deps: RequestDeps, paged: PagedRequest<T>): Promise<GraphResult<readonly T[]>> {
  const { operation, headers, budget, path, read, isLast, mostPages, deadlineMs } = paged;
  const until = deps.clock.monotonic() + deadlineMs;
  const items: T[] = [];
  const seen = new Set<string>();
  let query = paged.query;
  for (let page = 0; page < mostPages; page++) {
    seen.add(query);
    const answer: GraphAnswer = await request(deps, {
      ...{ operation, budget, method: 'GET', path: `${path}${query}`, repeatable: true, answered: true },
      // Each page has the deadline of a request, all of them together have theirs.
      until: Math.min(until, deps.clock.monotonic() + deps.deadlineMs),
      ...(headers === undefined ? {} : { headers }),
    });
    if (!answer.ok) return answer;
    const context = answer.requestId === undefined ? {} : { requestId: answer.requestId };
    const { value, '@odata.nextLink': next } = answer.body;
    if (!Array.isArray(value))
      return { ok: false, reason: 'unavailable', detail: 'the answer is no list', status: 200, ...context };
    const objects = value.filter(isJsonObject);
    for (const object of objects) {
      const item = read(object);
      if (item !== undefined) items.push(item);
    }
    if (next === undefined || next === null || next === '' || isLast?.(objects) === true)
      return { ok: true, value: items, ...context };
    const following = queryOf(next);
    if (following === undefined || seen.has(following))
      return {
        ...{ ok: false, reason: 'unavailable', code: 'brokenPaging' },
        ...{ detail: 'the link to the next page leads nowhere', ...context },
      };
    query = following;
  }
  return { ok: false, reason: 'rejected', code: 'tooManyPages', detail: `more than ${mostPages} pages` };
}

function queryOf(link: unknown): string | undefined {
  if (typeof link !== 'string' || link.length > 16_384 || !URL.canParse(link, 'https://localhost')) return undefined;
  const { search } = new URL(link, 'https://localhost');
  return search === '' ? undefined : search;
}
