import { type AlarmFacts, alarmConditions, type Condition, type KnownFacts } from '#cli/roles/alarm-conditions.ts';
import type { AlarmName } from '#cli/roles/alarm-names.ts';

/** Fields of a line of the log. Nothing personal in it; times are ISO 8601 UTC. */
export type AlarmLine =
  /** It goes on. */
  | { readonly alarm: AlarmName; readonly of: string; readonly since: string; readonly word: string }
  /** It is over. Another field, so that nothing goes off for it. */
  | { readonly alarmOver: AlarmName; readonly of: string; readonly since: string; readonly until: string };

/** Milliseconds. */
export interface AlarmRules {
  /** What is over sooner is none: a restart, a renewal that needs a second try. */
  readonly settleMs: Readonly<Record<AlarmName, number>>;
  /** Said again this often while it lasts. Azure looks every 5 minutes at the last 15: there has to be one in each of them. */
  readonly repeatMs: number;
}

const minute = 60_000;

export const alarmRules: AlarmRules = {
  settleMs: {
    'sign-in-ends': minute,
    'subscription-ends': minute,
    'feed-not-watched': minute,
    'reading-behind': minute,
    'policy-not-covered': 5 * minute,
  },
  repeatMs: 4 * minute,
};

export interface Alarms {
  /** What has to be said now. What nobody knows at the moment is as it was. @param now milliseconds since 1970 UTC */
  look(facts: AlarmFacts, now: number): readonly AlarmLine[];
}

interface Standing extends Condition {
  readonly saidAt?: number;
}

/** @param startedAt when this process began, milliseconds since 1970 UTC: what was wrong before has a little time to come right by itself */
export function createAlarms(startedAt: number, rules: AlarmRules = alarmRules): Alarms {
  const standing = new Map<string, Standing>();
  return {
    look(facts, now) {
      const known = { ...facts, startedAt, now } satisfies KnownFacts;
      const conditions = new Map(alarmConditions(known).map((each) => [keyOf(each), each]));
      const lines: AlarmLine[] = [];
      for (const [key, { alarm, of, since, saidAt }] of standing) {
        if (conditions.has(key) || !isKnown(alarm, facts)) continue;
        standing.delete(key);
        if (saidAt !== undefined) lines.push({ alarmOver: alarm, of, since: iso(since), until: iso(now) });
      }
      // Since when it is so does not move while it lasts.
      for (const [key, condition] of conditions)
        standing.set(key, { ...standing.get(key), ...condition, since: standing.get(key)?.since ?? condition.since });
      for (const [key, each] of standing) {
        const { alarm, of, since, word, saidAt } = each;
        const due = saidAt === undefined ? Math.max(since, startedAt) + rules.settleMs[alarm] : saidAt + rules.repeatMs;
        if (due > now) continue;
        standing.set(key, { ...each, saidAt: now });
        lines.push({ alarm, of, since: iso(since), word });
      }
      return lines;
    },
  };
}

function isKnown(alarm: AlarmName, { watch, listening }: AlarmFacts): boolean {
  return alarm === 'reading-behind' ? listening !== undefined : watch !== undefined;
}

const keyOf = ({ alarm, of }: Condition) => `${alarm}|${of}`;
const iso = (ms: number) => new Date(ms).toISOString();
