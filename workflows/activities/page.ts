import { ApplicationFailure, Context } from '@temporalio/activity';
import type { ResponderPaged } from '#domain/emergency/events.ts';
import { pageUrgency } from '#domain/emergency/paging.ts';
import type { UnacknowledgedEmergency } from '#domain/emergency/state.ts';
import { isJsonObject, type Json } from '#kernel/json.ts';
import type { PageMessage } from '#workflows/activities/channels/channel.ts';
import type { ActivityDeps } from '#workflows/activities/deps.ts';
import { createPageRecord, logAway } from '#workflows/activities/page-record.ts';
import type { Activities, Page } from '#workflows/definitions/activities.ts';

/** One attempt over every channel, each an event of the emergency. What is personal is read from the log, unsealed here, and goes nowhere else. */
export function createPageActivity(
  deps: Pick<ActivityDeps, 'log' | 'clock' | 'ids' | 'sealer' | 'channels' | 'recordedBy'>,
): Pick<Activities, 'page'> {
  const { clock } = deps;

  async function told({ call }: UnacknowledgedEmergency): Promise<Pick<PageMessage, 'call'>> {
    const unsealed = (await deps.sealer.unseal(call as unknown as Json)) ?? {};
    return { call: isJsonObject(unsealed) ? unsealed : {} };
  }

  return {
    async page({ emergencyId, urgency, test: lastKnown, ...input }) {
      const { cancellationSignal: signal, info } = Context.current();
      const record = createPageRecord(deps, emergencyId, info.workflowExecution?.runId ?? '');
      const found = await record.findSurely(signal);
      if (found === undefined && lastKnown === undefined) throw logAway('the event log cannot be read');
      const state = found?.state;
      // How it was acted on, so that the escalation ends as what it is.
      if (state !== undefined && state.status !== 'unacknowledged') return { kind: 'not-needed', status: state.status };
      const events = found?.events ?? [];
      const attempt = input.attempt + (input.begins === true ? record.attemptsBefore(events) : 0);
      // A further report may have made a real call of it.
      const test = state?.call.test ?? lastKnown === true;
      const about = state === undefined ? unread : await told(state);
      const louder = Math.max(urgency, pageUrgency(attempt));
      const pages = await Promise.all(
        deps.channels.map(async (each): Promise<Page> => {
          const channel = each.name;
          const id = record.idOf({ channel, attempt, test });
          // A worker that died after it sent and before it could say so: the record says it.
          const known = events.find((event) => event.id === id)?.data as ResponderPaged['data'] | undefined;
          if (known?.outcome === 'accepted') return { channel, outcome: 'accepted', detail: known.detail };
          const at = clock.now();
          const sent = await each.send({ id, emergencyId, attempt, urgency: louder, test, at, ...about }, signal);
          // Broken off because this worker ends, or was too slow to say that it lives: the attempt is made again, and on record is what comes of that.
          if (sent.outcome === 'cancelled' && !isActedOn(await record.find()))
            throw ApplicationFailure.create({ message: 'this worker was called off', type: 'worker-called-off' });
          const data = { attempt, channel, urgency: louder, test, at: new Date(at).toISOString(), ...sent };
          // Made again, it would have the same id for as long as the log is away, and receivers drop what they know.
          await record.add(data).catch(() => undefined);
          return { channel, ...sent };
        }),
      );
      return { kind: 'paged', pages, test, ...(found === undefined ? { unread: true } : { attempt }) };
    },
  };
}

function isActedOn(found: { readonly state: { readonly status: string } } | undefined): boolean {
  return found !== undefined && found.state.status !== 'unacknowledged';
}

/** All that can be said while the log is away: that somebody called is known, and that nobody acted was, the last time that it was read. */
const unread: Pick<PageMessage, 'call' | 'note'> = {
  call: {},
  note: 'The record of this call cannot be read now: who called, from where, and whether somebody has acted already is not known here. Look at the board, ask each other, and see to the event log.',
};
