import type { FakeSubscription } from '#test/workflows/fakes.ts';
import type { Fault } from '#test/workflows/year/weather.ts';

/** A time in which Graph would have delivered nothing for a resource. */
export interface Gap {
  readonly resource: string;
  readonly from: number;
  readonly to: number;
}

/** Follows, in Graph's own truth, from when to when each resource was delivered. */
export function createCoverage() {
  const until = new Map<string, number>();
  const gaps: Gap[] = [];
  const endOf = (subscription: FakeSubscription, tokenBound: boolean) =>
    tokenBound ? Math.min(subscription.expiresAt, subscription.tokenExpiresAt) : subscription.expiresAt;
  const isTokenBound = (resource: string) => resource.includes('getAllMessages');

  return {
    gaps,
    /** Graph was given a token, or made one. */
    touched(subscription: FakeSubscription, now: number) {
      const { resource } = subscription;
      const before = until.get(resource);
      if (before !== undefined && before < now) gaps.push({ resource, from: before, to: now });
      until.set(resource, endOf(subscription, isTokenBound(resource)));
    },
    /** Graph has it no more; `left` is another of the same resource that it has. */
    ended(resource: string, now: number, left: FakeSubscription | undefined) {
      const end = left === undefined ? now : endOf(left, isTokenBound(resource));
      until.set(resource, left === undefined ? Math.min(now, until.get(resource) ?? now) : end);
    },
    /** What is uncovered at the end. */
    finish(now: number) {
      for (const [resource, end] of until) if (end < now) gaps.push({ resource, from: end, to: now });
    },
  };
}

/** Gaps that no fault explains: a gap begins while one lasts, or at most `slackMs` after it, and ends at most `slackMs` after it is over. */
export function unexplained(gaps: readonly Gap[], faults: readonly Fault[], slackMs: number): readonly Gap[] {
  return gaps.filter(({ from, to }) => {
    // Faults that follow each other closely are one to whoever waits for their end.
    let end = from;
    for (const fault of [...faults].sort((a, b) => a.from - b.from))
      if (fault.from <= Math.max(from, end) + slackMs && fault.until + slackMs >= from)
        end = Math.max(end, fault.until + slackMs);
    return to > end;
  });
}
