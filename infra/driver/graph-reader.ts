import type { ReadDirectory } from '#infra/driver/directory-ids.ts';

export interface GraphReaderDeps {
  /** With the version and without a slash at the end, such as `https://graph.microsoft.com/v1.0`. */
  readonly url: string;
  /** Who is read, in words; Graph where it is absent. */
  readonly service?: string;
  /** Asked once, before the first look. */
  readonly token: () => Promise<string>;
  readonly sleep: (ms: number) => Promise<unknown>;
  readonly fetch?: typeof fetch;
}

const attempts = 4;
const mostPages = 200;
const longestWaitMs = 60_000;

/** Reads Graph with the sign-in of the deployment, patiently: a doubt that is not settled stops the run. */
export function createGraphReader({
  url,
  sleep,
  fetch: ask = fetch,
  service = 'Graph',
  ...deps
}: GraphReaderDeps): ReadDirectory {
  let token: Promise<string> | undefined;

  const page = async (address: string): Promise<Readonly<Record<string, unknown>> | undefined> => {
    token ??= deps.token();
    const authorization = `Bearer ${await token}`;
    for (let attempt = 1; ; attempt += 1) {
      const last = attempt === attempts;
      let waitMs = 500 * 2 ** attempt * (0.5 + Math.random());
      try {
        const signal = AbortSignal.timeout(30_000);
        const response = await ask(address, { headers: { authorization }, redirect: 'error', signal });
        if (response.ok) return (await response.json()) as Readonly<Record<string, unknown>>;
        if (response.status === 404) return undefined;
        const told = `${service} answers ${response.status} to GET ${address.slice(url.length)}${await codeIn(response)}`;
        if (last || !(response.status === 429 || response.status >= 500)) throw new Refused(told);
        const seconds = Number(response.headers.get('retry-after'));
        if (seconds > 0) waitMs = Math.min(seconds * 1_000, longestWaitMs);
      } catch (error) {
        if (error instanceof Refused) throw error;
        if (last) throw new Refused(`${service} cannot be reached (${wordsOf(error)})`);
      }
      await sleep(waitMs);
    }
  };

  return async (path) => {
    const first = await page(`${url}${path}`);
    if (first === undefined || !Array.isArray(first['value'])) return first;
    const value: unknown[] = [...first['value']];
    let next = first['@odata.nextLink'];
    for (let pages = 1; typeof next === 'string'; pages += 1) {
      // The token goes nowhere else.
      if (!next.startsWith(`${url}/`) || pages === mostPages)
        throw new Refused(`${service} does not end its answer to GET ${path}`);
      const more = await page(next);
      value.push(...(Array.isArray(more?.['value']) ? more['value'] : []));
      next = more?.['@odata.nextLink'];
    }
    return { ...first, value };
  };
}

/** Graph, or the way to it, said no; its words are for a person. */
class Refused extends Error {}

async function codeIn(response: Response): Promise<string> {
  const body = (await response.json().catch(() => undefined)) as
    | { readonly error?: { readonly code?: unknown } }
    | undefined;
  const code = body?.error?.code;
  return typeof code === 'string' ? ` (${code.slice(0, 100)})` : '';
}

function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}
