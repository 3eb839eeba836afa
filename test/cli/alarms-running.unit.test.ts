import { describe, expect, it } from 'vitest';
import { runAlarms } from '#cli/roles/alarms-running.ts';
import { createMetrics } from '#cli/roles/metrics.ts';
import type { WatchQueries } from '#projections/watch/queries.ts';
import { createHurriedClock } from '#test/support/hurried-clock.ts';

const start = Date.parse('2026-11-21T12:00:00Z');
const targets = [
  { feed: 'events', policy: 'Helsinki', credential: 'events', subscription: 'events-helsinki' },
] as const;

/** What is on record of one policy that is watched until `brokenAt`. */
function queriesOf(now: () => number, brokenAt = Number.POSITIVE_INFINITY): WatchQueries {
  return {
    credentials: async () => [
      { id: 'events', feed: 'events', state: 'ok', since: start, permissions: [], grantExpiresAt: start + 864_000_000 },
    ],
    subscriptions: async () => [
      { id: 'events-helsinki', policy: 'Helsinki', state: 'ok', since: start, expiresAt: start + 86_400_000 },
    ],
    current: async () =>
      now() < brokenAt
        ? [{ feed: 'events', policy: 'Helsinki', watching: true, from: start, provedAt: now() }]
        : [{ feed: 'events', policy: 'Helsinki', watching: false, from: brokenAt, cause: 'hub-unreachable' }],
    spans: async () => [],
  };
}

/** Looks until so long has passed. */
async function looked(forMs: number, brokenAt?: number, known = true) {
  const clock = createHurriedClock(start);
  const metrics = createMetrics('0.0.0');
  const lines: { level: string; fields: object; message: string }[] = [];
  const stop = new AbortController();
  const log = {
    error: (fields: object, message: string) => lines.push({ level: 'error', fields, message }),
    info: (fields: object, message: string) => lines.push({ level: 'info', fields, message }),
  };
  await runAlarms({
    context: {
      clock: {
        ...clock,
        async sleep(ms, signal) {
          await clock.sleep(ms, signal);
          if (clock.now() - start >= forMs) stop.abort();
        },
      },
      log: log as unknown as Parameters<typeof runAlarms>[0]['context']['log'],
      metrics,
    },
    ...{ targets, signal: stop.signal },
    watch: { queries: queriesOf(clock.now, brokenAt), known: () => known },
  });
  const text = (await metrics.registry.metrics()).split('\n').filter((line) => /^tocsin_(cred|subs|feed)/.test(line));
  return { lines, text };
}

describe('a role that looks at the record of the watch', () => {
  it('serves when sign-in and subscriptions end, and that the feed is watched', async () => {
    expect((await looked(10_000)).text).toEqual([
      `tocsin_credential_expiry_timestamp_seconds{credential="events",feed="events"} ${start / 1000 + 864_000}`,
      `tocsin_subscription_expiry_timestamp_seconds{subscription="events-helsinki",feed="events"} ${start / 1000 + 86_400}`,
      'tocsin_feed_watched{feed="events",policy="Helsinki"} 1',
    ]);
  });

  it('serves at once that it is not, and says so in the log a minute later, with the field that Azure looks for', async () => {
    const { text, lines } = await looked(120_000, start + 30_000);
    expect(text).toContain('tocsin_feed_watched{feed="events",policy="Helsinki"} 0');
    expect(lines).toEqual([
      {
        level: 'error',
        fields: expect.objectContaining({ alarm: 'feed-not-watched', since: '2026-11-21T12:00:30.000Z' }),
        message: 'events: Helsinki: the hub could not be reached',
      },
    ]);
    expect(JSON.stringify(lines[0]?.fields)).toContain('"alarm":"feed-not-watched"');
  });

  it('serves and says nothing while the record is not read yet', async () => {
    expect(await looked(600_000, start, false)).toEqual({ lines: [], text: [] });
  });
});
