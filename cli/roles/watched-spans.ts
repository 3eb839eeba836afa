import { watchedUntil } from '#domain/watch/proved.ts';
import type { WatchSpan } from '#projections/watch/queries.ts';

/** An interval that nobody proved lately ends with its last proof: what is since then is not known, as long as nobody puts it on record. */
export function asProved(span: WatchSpan, now: number): WatchSpan {
  return endedBy(span, watchedUntil(span, now), now);
}

/** An interval of what nobody wants to be watched any more: it ends with its last proof, however lately that was. */
export function asLeft(span: WatchSpan, now: number): WatchSpan {
  return endedBy(span, span.provedAt ?? span.from, now);
}

function endedBy(span: WatchSpan, until: number, now: number): WatchSpan {
  return span.watching && span.to === undefined && until < now ? { ...span, to: until } : span;
}

/** Whether nobody wants it watched any more, as a policy that the settings do not name: nothing is proved of it since, and nothing is the matter. */
export function isLeft(
  { feed, policy }: Pick<WatchSpan, 'feed' | 'policy'>,
  subscriptions: readonly { readonly feed?: string; readonly policy?: string; readonly state: string }[],
): boolean {
  const own = subscriptions.filter((one) => one.feed === feed && one.policy === policy);
  return own.length > 0 && own.every(({ state }) => state === 'removed');
}
