import type {
  AcknowledgeEmergency,
  EmergencyCommand,
  ReportCall,
  ResolveEmergency,
} from '#domain/emergency/commands.ts';
import type { EmergencyEvent } from '#domain/emergency/events.ts';
import { hasLink } from '#domain/emergency/evolve.ts';
import { bringsNews, hasProviderCall } from '#domain/emergency/merge.ts';
import type { Acknowledgement, EmergencyState, Resolution } from '#domain/emergency/state.ts';
import { assertNever } from '#kernel/assert-never.ts';

/** Events to append (none: it is so already), or why not. */
export type Decision = { readonly ok: true; readonly events: readonly EmergencyEvent[] } | Refusal;

export type Refusal =
  | { readonly ok: false; readonly reason: 'not-found' }
  /** Somebody was first. */
  | { readonly ok: false; readonly reason: 'already-acknowledged'; readonly acknowledged: Acknowledgement }
  | { readonly ok: false; readonly reason: 'already-resolved'; readonly resolved: Resolution };

/**
 * What a command makes of an emergency. Whatever people did stays: reports of machines add to what is known of the call, and never
 * acknowledge, resolve or open it again; that the call ended resolves nothing.
 */
export function decide(command: EmergencyCommand, state: EmergencyState): Decision {
  switch (command.type) {
    case 'ReportCall':
      return report(command, state);
    case 'LinkEmergency':
      if (state.status === 'none') return { ok: false, reason: 'not-found' };
      return hasLink(state.links, command.to)
        ? nothing
        : events({ type: 'EmergencyLinked', data: { to: command.to, why: command.why } });
    case 'AcknowledgeEmergency':
      return acknowledge(command, state);
    case 'ResolveEmergency':
      return resolve(command, state);
    default:
      return assertNever(command);
  }
}

function report({ call, match }: ReportCall, state: EmergencyState): Decision {
  if (state.status === 'none') return events({ type: 'EmergencyRaised', data: { call } });
  if (state.notices.includes(call.noticeId)) return nothing;
  // Something new about another call must not vanish in one that people are done with.
  if (state.status === 'resolved' && !hasProviderCall(state.call, call))
    return { ok: false, reason: 'already-resolved', resolved: state.resolved };
  return bringsNews(state.call, call) ? events({ type: 'EmergencyEnriched', data: { call, match } }) : nothing;
}

function acknowledge({ type: _, ...data }: AcknowledgeEmergency, state: EmergencyState): Decision {
  switch (state.status) {
    case 'none':
      return { ok: false, reason: 'not-found' };
    case 'unacknowledged':
      return events({ type: 'EmergencyAcknowledged', data });
    case 'acknowledged':
      return state.acknowledged.byToken === data.byToken
        ? nothing
        : { ok: false, reason: 'already-acknowledged', acknowledged: state.acknowledged };
    case 'resolved':
      return { ok: false, reason: 'already-resolved', resolved: state.resolved };
    default:
      return assertNever(state);
  }
}

function resolve({ type: _, ...data }: ResolveEmergency, state: EmergencyState): Decision {
  if (state.status === 'none') return { ok: false, reason: 'not-found' };
  if (state.status !== 'resolved') return events({ type: 'EmergencyResolved', data });
  const same = state.resolved.byToken === data.byToken && state.resolved.disposition === data.disposition;
  return same ? nothing : { ok: false, reason: 'already-resolved', resolved: state.resolved };
}

const nothing: Decision = { ok: true, events: [] };

function events(...list: readonly EmergencyEvent[]): Decision {
  return { ok: true, events: list };
}
