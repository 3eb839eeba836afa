import { randomUUID } from 'node:crypto';
import type { EventLog, NewEvent, RecordedEvent, SubscribeOptions, SubscriptionState } from '#ports/event-log.ts';

export function newEvents(count: number, size = 10): NewEvent[] {
  return Array.from({ length: count }, (_, n) => ({
    id: randomUUID(),
    type: 'Tested',
    data: { n, text: 'x'.repeat(size) },
    metadata: {},
  }));
}

/** A subscription that is consumed in the background; `stop` ends it and waits for its end. */
export interface Follower {
  readonly events: RecordedEvent[];
  readonly states: SubscriptionState['state'][];
  caughtUp(): number;
  stop(): Promise<void>;
}

export function follow(log: EventLog, options: Omit<SubscribeOptions, 'signal' | 'onState'> = {}): Follower {
  const stop = new AbortController();
  const events: RecordedEvent[] = [];
  const states: SubscriptionState['state'][] = [];
  let caughtUp = 0;
  const run = async () => {
    const onState = ({ state }: SubscriptionState) => void states.push(state);
    for await (const item of log.subscribe({ ...options, onState, signal: stop.signal })) {
      if (item.kind === 'events') events.push(...item.events);
      if (item.kind === 'caught-up') caughtUp++;
    }
  };
  const ended = run();
  return {
    events,
    states,
    caughtUp: () => caughtUp,
    async stop() {
      stop.abort();
      await ended;
    },
  };
}

export const idsOf = (events: readonly { readonly id: string }[]): string[] => events.map(({ id }) => id);
