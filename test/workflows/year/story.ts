import { streamPrefixes } from '#domain/names.ts';
import type { RecordedEvent } from '#ports/event-log.ts';
import type { Fault } from '#test/workflows/year/weather.ts';

const hour = 3_600_000;
const aroundMs = 20 * 60_000;
/** What holds long before a moment may explain it: a renewal, a fault that lasted. */
const beforeMs = 8 * hour;
const told = [streamPrefixes.credential, streamPrefixes.subscription, streamPrefixes.watch, streamPrefixes.emergency];

/** What the log and the weather say of the time around something that went wrong, line by line: a year takes too long to be run again just to look. */
export function story(
  what: string,
  { from, to, policy }: { readonly from: number; readonly to: number; readonly policy?: string },
  events: readonly RecordedEvent[],
  faults: readonly Fault[],
): string {
  const iso = (ms: number) => (Number.isFinite(ms) ? new Date(ms).toISOString() : 'open');
  const weather = faults
    .filter((fault) => fault.from <= to + aroundMs && fault.until >= from - beforeMs)
    .map(({ kind, from: begins, until }) => ({ at: begins, line: `${kind} until ${iso(until)}` }));
  const record = events.flatMap((event) => {
    const { stream, type, data, metadata, created } = event;
    if (!told.some((prefix) => stream.startsWith(prefix))) return [];
    if (policy !== undefined && typeof data['policy'] === 'string' && data['policy'] !== policy) return [];
    const isSubscription = stream.startsWith(streamPrefixes.subscription);
    if (created > to + aroundMs || created < from - (isSubscription ? beforeMs : aroundMs)) return [];
    const { recordedAt: _, role: __, build: ___, ...known } = metadata;
    return [{ at: created, line: `${stream} ${type} ${JSON.stringify(data)} ${JSON.stringify(known)}`.slice(0, 700) }];
  });
  const lines = [...weather, ...record].sort((a, b) => a.at - b.at).map(({ at, line }) => `  ${iso(at)} ${line}`);
  return [`${what}: ${iso(from)} to ${iso(to)}`, ...lines].join('\n');
}
