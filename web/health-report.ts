/** How Tocsin itself is. `position`s, lags and ages are of the running roles, never of a read model. Times are ISO 8601 UTC. */
export interface HealthReport {
  readonly rows: readonly HealthRow[];
  readonly listening: Listening;
  /** Erasures of persons on record: with one more, a page that is open still shows somebody who is erased. Absent where the record is not read. */
  readonly erasures?: number;
}

/** Whether calls can reach this desk, as the strip on every page says it. */
interface Listening {
  readonly ok: boolean;
  /** Since when it is so. */
  readonly since: string;
  /** When that was last proved; absent where it never was. */
  readonly lastProofAt?: string;
  readonly feeds: readonly { readonly feed: string; readonly ok?: boolean; readonly lastProofAt?: string }[];
  /** One plain sentence where it is not ok. */
  readonly word?: string;
}

export const healthKinds = [
  'feed',
  'subscription',
  'credential',
  'watch',
  'certificate',
  'partition',
  'projection',
  'event-log',
  'key-store',
  'disk',
  'temporal',
  'channel',
  'role',
] as const;
type HealthKind = (typeof healthKinds)[number];

/** Something that an operator can have done about a row. */
export interface HealthAction {
  readonly act: 'sign-in' | 'renew' | 'recreate';
  /** Id of the credential or subscription. */
  readonly of: string;
  readonly word: string;
}

/** One thing that can fail. */
export interface HealthRow {
  readonly kind: HealthKind;
  readonly name: string;
  readonly state: 'ok' | 'warning' | 'trouble';
  /** What is the matter, in a few plain words. */
  readonly word: string;
  readonly since?: string;
  readonly lastProofAt?: string;
  readonly expiresAt?: string;
  /** Figures for operators, for example `lag` and `age`. */
  readonly figures?: Readonly<Record<string, string>>;
  /** What to do; absent where nothing is to be done. */
  readonly next?: string;
  /** What can be done here and now, each a button. */
  readonly actions?: readonly HealthAction[];
}
