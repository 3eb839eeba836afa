import { isJsonObject } from '#kernel/json.ts';
import type { RecordedEvent } from '#ports/event-log.ts';
import type { RecordedGap } from '#test/projections/watch/recorded-gaps.ts';
import type { Gap } from '#test/workflows/year/coverage.ts';
import type { Absence } from '#test/workflows/year/listener.ts';
import type { CallOfTheYear } from '#test/workflows/year/teams.ts';
import type { Fault } from '#test/workflows/year/weather.ts';

const minute = 60_000;
/** Who looks every two minutes sees the end of a fault, and who tries again its end, no later than this. */
const recordSlackMs = 5 * minute;
/** Graph asked for a token during a fault: a touch that nobody answered is followed by another kind ten minutes later, not sooner (domain/subscriptions/plan.ts). */
const quietMs = 10 * minute;
/** A subscription that is gone without a word was last seen alive at its last renewal: a third of a day at most for emergency events. */
const lastSeenMs = 9 * 60 * minute;
/** Until the first subscription is there. */
const firstMs = 15 * minute;

/** What is on record as a gap though nothing was wrong. */
export function unexplainedRecords(
  gaps: readonly RecordedGap[],
  faults: readonly Fault[],
  start: number,
): readonly RecordedGap[] {
  const inOrder = [...faults].sort((a, b) => a.from - b.from);
  return gaps.filter(({ from, to, cause }) => {
    if (cause === 'not-started') return from > start + firstMs || to > start + firstMs;
    const early = cause.startsWith('subscription-') ? lastSeenMs : recordSlackMs;
    const late = cause === 'graph-unreachable' || cause === 'delivery-paused' ? recordSlackMs + quietMs : recordSlackMs;
    let end = Number.NEGATIVE_INFINITY;
    for (const fault of inOrder) {
      if (fault.from > Math.max(from + early, end) || fault.until + recordSlackMs < from) continue;
      end = Math.max(end, fault.until + late);
    }
    return to > end;
  });
}

/**
 * Times in which Graph would have delivered nothing, and of which the record says that the feed was watched. Nothing is allowed for: a gap on record begins no later
 * and ends no earlier than the truth.
 */
export function missingRecords(gaps: readonly Gap[], recorded: readonly RecordedGap[], end: number): readonly Gap[] {
  const by = Map.groupBy(recorded, ({ policy }) => policy);
  return gaps.filter((gap) => {
    const policy = /policyName='(.+)'/.exec(gap.resource)?.[1] ?? '';
    return coveredTo(by.get(policy) ?? [], gap.from) < Math.min(gap.to, end);
  });
}

/** Times in which nobody read the hub, and of which the record of some feed or policy says that it was watched. Nothing is allowed for here either. */
export function missingAbsences(
  absences: readonly Absence[],
  recorded: readonly RecordedGap[],
  policies: readonly string[],
): readonly (Absence & { readonly policy: string })[] {
  const by = Map.groupBy(recorded, ({ policy }) => policy);
  return policies.flatMap((policy) =>
    absences
      .filter(({ from, to }) => coveredTo(by.get(policy) ?? [], from) < to)
      .map((absence) => ({ ...absence, policy })),
  );
}

function coveredTo(known: readonly RecordedGap[], from: number): number {
  let at = from;
  for (const gap of known) if (gap.from <= at && gap.to > at) at = gap.to;
  return at;
}

/** What became of the calls of a year. */
export interface CallsVerdict {
  readonly calls: number;
  readonly emergencies: number;
  /** Raised more than five minutes after the call, or from what was read again; both times are on record. */
  readonly late: number;
  readonly recovered: number;
  /** On the events feed while nothing was subscribed: the gap is on record. */
  readonly inGaps: number;
  /** Must all be empty. */
  readonly lost: readonly string[];
  readonly doubled: readonly string[];
  readonly lateUnexplained: readonly string[];
}

interface Raised {
  readonly stream: string;
  readonly occurredAt: number;
  readonly recordedAt: number;
  readonly noticeId: string;
}

const lateMs = 5 * minute;

export function judgeCalls(
  calls: readonly CallOfTheYear[],
  events: readonly RecordedEvent[],
  recorded: readonly RecordedGap[],
  faults: readonly Fault[],
): CallsVerdict {
  const known = new Map<string, Raised[]>();
  const raised = new Set<string>();
  const raisedAgain: string[] = [];
  const recoveredNotices = new Set<string>();
  for (const event of events) {
    if (event.stream.startsWith('inbox-') && event.data['tocsinrecovered'] === true) recoveredNotices.add(event.id);
    if (!event.stream.startsWith('emergency-')) continue;
    if (event.type === 'EmergencyRaised') {
      if (raised.has(event.stream)) raisedAgain.push(`${new Date(event.created).toISOString()} ${event.stream}`);
      raised.add(event.stream);
    }
    const call = event.data['call'];
    if (!isJsonObject(call)) continue;
    const id = String(call['emergencyId']);
    const told = {
      ...{ stream: event.stream, noticeId: String(call['noticeId']) },
      occurredAt: Date.parse(String(call['occurredAt'])),
      recordedAt: Date.parse(String(event.metadata['recordedAt'])),
    };
    known.set(id, [...(known.get(id) ?? []), told]);
  }

  const [lost, doubled, lateUnexplained]: [string[], string[], string[]] = [[], [], []];
  let [late, recovered, inGaps] = [0, 0, 0];
  for (const { at, reports } of calls) {
    const word = new Date(at).toISOString();
    const tellings: Raised[] = [];
    for (const { feed, emergencyId, policy, fate } of reports) {
      const [first] = known.get(emergencyId) ?? [];
      if (first !== undefined) {
        tellings.push(first);
        continue;
      }
      const isOnRecord = recorded.some((gap) => gap.policy === (policy ?? '') && gap.from <= at && at < gap.to);
      if (feed === 'events' && fate !== 'delivered' && isOnRecord) inGaps += 1;
      else lost.push(`${word} ${feed} ${fate}${isOnRecord ? ' in a recorded gap' : ''}`);
    }
    const streams = new Set(tellings.map(({ stream }) => stream));
    if (streams.size > 1) doubled.push(`${word} ${[...streams].join(' and ')}`);
    const first = tellings.sort((a, b) => a.recordedAt - b.recordedAt)[0];
    if (first === undefined) continue;
    if (recoveredNotices.has(first.noticeId)) recovered += 1;
    if (first.recordedAt - at < lateMs) continue;
    late += 1;
    const explained = faults.some(({ from, until }) => from <= first.recordedAt && until + recordSlackMs >= at);
    if (!explained || first.occurredAt !== at) lateUnexplained.push(word);
  }
  doubled.push(...raisedAgain);
  return { calls: calls.length, emergencies: raised.size, late, recovered, inGaps, lost, doubled, lateUnexplained };
}
