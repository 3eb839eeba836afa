import { randomBytes } from 'node:crypto';
import { rolesIn } from '#domain/access/roles.ts';
import type { JsonObject } from '#kernel/json.ts';
import type { CookieSealer, SealCookieResult, SignedInPerson } from '#ports/sign-in.ts';
import type { Session } from '#web/sign-in/desk-sign-in.ts';

export type ReadSession =
  | {
      readonly ok: true;
      readonly session: Session /** The cookie should say that it was used. */;
      readonly renew: boolean;
    }
  | { readonly ok: false; readonly reason: 'ended' }
  | { readonly ok: false; readonly reason: 'unavailable'; readonly detail: string };

/** Sessions of people at the desk: each is in its sealed cookie; here is only what a cookie cannot know. */
export interface Sessions {
  start(person: SignedInPerson): Session;
  seal(session: Session): Promise<SealCookieResult>;
  /** Ended: altered, unused for too long, at its end, or signed out. */
  read(cookie: string): Promise<ReadSession>;
  /** Signed out: from now on its cookie opens nothing, and its live pages end. */
  end(session: Session): void;
  /** A live page: the session is in use as long as it is there, and `close` is called when the session ends. Returns what to call once it is gone. */
  hold(session: Session, close: () => void): () => void;
  /** Milliseconds since 1970 UTC. */
  endOf(session: Session): number;
  readonly absoluteMs: number;
  readonly idleMs: number;
}

const purpose = 'session';
/** Largest delay of a timer (HTML Standard, "Timers": 32 bits). */
const longestTimerMs = 2_147_483_647;

export function createSessions(deps: {
  readonly cookies: CookieSealer;
  readonly now: () => number;
  readonly absoluteMs?: number;
  readonly idleMs?: number;
}): Sessions {
  const { cookies, now, absoluteMs = 43_200_000, idleMs = 3_600_000 } = deps;
  const live = new Map<string, Set<() => void>>();
  /** When a session was used last, as far as this process knows; and until when those that were ended must be refused. */
  const used = new Map<string, number>();
  const ended = new Map<string, number>();
  let sweptAt = now();

  function sweep() {
    if (now() - sweptAt < 60_000) return;
    sweptAt = now();
    for (const [id, at] of used) if (now() - at > idleMs && !live.has(id)) used.delete(id);
    for (const [id, until] of ended) if (now() > until) ended.delete(id);
  }
  const endOf = (session: Session) => session.startedAt + absoluteMs;

  return {
    absoluteMs,
    idleMs,
    endOf,
    start: ({ tenant, id, name, roles }) => ({
      id: randomBytes(16).toString('base64url'),
      tenant,
      person: id,
      name,
      roles: rolesIn(roles),
      startedAt: now(),
      usedAt: now(),
    }),
    seal: (session) =>
      cookies.seal(purpose, { ...session, usedAt: now() } satisfies Session as unknown as JsonObject, endOf(session)),

    async read(cookie) {
      const opened = await cookies.open(purpose, cookie);
      if (!opened.ok) return opened.reason === 'unavailable' ? opened : { ok: false, reason: 'ended' };
      // Only what was sealed here opens, so it has this shape.
      const session = opened.content as unknown as Session;
      sweep();
      const lastUse = Math.max(session.usedAt, used.get(session.id) ?? 0);
      const idle = now() - lastUse > idleMs && !live.has(session.id);
      if (idle || ended.has(session.id) || now() >= endOf(session)) return { ok: false, reason: 'ended' };
      used.set(session.id, now());
      return { ok: true, session, renew: now() - session.usedAt > Math.min(300_000, idleMs / 4) };
    },

    end(session) {
      ended.set(session.id, endOf(session) + 60_000);
      used.delete(session.id);
      for (const close of [...(live.get(session.id) ?? [])]) close();
    },

    hold(session, close) {
      const pages = live.get(session.id) ?? new Set();
      live.set(session.id, pages.add(close));
      const timer = setTimeout(close, Math.min(longestTimerMs, Math.max(0, endOf(session) - now()))).unref();
      return () => {
        clearTimeout(timer);
        pages.delete(close);
        if (pages.size === 0) live.delete(session.id);
        if (!ended.has(session.id)) used.set(session.id, now());
      };
    },
  };
}
