/** How long a person has for a sign-in by browser, milliseconds: as long as with a device code. */
export const browserSignInMs = 15 * 60_000;

/** What a browser brought back from Entra. `code` is secret. */
export type BrowserAnswer =
  | { readonly type: 'code'; readonly code: string }
  | { readonly type: 'refused'; readonly error: string; readonly description?: string; readonly suberror?: string };

/** Why an address that somebody pasted is not where the sign-in ended. */
export type AddressProblem = 'no-address' | 'before-sign-in' | 'other-sign-in' | 'no-answer';

/** What to tell who pasted it. */
export const addressProblems: Readonly<Record<AddressProblem, string>> = {
  'no-address':
    'This is not the address at which the browser ended: that one begins with http://localhost. Sign in first, then copy all of it out of the address bar.',
  'before-sign-in':
    'This is the address at which the sign-in begins. Open it in a browser and sign in; the one that is needed is where the browser ends then, and begins with http://localhost.',
  'other-sign-in':
    'This address belongs to another sign-in, such as one that was begun before. Open the address that is shown now, sign in, and copy where the browser ends.',
  'no-answer': 'A part of this address is missing. Copy all of it out of the address bar of the browser.',
};

/**
 * Reads the address at which a browser ended, as somebody pasted it: with line breaks of a terminal, quotation marks, or without the scheme that browsers hide.
 * @param state the one of the sign-in that waits
 */
export function readBrowserAddress(
  pasted: string,
  state: string,
): { readonly ok: true; readonly answer: BrowserAnswer } | { readonly ok: false; readonly problem: AddressProblem } {
  const text = pasted.replaceAll(/[\s"'<>]/g, '');
  const url = text.length > mostCharacters ? null : URL.parse(/^[a-z]+:\/\//i.test(text) ? text : `http://${text}`);
  if (url === null) return { ok: false, problem: 'no-address' };
  const query = url.searchParams;
  if (query.has('code_challenge')) return { ok: false, problem: 'before-sign-in' };
  if (url.hostname !== 'localhost') return { ok: false, problem: 'no-address' };
  const given = query.get('state');
  if (given === null) return { ok: false, problem: 'no-answer' };
  if (state === '' || !isSameText(given, state)) return { ok: false, problem: 'other-sign-in' };
  const answer = browserAnswerIn(query);
  return answer === undefined ? { ok: false, problem: 'no-answer' } : { ok: true, answer };
}

/** "OAuth 2.0 authorization code flow", successful and error response. Undefined where it is neither. */
export function browserAnswerIn(query: URLSearchParams): BrowserAnswer | undefined {
  const [code, error] = [query.get('code'), query.get('error')];
  if (error !== null) {
    const [description, suberror] = [query.get('error_description'), query.get('error_subcode')];
    return {
      ...{ type: 'refused', error },
      ...(description === null ? {} : { description }),
      ...(suberror === null ? {} : { suberror }),
    };
  }
  return code === null || code === '' ? undefined : { type: 'code', code };
}

/** Codes of Entra have some thousand characters at most. */
const mostCharacters = 16_384;

/** How long it takes tells nothing but the length of what was expected. */
export function isSameText(given: string, expected: string): boolean {
  let difference = given.length ^ expected.length;
  for (let index = 0; index < expected.length; index += 1)
    difference |= given.charCodeAt(index) ^ expected.charCodeAt(index);
  return difference === 0;
}
