/** What can be broken on purpose, and how a client sees it. */
const faultDescriptions = {
  'drop-connection': 'drops every connection at once; new ones are taken',
  'half-open': 'falls silent on every present connection without closing it; stopping it drops them',
  'silent-partition': 'delivers no event although links stay attached; publishing and properties still work',
  slow: 'holds everything that it sends back for half a second',
  detach: 'detaches every publisher and consumer link at once; new ones are taken',
  throttle: 'refuses what is published, and questions for properties, as a namespace over its limits (server busy)',
  'duplicate-delivery': 'goes back up to 100 events on every link once, and delivers every event twice',
} as const;

export type EventHubsFaultName = keyof typeof faultDescriptions;

export interface EventHubsFaultOptions {
  /** Only this partition, where the fault knows partitions: `silent-partition`, `detach`, `duplicate-delivery`, `throttle`. */
  readonly partition?: string;
}

/** Faults of one simulator, by name. */
export interface EventHubsFaults {
  /** Starting a fault again replaces its options. Throws for a name that is not listed. */
  start(name: EventHubsFaultName, options?: EventHubsFaultOptions): void;
  /** Stopping one that is not on changes nothing. */
  stop(name: EventHubsFaultName): void;
  list(): readonly {
    readonly name: EventHubsFaultName;
    readonly description: string;
    readonly active: boolean;
  }[];
}

/** What links ask before they act. */
export interface FaultState {
  /** @param partition undefined asks for faults that are not bound to another partition */
  on(name: EventHubsFaultName, partition?: string): boolean;
}

// These happen at one moment and are over.
const momentary: ReadonlySet<EventHubsFaultName> = new Set(['drop-connection', 'detach']);

/** @param onChange called after a fault began or ended */
export function createFaults(
  onChange: (name: EventHubsFaultName, active: boolean, partition: string | undefined) => void,
): EventHubsFaults & { readonly state: FaultState } {
  const active = new Map<EventHubsFaultName, string | undefined>();
  return {
    start: (name, options = {}) => {
      if (!Object.hasOwn(faultDescriptions, name)) throw new RangeError(`there is no fault ${name}`);
      if (!momentary.has(name)) active.set(name, options.partition);
      onChange(name, true, options.partition);
    },
    stop: (name) => {
      if (!active.has(name)) return;
      const partition = active.get(name);
      active.delete(name);
      onChange(name, false, partition);
    },
    list: () =>
      (Object.keys(faultDescriptions) as EventHubsFaultName[]).map((name) => ({
        name,
        description: faultDescriptions[name],
        active: active.has(name),
      })),
    state: {
      on: (name, partition) => {
        if (!active.has(name)) return false;
        const only = active.get(name);
        return only === undefined || only === partition;
      },
    },
  };
}
