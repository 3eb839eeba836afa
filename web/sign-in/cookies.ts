import type { Context } from 'hono';
import { getCookie, setCookie } from 'hono/cookie';

/**
 * Cookies of the desk: not for scripts, not for other sites' requests but navigation, over TLS alone. `__Host-` binds them to this very host (RFC 6265bis
 * section 4.1.3.2); a desk on loopback has no TLS and does without.
 */
export interface DeskCookies {
  readSession(c: Context): string | undefined;
  writeSession(c: Context, value: string, seconds: number): void;
  clearSession(c: Context): void;
  /** One for each sign-in that is under way, by its state. */
  readAttempt(c: Context, state: string): string | undefined;
  writeAttempt(c: Context, state: string, value: string): void;
  clearAttempt(c: Context, state: string): void;
}

/** Seconds that a person may take at the identity provider. */
export const attemptSeconds = 600;
/** Sign-ins that may be under way in one browser; more of them would make requests too large. */
const mostAttempts = 4;

export function createDeskCookies(origin: string): DeskCookies {
  const secure = origin.startsWith('https:');
  const session = `${secure ? '__Host-' : ''}tocsin-session`;
  const attemptPrefix = `${secure ? '__Host-' : ''}tocsin-sign-in-`;
  const options = { path: '/', httpOnly: true, secure, sameSite: 'Lax' } as const;
  const attempt = (state: string) => `${attemptPrefix}${/^[\w-]{8}/.exec(state)?.[0] ?? 'none'}`;
  const clear = (c: Context, name: string) => setCookie(c, name, '', { ...options, maxAge: 0 });

  return {
    readSession: (c) => getCookie(c, session),
    writeSession: (c, value, seconds) => setCookie(c, session, value, { ...options, maxAge: seconds }),
    clearSession: (c) => clear(c, session),
    readAttempt: (c, state) => getCookie(c, attempt(state)),
    writeAttempt(c, state, value) {
      const others = Object.keys(getCookie(c)).filter((name) => name.startsWith(attemptPrefix));
      if (others.length >= mostAttempts) for (const name of others) clear(c, name);
      setCookie(c, attempt(state), value, { ...options, maxAge: attemptSeconds });
    },
    clearAttempt: (c, state) => clear(c, attempt(state)),
  };
}
