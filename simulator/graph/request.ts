import type { TokenClaims } from '#simulator/graph/options.ts';

/** A request whose token was taken. */
export interface GraphRequest {
  readonly method: string;
  readonly version: 'v1.0' | 'beta';
  /** Path below the version; OData keys are segments of their own. */
  readonly segments: readonly string[];
  readonly query: URLSearchParams;
  /** Absolute, without query: what next links are made from. */
  readonly address: string;
  readonly claims: TokenClaims;
  /** Parsed JSON; undefined when there was no body. */
  readonly body: unknown;
  /** Value of `Prefer`. */
  readonly prefer: string;
  readonly requestId: string;
}

/** `chats('a')/messages` and `chats/a/messages` alike; an alternate key becomes `name=value`. */
export function segmentsOf(path: string): readonly string[] {
  return path
    .split('/')
    .filter((part) => part !== '')
    .flatMap((part) => {
      const text = decode(part);
      const keyed = /^([A-Za-z]+)\((?:([A-Za-z]+)=)?'((?:[^']|'')*)'\)$/.exec(text);
      if (keyed === null) return [text];
      const [, set = '', name, key = ''] = keyed;
      const plain = key.replaceAll("''", "'");
      return [set, name === undefined ? plain : `${name}=${plain}`];
    });
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
