/** What goes wrong, when. Times are milliseconds since 1970 UTC. */
export interface Fault {
  readonly kind: FaultKind;
  readonly from: number;
  /** When it is over by itself; what a person ends is over when it is set. */
  until: number;
}

export type FaultKind =
  | 'graph-away'
  | 'graph-throttled'
  | 'graph-loses-answers'
  | 'graph-is-slow'
  | 'graph-is-full'
  | 'graph-removes-one'
  | 'graph-unlists-one'
  | 'entra-away'
  | 'password-changed'
  | 'conditional-access'
  | 'user-disabled'
  | 'clocks-differ'
  | 'consent-taken-back'
  | 'key-store-away'
  | 'log-away'
  | 'worker-killed'
  | 'ingest-killed'
  | 'graph-misses-some'
  | 'delivery-doubled'
  | 'delivery-delayed';

/** How often in a year, and for how long: minutes. */
const rates: Readonly<Record<FaultKind, { readonly perYear: number; readonly minutes: readonly [number, number] }>> = {
  'graph-away': { perYear: 40, minutes: [1, 300] },
  'graph-throttled': { perYear: 100, minutes: [1, 20] },
  'graph-loses-answers': { perYear: 100, minutes: [5, 60] },
  'graph-is-slow': { perYear: 40, minutes: [1, 60] },
  'graph-is-full': { perYear: 12, minutes: [5, 120] },
  'graph-removes-one': { perYear: 60, minutes: [0, 0] },
  'graph-unlists-one': { perYear: 24, minutes: [60, 1_440] },
  'entra-away': { perYear: 30, minutes: [1, 120] },
  'password-changed': { perYear: 12, minutes: [0, 0] },
  'conditional-access': { perYear: 6, minutes: [30, 600] },
  'user-disabled': { perYear: 4, minutes: [10, 300] },
  'clocks-differ': { perYear: 6, minutes: [5, 180] },
  'consent-taken-back': { perYear: 4, minutes: [10, 240] },
  'key-store-away': { perYear: 20, minutes: [1, 30] },
  'log-away': { perYear: 30, minutes: [1, 240] },
  'worker-killed': { perYear: 200, minutes: [0, 0] },
  'ingest-killed': { perYear: 100, minutes: [0.1, 30] },
  'graph-misses-some': { perYear: 12, minutes: [0, 0] },
  'delivery-doubled': { perYear: 24, minutes: [10, 300] },
  'delivery-delayed': { perYear: 24, minutes: [10, 120] },
};

/** How many kinds there are. */
export const faultKinds = Object.keys(rates).length;

/** A repeatable source of chance (mulberry32), in [0, 1). */
export function chance(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** The faults of some days in order; each kind happens at least once when `all` is set, however few the days. */
export function weather(random: () => number, start: number, days: number, all: boolean): Fault[] {
  const length = days * 86_400_000;
  const faults: Fault[] = [];
  for (const kind of Object.keys(rates) as FaultKind[]) {
    const { perYear, minutes } = rates[kind];
    const expected = (perYear * days) / 365;
    let count = Math.floor(expected) + (random() < expected % 1 ? 1 : 0);
    // The only one of its kind lasts long enough to be felt.
    const isOnly = all && count === 0;
    if (isOnly) count = 1;
    for (let n = 0; n < count; n++) {
      // The first hours are for getting started, the last for coming to rest.
      const from = start + 4 * 3_600_000 + random() * (length - 16 * 3_600_000);
      const [least, most] = minutes;
      faults.push({ kind, from, until: from + (least + (most - least) * (isOnly ? 0.5 : random() ** 3)) * 60_000 });
    }
  }
  return faults.sort((a, b) => a.from - b.from);
}
