import type { Clock } from '#ports/clock.ts';

/** Of another build that is current. `quiet`: nobody runs it, and somebody else may be about to. `abandoned`: ours to replace. */
export type Presence = 'there' | 'quiet' | 'abandoned';

export interface Vigil {
  /** @param askedAt when it last asked for work, by the server's clock; undefined where the server knows of nobody who did */
  look(buildId: string, askedAt: number | undefined): Presence;
  /** Its silence proves nothing. */
  forget(): void;
  /** A look failed: that build may have been cut off as we were. */
  interrupted(): void;
}

/** An idle worker's request for work lasts a minute, and only its beginning is known. */
const quietMs = 75_000;
/** Of this a random part is waited for, in which the first of several survivors replaces the build and the others see it. */
const mostJitterMs = 15_000;
/** Workers are back 3 to 15 s after their server. */
const reconnectMs = 30_000;

/** Finds out whether a build has gone for good: by changes of what the server says and our own monotonic clock, so that no two clocks are compared. */
export function createVigil(clock: Pick<Clock, 'monotonic'>, random: () => number = Math.random): Vigil {
  let watched: { buildId: string; askedAt: number | undefined; since: number; jitterMs: number } | undefined;
  let notBefore = Number.NEGATIVE_INFINITY;
  return {
    look(buildId, askedAt) {
      const now = clock.monotonic();
      // From a time to none is a change too: the server was started anew, and knows nobody yet.
      if (watched?.buildId !== buildId || watched.askedAt !== askedAt)
        watched = { buildId, askedAt, since: now, jitterMs: random() * mostJitterMs };
      const silentMs = now - watched.since;
      if (silentMs < quietMs) return 'there';
      return silentMs < quietMs + watched.jitterMs || now < notBefore ? 'quiet' : 'abandoned';
    },
    forget() {
      watched = undefined;
    },
    interrupted() {
      notBefore = clock.monotonic() + reconnectMs;
    },
  };
}
