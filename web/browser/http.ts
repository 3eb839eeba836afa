/** What an answer said: the document, or why not in words for a person. */
export type Answer<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly code: string; readonly word: string; readonly body: unknown };

const unreachable = { ok: false, code: 'unreachable', word: 'Tocsin does not answer.', body: undefined } as const;

export async function getJson<T>(path: string): Promise<Answer<T>> {
  return ask<T>(path, { headers: { Accept: 'application/json' } });
}

/** Posts an act; the header is what a page of another site cannot send. */
export async function postJson<T>(path: string, body: object): Promise<Answer<T>> {
  return ask<T>(path, posting(body));
}

export function posting(body: object): RequestInit {
  return {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'X-Tocsin-Request': '1', 'X-Tocsin-Client': 'desk' },
    body: JSON.stringify(body),
  };
}

interface Problem {
  readonly code?: string;
  readonly detail?: string;
  readonly title?: string;
  readonly problems?: readonly { readonly at: string; readonly problem: string }[];
}

async function ask<T>(path: string, init: RequestInit): Promise<Answer<T>> {
  try {
    const response = await fetch(path, { ...init, signal: AbortSignal.timeout(10_000) });
    const body = (await response.json()) as unknown;
    if (response.ok) return { ok: true, value: body as T };
    if (response.status === 401) dispatchEvent(new Event('tocsin-signed-out'));
    const { code, detail, title, problems } = body as Problem;
    // What the interface says to programs names a member that nobody sees here.
    const wrong = problems?.map(({ at, problem }) => `${at}: ${problem}`).join('; ');
    const word = wrong === undefined ? (detail ?? title ?? 'Something went wrong.') : `Not valid: ${wrong}.`;
    return { ok: false, code: code ?? 'internal', word, body };
  } catch {
    return unreachable;
  }
}
