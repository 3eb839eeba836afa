import type { Faults } from '#simulator/faults.ts';

/** What can be broken on purpose, and how a client sees it. */
const descriptions = {
  throttled: 'answers every request 429 with Retry-After: 10',
  'throttled-silently': 'answers every request 429 without saying when to come again',
  unavailable: 'answers every request 503',
  unreachable: 'closes its listener: no connection can be made; notices still go out',
  slow: 'holds every answer for some seconds (5 unless set otherwise)',
  'permission-missing': 'answers every request 403 as if consent had been taken back',
  'quota-exhausted': 'refuses every new subscription with 403, as if the limit were reached',
  'lies-expired-listed': 'lists subscriptions that ended in the last day as if they were live',
  'lies-live-unlisted': 'lists no subscription although they are live',
  'subscription-removed':
    'drops the oldest live chat subscription (any other if there is none) and says so in a lifecycle notice',
  'subscription-vanishes': 'drops the oldest live chat subscription (any other if there is none) silently',
  'tokens-invalidated':
    'every token that a live subscription was given ends now, as if sessions were revoked: deliveries that depend on one pause until Graph gets a new one, lifecycle notices ask for it',
  'delivery-delayed': 'holds every notice for some minutes (5 unless set otherwise)',
  'delivery-doubled': 'delivers every notice twice',
  'delivery-lost': 'drops every notice of a change while it is on, for good',
} as const;

export type GraphFaultName = keyof typeof descriptions;

export interface GraphFaultOptions {
  /** `subscription-removed`, `subscription-vanishes`: drop this one. `lies-live-unlisted`: leave out this one alone. */
  readonly subscriptionId?: string;
  /** `throttled`: seconds of `Retry-After`. */
  readonly retryAfterSeconds?: number;
}

/** Faults of simulated Graph, by name. */
export interface GraphFaults extends Faults {
  list(): readonly { readonly name: GraphFaultName; readonly description: string; readonly active: boolean }[];
  /** Starting a fault again replaces its options. Settles once it is on; throws for a name that is not listed. */
  start(name: string, options?: GraphFaultOptions): Promise<void>;
  /** Stopping one that is not on changes nothing. */
  stop(name: string): Promise<void>;
}

export interface FaultState {
  on(name: GraphFaultName): GraphFaultOptions | undefined;
}

// These happen at one moment and are over.
const momentary: ReadonlySet<GraphFaultName> = new Set([
  'subscription-removed',
  'subscription-vanishes',
  'tokens-invalidated',
]);

/** @param onChange does what a fault does at its beginning and end */
export function createGraphFaults(
  onChange: (name: GraphFaultName, active: boolean, options: GraphFaultOptions) => void | Promise<void>,
): { readonly faults: GraphFaults; readonly state: FaultState } {
  const active = new Map<GraphFaultName, GraphFaultOptions>();
  return {
    faults: {
      list: () =>
        (Object.keys(descriptions) as GraphFaultName[]).map((name) => ({
          name,
          description: descriptions[name],
          active: active.has(name),
        })),
      async start(given, options = {}) {
        if (!isFault(given)) throw new RangeError(`there is no fault ${given}`);
        if (!momentary.has(given)) active.set(given, options);
        await onChange(given, true, options);
      },
      async stop(given) {
        if (!isFault(given)) throw new RangeError(`there is no fault ${given}`);
        const options = active.get(given);
        if (options === undefined) return;
        active.delete(given);
        await onChange(given, false, options);
      },
    },
    state: { on: (name) => active.get(name) },
  };
}

function isFault(name: string): name is GraphFaultName {
  return Object.hasOwn(descriptions, name);
}
