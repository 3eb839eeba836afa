import type { EventLog, SubscriptionState } from '#ports/event-log.ts';

export interface ReplaceableLog {
  readonly log: EventLog;
  /** Drops every subscription; what they and others reach from now on is another log. */
  putBack(to: EventLog): void;
}

/** A log that can be put back to an earlier state while it is followed, as from a backup: whoever follows connects again from where he was. */
export function createReplaceableLog(first: EventLog): ReplaceableLog {
  let inner = first;
  let cut = new AbortController();
  const log: EventLog = {
    ...first,
    append: (...given) => inner.append(...given),
    readAll: (given) => inner.readAll(given),
    readStream: (...given) => inner.readStream(...given),
    async *subscribe(options) {
      const say = (state: SubscriptionState) => options.onState?.(state);
      let after = options.after;
      while (!options.signal.aborted) {
        say({ state: 'live' });
        const signal = AbortSignal.any([options.signal, cut.signal]);
        for await (const item of inner.subscribe({ ...options, signal, ...(after === undefined ? {} : { after }) })) {
          if (item.kind === 'events') after = item.events.at(-1)?.position ?? after;
          yield item;
        }
        if (options.signal.aborted) return;
        say({ state: 'down', detail: 'the connection was lost' });
      }
    },
  };
  return {
    log,
    putBack(to) {
      inner = to;
      const before = cut;
      cut = new AbortController();
      before.abort();
    },
  };
}
