import type { ReportedCall } from '#domain/emergency/events.ts';
import type { EmergencyState } from '#domain/emergency/state.ts';

/**
 * What triage knows of all emergencies, to find the one that a notice is about. Of old ones only the provider's ids stay in memory.
 */
export interface EmergencyIndex {
  /** Brings one emergency up to what its stream says. */
  put(id: string, state: EmergencyState): void;
  /** The emergency that stands for the provider's id of a call. */
  byProviderCall(call: string): string | undefined;
  /** Emergencies of the same caller or chat whose time is near: at most `ms` away from `at` (milliseconds since 1970 UTC). */
  near(report: ReportedCall, at: number, ms: number): readonly Known[];
  readonly size: number;
}

/** What is compared of an emergency. */
export interface Known {
  readonly id: string;
  /** When the call was, milliseconds since 1970 UTC; as far as that is known. */
  readonly at: number;
  /** When the hub got the first notice of it. */
  readonly receivedAt: number;
  readonly resolved: boolean;
  readonly trusted: boolean;
  readonly test: boolean;
  readonly dialledNumber?: string;
  readonly feeds: ReadonlySet<string>;
  readonly callerTokens: ReadonlySet<string>;
  readonly chatTokens: ReadonlySet<string>;
}

/** Graph tries again for four hours, so nothing that comes later than this can be about a call that no provider's id tells. */
const keptMs = 24 * 3_600_000;
const pruneEvery = 1_000;

export function createEmergencyIndex(): EmergencyIndex {
  const byCall = new Map<string, string>();
  const known = new Map<string, Known>();
  const byToken = new Map<string, Set<string>>();
  let newest = 0;
  let untilPruning = pruneEvery;

  function remember(tokens: Iterable<string>, id: string): void {
    for (const token of tokens) {
      const ids = byToken.get(token);
      if (ids === undefined) byToken.set(token, new Set([id]));
      else ids.add(id);
    }
  }

  /** By the hub's clock: what a notice claims about its time must not make others forgotten. */
  function prune(): void {
    for (const emergency of known.values()) {
      if (emergency.receivedAt >= newest - keptMs) continue;
      known.delete(emergency.id);
      for (const token of [...emergency.callerTokens, ...emergency.chatTokens]) {
        const ids = byToken.get(token);
        ids?.delete(emergency.id);
        if (ids?.size === 0) byToken.delete(token);
      }
    }
  }

  return {
    put(id, state) {
      if (state.status === 'none') return;
      const { call } = state;
      const receivedAt = Date.parse(call.receivedAt);
      // Not `Math.max`: one that cannot be read would make all others forgotten.
      if (receivedAt > newest) newest = receivedAt;
      for (const { call: providerCall } of call.providerCalls) byCall.set(providerCall, id);
      remember(call.callerTokens, id);
      remember(call.chatTokens, id);
      known.set(id, {
        id,
        at: Date.parse(call.occurredAt ?? call.receivedAt),
        receivedAt,
        resolved: state.status === 'resolved',
        trusted: call.trusted,
        test: call.test,
        ...(call.dialledNumber === undefined ? {} : { dialledNumber: call.dialledNumber }),
        feeds: new Set(call.providerCalls.map(({ feed }) => feed)),
        callerTokens: new Set(call.callerTokens),
        chatTokens: new Set(call.chatTokens),
      });
      if (--untilPruning > 0) return;
      untilPruning = pruneEvery;
      prune();
    },
    byProviderCall: (call) => byCall.get(call),
    near(report, at, ms) {
      const tokens = report.chatToken === undefined ? report.callerTokens : [...report.callerTokens, report.chatToken];
      const ids = new Set(tokens.flatMap((token) => [...(byToken.get(token) ?? [])]));
      const found: Known[] = [];
      for (const id of ids) {
        const emergency = known.get(id);
        if (emergency !== undefined && Math.abs(emergency.at - at) <= ms) found.push(emergency);
      }
      // In an order that does not depend on what came first, so that a replay decides alike.
      return found.sort((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1));
    },
    get size() {
      return known.size;
    },
  };
}
