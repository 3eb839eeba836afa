import { Agent, request } from 'undici';
import type { EntraUser } from '#simulator/entra/options.ts';
import { trustedAuthority } from '#test/simulator/entra/start-entra.ts';
import { proxyAuthority } from '#test/web/sign-in/tls-proxy.ts';

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  json(): Record<string, unknown>;
}

/** As much of a browser as a sign-in needs: a jar of cookies for each host, and forms. It follows no redirect by itself. */
export interface UserAgent {
  /** Cookies by origin and name, as `value`. */
  readonly jar: Map<string, Map<string, string>>;
  /** What was set last, with its attributes. */
  readonly setCookies: string[];
  get(url: string, headers?: Record<string, string>): Promise<Answer>;
  post(url: string, body: string, headers?: Record<string, string>): Promise<Answer>;
  /** JSON as the desk's own pages post it. */
  act(url: string, body: object): Promise<Answer>;
  /** Follows redirects until there is none, answering the sign-in page of Entra as that person. Returns the last answer and every address on the way. */
  signIn(
    url: string,
    as: EntraUser,
  ): Promise<{ readonly answer: Answer; readonly url: string; readonly way: string[] }>;
  /** As {@link signIn}, but stops before the address of the desk that the code comes back to. */
  until(url: string, as: EntraUser, stop: (url: string) => boolean): Promise<string>;
  close(): Promise<void>;
}

/** @param agent opens the connections; without it hosts are where they say, and the authorities of the tests are trusted */
export function createUserAgent(agent = new Agent({ connect: { ca: [proxyAuthority, trustedAuthority] } })): UserAgent {
  const jar = new Map<string, Map<string, string>>();
  const setCookies: string[] = [];

  async function send(method: 'GET' | 'POST', url: string, body: string | undefined, headers: Record<string, string>) {
    const { origin } = new URL(url);
    const cookies = [...(jar.get(origin) ?? [])].map(([name, value]) => `${name}=${value}`).join('; ');
    const answer = await request(url, {
      method,
      dispatcher: agent,
      headers: { ...(cookies === '' ? {} : { cookie: cookies }), ...headers },
      ...(body === undefined ? {} : { body }),
    });
    for (const cookie of [answer.headers['set-cookie'] ?? []].flat()) {
      setCookies.push(cookie);
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
      const own = jar.get(origin) ?? new Map<string, string>();
      if (value === '' || /max-age=0|expires=Thu, 01 Jan 1970/i.test(cookie)) own.delete(name);
      else own.set(name, value);
      jar.set(origin, own);
    }
    const text = await answer.body.text();
    return {
      status: answer.statusCode,
      headers: answer.headers,
      text,
      json: () => JSON.parse(text) as Record<string, unknown>,
    };
  }
  const get = (url: string, headers: Record<string, string> = {}) => send('GET', url, undefined, headers);

  async function walk(url: string, as: EntraUser, stop: (url: string) => boolean) {
    const way: string[] = [url];
    let at = url;
    if (stop(at)) return { answer: undefined, url: at, way };
    let answer = await get(at);
    for (let step = 0; step < 15; step += 1) {
      if (answer.status >= 300 && answer.status < 400) {
        at = new URL(String(answer.headers['location']), at).href;
        way.push(at);
        if (stop(at)) return { answer: undefined, url: at, way };
        answer = await get(at);
      } else if (answer.text.includes('<form') && answer.text.includes(as.upn)) {
        const value = userValue(answer.text, as);
        const body = new URLSearchParams({ user: value, answer: 'sign-in' }).toString();
        answer = await send('POST', at, body, {
          'content-type': 'application/x-www-form-urlencoded',
          origin: new URL(at).origin,
        });
      } else return { answer, url: at, way };
    }
    throw new Error(`too many steps: ${way.join(' ')}`);
  }

  return {
    jar,
    setCookies,
    get,
    post: (url, body, headers = {}) => send('POST', url, body, headers),
    act: (url, body) =>
      send('POST', url, JSON.stringify(body), {
        'content-type': 'application/json',
        'x-tocsin-request': '1',
        'sec-fetch-site': 'same-origin',
        origin: new URL(url).origin,
      }),
    async signIn(url, as) {
      const walked = await walk(url, as, () => false);
      if (walked.answer === undefined) throw new Error('it stopped');
      return { answer: walked.answer, url: walked.url, way: walked.way };
    },
    until: async (url, as, stop) => (await walk(url, as, stop)).url,
    close: () => agent.destroy(),
  };
}

/** The value of the radio button of that person. */
function userValue(page: string, as: EntraUser): string {
  const buttons = [...page.matchAll(/<input[^>]*name="user"[^>]*>/g)].map(([text]) => text);
  const values = buttons.map((text) => /value="([^"]*)"/.exec(text)?.[1] ?? '');
  const found = values.find((value) => value === as.id || value === as.upn);
  if (found === undefined) throw new Error(`nobody to choose: ${values.join(' ')}`);
  return found;
}
