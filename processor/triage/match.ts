import type { ReportedCall } from '#domain/emergency/events.ts';
import { isTrusted } from '#domain/emergency/merge.ts';
import type { EmergencyLink } from '#domain/emergency/state.ts';
import type { EmergencyIndex, Known } from '#processor/triage/index.ts';

/** Two feeds tell of one call when their times are no further apart: Teams takes up to a minute to deliver either. */
const sameCallMs = 120_000;
/** Nobody ends a test call and makes a real one in less. */
const sameMomentMs = 10_000;
/** A call of the same caller, or a message in the same chat, within this time may have to do with the first. */
const relatedMs = 600_000;

/** A caller who dials without end must not make the story of each call longer than the one before. */
const mostLinks = 5;

/** Which emergency a notice is about. */
export interface Match {
  readonly emergencyId: string;
  /** How it was found; a notice whose emergency is its own counts as `same-provider-id`. */
  readonly match: 'same-provider-id' | 'caller-and-time';
  /** Others that it may have to do with; only for one that is not raised yet. */
  readonly links: readonly EmergencyLink[];
}

/**
 * Finds the emergency of a notice. In doubt it is one of its own, linked: a false alarm costs less than a call that vanishes in another.
 *
 * 1. The provider's own id of the call is known, or what was raised before its content was fetched: that emergency, whatever its state.
 * 2. The other feed's notice of the call: exactly one open emergency of the same caller within 120 s which has none of this feed yet. A test is one with what is
 *    none only where both name the same number, or within 10 s where one names none: a real call must not become quiet in a test of the same caller. Two that
 *    are no tests may name different numbers, as the one in a chat message may be that of a room.
 * 3. Otherwise an emergency of its own. Also a message in the chat of an open one, however doubtful: a desk's chat may serve for every call, an announcement in a
 *    language without a phrase is a doubt, and nothing tells it from what somebody goes on to say there.
 *
 * What a notice with a wrong `clientState` says is never put into somebody else's emergency, nor the other way round.
 *
 * @param refused emergencies that would not take it: people were done with them before the index knew
 */
export function matchReport(report: ReportedCall, index: EmergencyIndex, refused?: ReadonlySet<string>): Match {
  const known =
    index.byProviderCall(report.emergencyId) ??
    (report.recoveredOf === undefined ? undefined : index.byProviderCall(report.recoveredOf));
  if (known !== undefined) return { emergencyId: known, match: 'same-provider-id', links: [] };

  const at = Date.parse(report.occurredAt ?? report.receivedAt);
  const near = index.near(report, at, relatedMs).filter(({ id }) => id !== report.emergencyId);
  const mergeable = near.filter(
    (other) => !other.resolved && other.trusted && isTrusted(report) && refused?.has(other.id) !== true,
  );
  const sameCall = mergeable.filter(
    (other) =>
      sharesCaller(report, other) &&
      !other.feeds.has(report.feed) &&
      Math.abs(other.at - at) <= mostApart(report, other),
  );
  if (sameCall.length === 1 && sameCall[0] !== undefined)
    return { emergencyId: sameCall[0].id, match: 'caller-and-time', links: [] };

  const links = near.slice(-mostLinks).map((other) => ({ to: other.id, why: whyRelated(report, other, sameCall) }));
  return { emergencyId: report.emergencyId, match: 'same-provider-id', links };
}

/** Names all that {@link matchReport} and what follows from it may look at or change: notices that share none of these are judged alike in any order. */
export function footprintOf(report: ReportedCall, index: EmergencyIndex): readonly string[] {
  const { emergencyId, recoveredOf, callerTokens, chatToken } = report;
  const at = Date.parse(report.occurredAt ?? report.receivedAt);
  // However far away in time: a notice beside this one may tell that a call was at another time than its first notice said.
  const related = index.near(report, at, Number.POSITIVE_INFINITY).map(({ id }) => id);
  const own = [emergencyId, recoveredOf, index.byProviderCall(emergencyId), chatToken].filter(
    (key) => key !== undefined,
  );
  return [...own, ...callerTokens, ...related];
}

function whyRelated(report: ReportedCall, other: Known, sameCall: readonly Known[]): EmergencyLink['why'] {
  if (sameCall.includes(other)) return 'caller-and-time-ambiguous';
  return sharesCaller(report, other) ? 'redial' : 'same-chat';
}

/** How far apart in time the notices of two feeds may be to be of one call, milliseconds; negative where they cannot be. */
function mostApart(report: ReportedCall, other: Known): number {
  const numbers = new Set([report.dialledNumber, other.dialledNumber]);
  if (report.test === other.test || (numbers.size === 1 && !numbers.has(undefined))) return sameCallMs;
  return numbers.has(undefined) ? sameMomentMs : -1;
}

function sharesCaller(report: ReportedCall, other: Known): boolean {
  return report.callerTokens.some((token) => other.callerTokens.has(token));
}
