import type { EntraErrorBody } from '#simulator/entra/refusals.ts';

export interface RawAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Readonly<Record<string, unknown>> & Partial<EntraErrorBody>;
}

/** Posts a form to an OAuth endpoint of a simulated Entra ID, as any HTTP client would. */
export async function post(
  authority: string,
  endpoint: 'token' | 'devicecode',
  form: Readonly<Record<string, string>>,
  headers: Readonly<Record<string, string>> = {},
): Promise<RawAnswer> {
  const response = await fetch(`${authority}/oauth2/v2.0/${endpoint}`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    body: new URLSearchParams(form).toString(),
  });
  return { status: response.status, headers: response.headers, body: (await response.json()) as RawAnswer['body'] };
}

/** A browser without a screen: keeps cookies, follows nothing by itself. */
export function createBrowser(): {
  open(url: string): Promise<Response>;
  submit(
    url: string,
    form: Readonly<Record<string, string>>,
    headers?: Readonly<Record<string, string>>,
  ): Promise<Response>;
  /** Follows redirects until a page, or an address elsewhere, is reached. */
  follow(response: Response, origin: string): Promise<Response | string>;
} {
  const cookies = new Map<string, { readonly value: string; readonly path: string }>();
  const send = async (url: string, init: RequestInit) => {
    const { pathname } = new URL(url);
    const fitting = [...cookies].filter(([, { path }]) => pathname.startsWith(path));
    const cookie = fitting.map(([key, { value }]) => `${key.split(' ')[0]}=${value}`).join('; ');
    const response = await fetch(url, {
      ...init,
      redirect: 'manual',
      headers: { ...init.headers, cookie, accept: 'text/html' },
    });
    for (const line of response.headers.getSetCookie()) {
      const [pair = '', ...attributes] = line.split('; ');
      const path = attributes.find((each) => each.startsWith('path='))?.slice(5) ?? '/';
      const name = pair.slice(0, pair.indexOf('='));
      cookies.set(`${name} ${path}`, { value: pair.slice(pair.indexOf('=') + 1), path });
    }
    return response;
  };
  const browser = {
    open: (url: string) => send(url, {}),
    submit: (url: string, form: Readonly<Record<string, string>>, headers: Readonly<Record<string, string>> = {}) =>
      send(url, { method: 'POST', body: new URLSearchParams(form), headers }),
    follow: async (response: Response, origin: string): Promise<Response | string> => {
      const location = response.headers.get('location');
      if (location === null) return response;
      const target = new URL(location, origin);
      if (target.origin !== origin) return target.href;
      return await browser.follow(await browser.open(target.href), origin);
    },
  };
  return browser;
}
