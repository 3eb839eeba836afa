import type { EmergencyEvent } from '#domain/emergency/events.ts';
import { knownFrom, mergeReport } from '#domain/emergency/merge.ts';
import { type EmergencyLink, type EmergencyState, noEmergency } from '#domain/emergency/state.ts';
import { assertNever } from '#kernel/assert-never.ts';

/** The state after an event. An event that cannot follow (a stream that somebody else wrote to) changes nothing. */
export function evolve(state: EmergencyState, event: EmergencyEvent): EmergencyState {
  if (event.type === 'EmergencyRaised') {
    if (state.status !== 'none') return state;
    const { call } = event.data;
    return { status: 'unacknowledged', call: knownFrom(call), notices: [call.noticeId], links: [] };
  }
  if (state.status === 'none') return state;
  switch (event.type) {
    case 'EmergencyEnriched': {
      const { call } = event.data;
      if (state.notices.includes(call.noticeId)) return state;
      return { ...state, call: mergeReport(state.call, call), notices: [...state.notices, call.noticeId] };
    }
    case 'EmergencyLinked':
      return hasLink(state.links, event.data.to) ? state : { ...state, links: [...state.links, event.data] };
    case 'EmergencyAcknowledged':
      return state.status === 'unacknowledged' ? { ...state, status: 'acknowledged', acknowledged: event.data } : state;
    case 'EmergencyResolved':
      return state.status === 'resolved' ? state : { ...state, status: 'resolved', resolved: event.data };
    case 'ResponderPaged':
      // On record for people; nothing is decided by it.
      return state;
    default:
      return assertNever(event);
  }
}

/** The state that a whole stream tells. */
export function fold(events: Iterable<EmergencyEvent>, from: EmergencyState = noEmergency): EmergencyState {
  let state = from;
  for (const event of events) state = evolve(state, event);
  return state;
}

export function hasLink(links: readonly EmergencyLink[], to: string): boolean {
  return links.some((link) => link.to === to);
}
