import { decide } from '#domain/emergency/decide.ts';
import type { ReportedCall } from '#domain/emergency/events.ts';
import { fetchStreams } from '#domain/fetching/events.ts';
import { emergencyIdOf } from '#domain/names.ts';
import type { Json } from '#kernel/json.ts';
import type { RecordedEvent } from '#ports/event-log.ts';
import type { EmergencyIndex } from '#processor/triage/index.ts';
import { append, type JudgeDeps, linkTo, type Outcome } from '#processor/triage/judge.ts';

/** What triage knows of notices that waited too long for what they referred to. */
export interface DelayedNotices {
  /** An event of any stream; what is known already changes nothing. */
  observe(event: RecordedEvent): void;
  /** The emergency that stands for all of them, as it was when that event came or that notice was put on record; undefined where there is none. */
  alarmAt(event: RecordedEvent): string | undefined;
  alarmOf(cloudEventId: string): string | undefined;
}

/** Notices that are remembered: what is fetched after an outage of hours still finds the emergency that it was part of. */
const remembered = 50_000;

export function createDelayedNotices(index: Pick<EmergencyIndex, 'byProviderCall'>): DelayedNotices {
  /** Ids of the events of each time of waiting, in their order. */
  const times = new Map<string, string[]>();
  const notices = new Map<string, { readonly stream: string; readonly eventId: string }>();

  /** The last of its time's emergencies up to that event: there is a second one where people were done with the first. */
  function alarm(stream: string, eventId: string): string | undefined {
    const ids = times.get(stream) ?? [];
    return ids
      .slice(0, ids.indexOf(eventId) + 1)
      .map(alarmIdOf)
      .findLast((id) => index.byProviderCall(id) !== undefined);
  }

  return {
    observe({ stream, id, type, data }) {
      if (!stream.startsWith(fetchStreams)) return;
      const ids = times.get(stream);
      if (ids?.includes(id) === true) return;
      if (ids === undefined) times.set(stream, [id]);
      else ids.push(id);
      if (type !== 'FetchDelayed' || !Array.isArray(data['notices'])) return;
      for (const notice of data['notices'])
        if (typeof notice === 'string') notices.set(notice, { stream, eventId: id });
      for (const oldest of notices.keys()) {
        if (notices.size <= remembered) break;
        notices.delete(oldest);
      }
    },
    alarmAt: ({ stream, id }) => alarm(stream, id),
    alarmOf(cloudEventId) {
      const found = notices.get(cloudEventId);
      return found && alarm(found.stream, found.eventId);
    },
  };
}

function alarmIdOf(eventId: string): string {
  return emergencyIdOf('chat', 'delayed', eventId);
}

/**
 * Raises one unverified emergency for all notices that wait too long, and says in it when that is over. Judging it again changes nothing. Where people were done
 * with it and more notices wait, there is another one: what is new must not vanish in what somebody closed.
 */
export async function judgeDelayed(
  deps: JudgeDeps & { readonly delayed: DelayedNotices },
  event: RecordedEvent,
  signal: AbortSignal,
): Promise<Outcome> {
  deps.delayed.observe(event);
  const report = reportOf(event);
  if (report === undefined) return { kind: 'not-a-call' };
  while (!signal.aborted) {
    const standing = deps.delayed.alarmAt(event);
    const emergencyId = standing ?? report.emergencyId;
    let loaded = await deps.emergencies.load(emergencyId, signal);
    if (loaded === undefined) break;
    const { state } = loaded;
    const isDone = state.status === 'resolved' && !state.notices.includes(event.id);
    if (event.type === 'FetchResumed' && (state.status === 'none' || isDone)) return { kind: 'not-a-call' };
    const target = isDone ? report.emergencyId : emergencyId;
    if (isDone) loaded = await deps.emergencies.load(target, signal);
    if (loaded === undefined) break;
    const decision = decide({ type: 'ReportCall', call: report, match: 'same-provider-id' }, loaded.state);
    if (!decision.ok) return { kind: 'refused', emergencyId: target, detail: decision.reason };
    if (decision.events.length === 0) return { kind: 'repeated', emergencyId: target };
    const result = await append(deps, target, loaded, decision.events, event.id, signal);
    if (result === undefined) break;
    if (result.ok) {
      deps.emergencies.appended(target, loaded, decision.events, result.revision);
      const kind = loaded.state.status === 'none' ? 'raised' : 'enriched';
      return { kind, emergencyId: target, receivedAt: report.receivedAt };
    }
    if (result.reason !== 'wrong-expected-revision')
      return { kind: 'refused', emergencyId: target, detail: result.reason };
    if ((await deps.emergencies.reload(target, signal)) === undefined) break;
  }
  return { kind: 'aborted' };
}

/** What was fetched late and is a call is linked to the emergency that stood for it in the meantime, both ways. */
export async function linkFetchedLate(
  deps: JudgeDeps & { readonly delayed: DelayedNotices },
  event: RecordedEvent,
  outcome: Outcome,
  signal: AbortSignal,
): Promise<void> {
  if (event.data['tocsinrecovered'] !== true || !('receivedAt' in outcome || outcome.kind === 'repeated')) return;
  const alarm = deps.delayed.alarmOf(String(event.data['id']));
  if (alarm === undefined || alarm === outcome.emergencyId) return;
  await linkTo(deps, alarm, outcome.emergencyId, 'fetched-late', event.id, signal);
  await linkTo(deps, outcome.emergencyId, alarm, 'fetched-late', event.id, signal);
}

function reportOf({ id, type, data }: RecordedEvent): ReportedCall | undefined {
  const { at, since, count } = data;
  if (typeof at !== 'string' || typeof since !== 'string') return undefined;
  if (Number.isNaN(Date.parse(at)) || Number.isNaN(Date.parse(since))) return undefined;
  if (type !== 'FetchResumed' && !(type === 'FetchDelayed' && typeof count === 'number')) return undefined;
  return {
    feed: 'chat',
    emergencyId: alarmIdOf(id),
    confidence: 'low',
    reasons: type === 'FetchDelayed' ? reasonsOf(Number(count), data['lost']) : ['notices-fetched'],
    test: false,
    occurredAt: since,
    callerTokens: [],
    contentToken: id,
    noticeId: id,
    receivedAt: at,
  };
}

/** @param lost how many of them are given up for good */
function reasonsOf(count: number, lost: Json | undefined): readonly string[] {
  const gone = typeof lost === 'number' ? lost : 0;
  return [...(count > gone ? [`notices-not-fetched=${count}`] : []), ...(gone > 0 ? [`notices-lost=${gone}`] : [])];
}
