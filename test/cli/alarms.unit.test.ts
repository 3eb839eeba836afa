import { describe, expect, it } from 'vitest';
import type { AlarmFacts, WatchRecord } from '#cli/roles/alarm-conditions.ts';
import { alarmNames } from '#cli/roles/alarm-names.ts';
import { type AlarmLine, alarmRules, createAlarms } from '#cli/roles/alarms.ts';
import { programAlarms, queryAlarms } from '#infra/alarms.ts';
import { standard } from '#test/infra/given.ts';
import { settingsOf } from '#test/infra/settings-of.ts';

const minute = 60_000;
const day = 86_400_000;
const start = Date.parse('2026-11-21T12:00:00Z');
const targets = [
  { feed: 'chat', credential: 'chat', subscription: 'chat' },
  { feed: 'events', policy: 'Helsinki', credential: 'events', subscription: 'events-helsinki' },
] as const;

/** Everything as it should be at a moment. */
function well(now: number): WatchRecord {
  const subscription = { state: 'ok', since: start - day, provedAt: now - 5 * minute };
  return {
    credentials: [
      { id: 'chat', feed: 'chat', state: 'ok', since: start - day, permissions: [], tokenExpiresAt: now + 30 * minute },
      {
        id: 'events',
        feed: 'events',
        state: 'ok',
        since: start - day,
        permissions: [],
        grantExpiresAt: now + 90 * day,
      },
    ],
    subscriptions: [
      { ...subscription, id: 'chat', expiresAt: now + 2 * day, deliversUntil: now + 30 * minute },
      { ...subscription, id: 'events-helsinki', policy: 'Helsinki', expiresAt: now + day, deliversUntil: now + day },
    ],
    current: [
      { feed: 'chat', watching: true, from: start - day, provedAt: now - minute },
      { feed: 'events', policy: 'Helsinki', watching: true, from: start - day, provedAt: now - minute },
    ],
  };
}

interface Change {
  readonly credential?: Partial<WatchRecord['credentials'][number]>;
  readonly subscription?: Partial<WatchRecord['subscriptions'][number]>;
  readonly current?: Partial<WatchRecord['current'][number]>;
}

/** The same with something else about the events feed. */
function but(now: number, { credential, subscription, current }: Change): AlarmFacts {
  const record = well(now);
  const changed = <T extends object>(list: readonly T[], change: Partial<T> | undefined) =>
    list.map((each, i) => (i === 1 ? { ...each, ...change } : each));
  return {
    targets,
    watch: {
      credentials: changed(record.credentials, credential),
      subscriptions: changed(record.subscriptions, subscription),
      current: changed(record.current, current),
    },
  };
}

const raised = (lines: readonly AlarmLine[]) => lines.flatMap((line) => ('alarm' in line ? [line.alarm] : []));

/** What is said when it has been so for long. */
function saidOf(facts: (now: number) => AlarmFacts) {
  const alarms = createAlarms(start);
  alarms.look(facts(start), start);
  const now = start + 10 * minute;
  return alarms.look(facts(now), now);
}

describe('alarms of the program', () => {
  it('are those that the alarms of a stack listen for', () => {
    expect([...alarmNames].sort()).toEqual(Object.keys(programAlarms).sort());
  });

  it('are said often enough that every look of Azure sees one', () => {
    const minutes = (duration: string) => Number(/^PT(\d+)M$/.exec(duration)?.[1]) * minute;
    for (const { name, window, every } of queryAlarms(settingsOf(standard)).filter(({ name }) =>
      (alarmNames as readonly string[]).includes(name),
    )) {
      expect(alarmRules.repeatMs, name).toBeLessThan(minutes(every));
      // Two in each window: one line that comes late to Log Analytics ends no alarm.
      expect(2 * alarmRules.repeatMs, name).toBeLessThan(minutes(window));
    }
  });

  it('are silent while everything is well', () => {
    expect(saidOf((now) => ({ targets, watch: well(now), listening: { ok: true, since: start } }))).toEqual([]);
  });

  it.each([
    [
      'sign-in-ends',
      'events',
      'somebody has to sign in',
      { credential: { state: 'sign-in-again', since: start - day } },
    ],
    [
      'sign-in-ends',
      'events',
      'somebody has to sign in',
      // Somebody was given a code, and has not entered it: the last token lives on for a while.
      { credential: { state: 'waiting-for-sign-in', since: start - day, tokenExpiresAt: start + day } },
    ],
    [
      'sign-in-ends',
      'events',
      'an administrator has to change something first',
      { credential: { state: 'admin-must-act', since: start - day } },
    ],
    [
      'sign-in-ends',
      'events',
      'the sign-in ends at 2026-11-23T12:00:00.000Z',
      { credential: { grantExpiresAt: start + 2 * day } },
    ],
    [
      'subscription-ends',
      'events-helsinki',
      'Graph delivers until 2026-11-21T12:20:00.000Z',
      { subscription: { deliversUntil: start + 20 * minute } },
    ],
    ['feed-not-watched', 'events: Helsinki', 'nothing proves it any more', { current: { provedAt: start - day } }],
  ] as const)('say %s of %s: %s', (alarm, of, word, change) => {
    expect(saidOf((now) => but(now, change))).toEqual([expect.objectContaining({ alarm, of, word })]);
  });

  it('say that a feed is not watched, why, and since when', () => {
    const gap = { watching: false, from: start - 5 * minute, cause: 'partition-not-read' };
    expect(saidOf((now) => but(now, { current: gap }))).toEqual([
      {
        ...{ alarm: 'feed-not-watched', of: 'events: Helsinki', since: '2026-11-21T11:55:00.000Z' },
        word: 'a partition of the hub was not read',
      },
    ]);
  });

  it('say that a policy is not covered when its subscription was lost, or never was', () => {
    const lost = saidOf((now) => but(now, { subscription: { state: 'lost', since: start - minute } }));
    expect(raised(lost)).toEqual(['subscription-ends', 'policy-not-covered']);
    const never = saidOf((now) => ({
      targets: [...targets, { feed: 'events', policy: 'Oulu', credential: 'events', subscription: 'events-oulu' }],
      watch: well(now),
    }));
    expect(never).toEqual([
      expect.objectContaining({ alarm: 'feed-not-watched', of: 'events: Oulu', word: 'it never was' }),
      expect.objectContaining({ alarm: 'policy-not-covered', of: 'Oulu', word: 'it was never subscribed' }),
    ]);
  });

  it('say that the hub is not read, in the words of the strip on every page', () => {
    const listening = { ok: false, since: start - minute, word: 'Partition 2 of the hub is not being read' };
    expect(saidOf(() => ({ targets: [], listening }))).toEqual([
      { alarm: 'reading-behind', of: 'hub', since: '2026-11-21T11:59:00.000Z', word: listening.word },
    ]);
  });

  it('leave alone what somebody revoked, what was just adopted, and what the settings do not want', () => {
    expect(saidOf((now) => but(now, { credential: { state: 'revoked', since: start } }))).toEqual([]);
    expect(saidOf((now) => but(now, { subscription: { provedAt: now - 1000, deliversUntil: now } }))).toEqual([]);
    expect(saidOf((now) => ({ ...but(now, { current: { watching: false } }), targets: [targets[0]] }))).toEqual([]);
  });

  it('wait a minute, are said once, again while it lasts, and once when it is over', () => {
    const alarms = createAlarms(start);
    const away = (since: number) => ({
      targets: [],
      listening: { ok: false, since, word: 'The hub is not being read' },
    });
    const at = (ms: number, facts: AlarmFacts) => alarms.look(facts, start + ms);
    expect(at(0, away(start))).toEqual([]);
    expect(at(59_000, away(start))).toEqual([]);
    expect(raised(at(minute, away(start)))).toEqual(['reading-behind']);
    expect(at(2 * minute, away(start))).toEqual([]);
    expect(raised(at(minute + alarmRules.repeatMs, away(start)))).toEqual(['reading-behind']);
    const over = at(9 * minute, { targets: [], listening: { ok: true, since: start + 8 * minute } });
    expect(over).toEqual([
      { alarmOver: 'reading-behind', of: 'hub', since: '2026-11-21T12:00:00.000Z', until: '2026-11-21T12:09:00.000Z' },
    ]);
    expect(at(10 * minute, { targets: [], listening: { ok: true, since: start + 8 * minute } })).toEqual([]);
  });

  it('say nothing of what was over before anybody had to be told', () => {
    const alarms = createAlarms(start);
    alarms.look({ targets: [], listening: { ok: false, since: start } }, start);
    expect(alarms.look({ targets: [], listening: { ok: true, since: start + 1000 } }, start + 2 * minute)).toEqual([]);
  });

  it('give a process that just began a minute to make good what was wrong before', () => {
    const facts = (now: number) =>
      but(now, { current: { watching: false, from: start - day, cause: 'tocsin-not-running' } });
    const alarms = createAlarms(start);
    expect(alarms.look(facts(start), start)).toEqual([]);
    expect(raised(alarms.look(facts(start + minute), start + minute))).toEqual(['feed-not-watched']);
  });

  it('go on while nobody can say that it is over', () => {
    const alarms = createAlarms(start);
    const gone = but(start, { current: { watching: false, from: start - day, cause: 'hub-unreachable' } });
    expect(raised(alarms.look(gone, start + minute))).toEqual(['feed-not-watched']);
    expect(raised(alarms.look({ targets }, start + minute + alarmRules.repeatMs))).toEqual(['feed-not-watched']);
  });
});
