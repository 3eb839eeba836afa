import type { ActedFrom, Disposition, Sealed } from '#domain/emergency/events.ts';
import type { EmergencyLink, EmergencyState } from '#domain/emergency/state.ts';
import type { CallLocation, CallReport, Feed } from '#domain/notices/item.ts';

/** An emergency in the outer shape, its personal values still sealed; a field that is not known is absent. Times are ISO 8601 UTC. */
export interface EmergencyDocument {
  readonly id: string;
  readonly state: 'unacknowledged' | 'acknowledged' | 'resolved';
  /** False: it may be an emergency; `reasons` say why. */
  readonly verified: boolean;
  readonly confidence: 'high' | 'medium' | 'low';
  readonly reasons: readonly string[];
  readonly test: boolean;
  readonly caller?: NonNullable<CallReport<Sealed>['caller']>;
  readonly dialledNumber?: string;
  readonly location?: CallLocation<Sealed>;
  readonly policy?: string;
  readonly feeds: readonly Feed[];
  readonly occurredAt?: string;
  readonly receivedAt: string;
  /** When the log wrote it. */
  readonly raisedAt: string;
  readonly text?: Sealed;
  readonly language?: string;
  readonly callEventType?: string;
  readonly acknowledged?: { readonly by: Sealed; readonly at: string; readonly from: ActedFrom };
  readonly resolved?: {
    readonly by: Sealed;
    readonly at: string;
    readonly from: ActedFrom;
    readonly disposition: Disposition;
    readonly note?: Sealed;
  };
  readonly links?: readonly EmergencyLink[];
  /** Revision of the last event of its stream. */
  readonly revision: number;
}

/** The document of an emergency that was raised. */
export function documentOf(
  id: string,
  state: Exclude<EmergencyState, { status: 'none' }>,
  raisedAt: string,
  revision: number,
): EmergencyDocument {
  const { call } = state;
  const { verified, confidence, reasons, test, caller, dialledNumber, location, policy, feeds } = call;
  const { occurredAt, receivedAt, text, language, callEventType } = call;
  return {
    ...{ id, state: state.status, verified, confidence, reasons, test },
    ...(caller === undefined ? {} : { caller }),
    ...(dialledNumber === undefined ? {} : { dialledNumber }),
    ...(location === undefined ? {} : { location }),
    ...(policy === undefined ? {} : { policy }),
    feeds,
    ...(occurredAt === undefined ? {} : { occurredAt }),
    ...{ receivedAt, raisedAt },
    ...(text === undefined ? {} : { text }),
    ...(language === undefined ? {} : { language }),
    ...(callEventType === undefined ? {} : { callEventType }),
    ...acts(state),
    ...(state.links.length === 0 ? {} : { links: state.links }),
    revision,
  };
}

function acts(
  state: Exclude<EmergencyState, { status: 'none' }>,
): Pick<EmergencyDocument, 'acknowledged' | 'resolved'> {
  if (state.status === 'unacknowledged') return {};
  const taken = state.acknowledged;
  const acknowledged = taken === undefined ? {} : { acknowledged: { by: taken.by, at: taken.at, from: taken.from } };
  if (state.status === 'acknowledged') return acknowledged;
  const { byToken: _, ...resolved } = state.resolved;
  return { ...acknowledged, resolved };
}
