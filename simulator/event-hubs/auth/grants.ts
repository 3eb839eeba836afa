/** What the tokens put on one connection allow, and until when. */
export interface Grants {
  /** @param path below the namespace, lower case; empty for all */
  add(path: string, expiresAt: number): void;
  /** True when a token that has not expired opens the path or something above it. */
  cover(path: string): boolean;
}

/** @param now milliseconds since 1970 UTC */
export function createGrants(now: () => number): Grants {
  const expiries = new Map<string, number>();
  const valid = (path: string) => (expiries.get(path) ?? 0) > now();
  return {
    add: (path, expiresAt) => {
      expiries.set(path, Math.max(expiresAt, expiries.get(path) ?? 0));
    },
    cover: (path) => {
      for (let at = path.length; at > 0; at = path.lastIndexOf('/', at - 1)) {
        if (valid(path.slice(0, at))) return true;
      }
      return valid('');
    },
  };
}
