import { decide } from '#domain/emergency/decide.ts';
import type { EmergencyEvent, ReportedCall } from '#domain/emergency/events.ts';
import { readCallReport } from '#domain/emergency/read.ts';
import type { EmergencyLink } from '#domain/emergency/state.ts';
import type { EventMetadata } from '#domain/metadata.ts';
import { causedEventId, emergencyStream } from '#domain/names.ts';
import type { JsonObject } from '#kernel/json.ts';
import type { NewEvent, RecordedEvent } from '#ports/event-log.ts';
import { appendSurely, type RetryDeps } from '#processor/retry.ts';
import type { Emergencies, Loaded } from '#processor/triage/emergencies.ts';
import { matchReport } from '#processor/triage/match.ts';

export interface JudgeDeps extends RetryDeps {
  readonly emergencies: Emergencies;
  /** Metadata of an event: what caused it, and the emergency that it belongs to. */
  readonly metadata: (causationId: string, correlationId: string) => EventMetadata;
}

/** What came of an event of `inbox-*`. */
export type Outcome =
  /** It says nothing about a call. */
  | { readonly kind: 'not-a-call' }
  | { readonly kind: 'malformed' }
  | { readonly kind: 'raised' | 'enriched'; readonly emergencyId: string; readonly receivedAt: string }
  /** All that it says is known. */
  | { readonly kind: 'repeated'; readonly emergencyId: string }
  /** The log will not take it, whatever is done; `detail` is for operators. */
  | { readonly kind: 'refused'; readonly emergencyId: string; readonly detail: string }
  /** The signal was aborted before it was judged. */
  | { readonly kind: 'aborted' };

/** Judges one event of `inbox-*`: what it says about a call is in the log when this resolves. Judging it again changes nothing. */
export async function judge(deps: JudgeDeps, event: RecordedEvent, signal: AbortSignal): Promise<Outcome> {
  const report = readCallReport(event);
  if (report === undefined) return { kind: 'not-a-call' };
  if (report === 'malformed') return { kind: 'malformed' };
  return judgeReport(deps, report, signal);
}

async function judgeReport(deps: JudgeDeps, report: ReportedCall, signal: AbortSignal): Promise<Outcome> {
  const { emergencies } = deps;
  const refused = new Set<string>();
  let call = report;
  while (!signal.aborted) {
    const { emergencyId, match, links } = matchReport(report, emergencies.index, refused);
    const loaded = await emergencies.load(emergencyId, signal);
    if (loaded === undefined) break;
    const decision = decide({ type: 'ReportCall', call, match }, loaded.state);
    if (!decision.ok) {
      // People were done with it in the meantime: with that known, the notice finds another emergency.
      if (refused.has(emergencyId)) return { kind: 'refused', emergencyId, detail: decision.reason };
      refused.add(emergencyId);
      if ((await emergencies.reload(emergencyId, signal)) === undefined) break;
      continue;
    }
    if (decision.events.length === 0) {
      await linkBack(deps, emergencyId, loaded, report.noticeId, signal);
      return { kind: 'repeated', emergencyId };
    }
    const raised = loaded.state.status === 'none';
    const events = raised ? [...decision.events, ...links.map(linked)] : decision.events;
    const result = await append(deps, emergencyId, loaded, events, report.noticeId, signal);
    if (result === undefined) break;
    if (result.ok) {
      const now = emergencies.appended(emergencyId, loaded, events, result.revision);
      if (raised) await linkBack(deps, emergencyId, now, report.noticeId, signal);
      return { kind: raised ? 'raised' : 'enriched', emergencyId, receivedAt: report.receivedAt };
    }
    if (result.reason === 'too-large' && call.text !== undefined) {
      const { text: _, ...withoutText } = call;
      call = withoutText;
    } else if ((result.reason === 'too-large' || result.reason === 'invalid') && !call.reasons.includes('not-stored')) {
      call = bareReport(report);
    } else if (result.reason !== 'wrong-expected-revision') {
      return { kind: 'refused', emergencyId, detail: result.reason };
    } else if ((await emergencies.reload(emergencyId, signal)) === undefined) break;
  }
  return { kind: 'aborted' };
}

/** The call without what was only passed on from outside: for a log that will not take it as it is. The notice keeps the rest. */
function bareReport({
  feed,
  emergencyId,
  reasons,
  test,
  callerTokens,
  noticeId,
  receivedAt,
}: ReportedCall): ReportedCall {
  const words = reasons.filter((reason) => /^[a-z-]{1,64}$/.test(reason));
  const judged = { confidence: 'low' as const, reasons: [...words, 'not-stored'] };
  return { feed, emergencyId, test, callerTokens, noticeId, receivedAt, ...judged };
}

/** Tells the other emergencies about the one that this notice raised. A crash in between is made good when the notice is judged again. */
async function linkBack(
  deps: JudgeDeps,
  id: string,
  own: Loaded,
  noticeId: string,
  signal: AbortSignal,
): Promise<void> {
  if (own.state.status === 'none' || own.state.notices[0] !== noticeId) return;
  for (const { to, why } of own.state.links) await linkTo(deps, to, id, why, noticeId, signal);
}

/** Tells one emergency about another; one that knows of it already is left as it is. */
export async function linkTo(
  deps: JudgeDeps,
  id: string,
  to: string,
  why: EmergencyLink['why'],
  noticeId: string,
  signal: AbortSignal,
): Promise<void> {
  for (let loaded = await deps.emergencies.load(id, signal); loaded !== undefined; ) {
    const decision = decide({ type: 'LinkEmergency', to, why }, loaded.state);
    if (!decision.ok || decision.events.length === 0) return;
    const result = await append(deps, id, loaded, decision.events, noticeId, signal);
    if (result?.ok === true) deps.emergencies.appended(id, loaded, decision.events, result.revision);
    if (result === undefined || result.ok || result.reason !== 'wrong-expected-revision') return;
    loaded = await deps.emergencies.reload(id, signal);
  }
}

/** Appends what a notice means; ids derive from it, so that the same again changes nothing. */
export function append(
  deps: JudgeDeps,
  emergencyId: string,
  loaded: Loaded,
  events: readonly EmergencyEvent[],
  noticeId: string,
  signal: AbortSignal,
) {
  const stream = emergencyStream(emergencyId);
  const toAppend = events.map((event): NewEvent => {
    // One notice may link several emergencies: the name of each event says which.
    const name = event.type === 'EmergencyLinked' ? `${event.type}|${event.data.to}` : event.type;
    return {
      id: causedEventId(stream, noticeId, name),
      type: event.type,
      data: event.data as unknown as JsonObject,
      metadata: deps.metadata(noticeId, emergencyId),
    };
  });
  return appendSurely(deps, signal, stream, loaded.revision, toAppend);
}

function linked(data: EmergencyLink): EmergencyEvent {
  return { type: 'EmergencyLinked', data };
}
