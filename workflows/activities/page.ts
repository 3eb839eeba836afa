import { ApplicationFailure, Context } from '@temporalio/activity';
import type { ResponderPaged } from '#domain/emergency/events.ts';
import { eventMetadata } from '#domain/metadata.ts';
import { emergencyStream, namespace } from '#domain/names.ts';
import { isJsonObject, type Json, type JsonObject } from '#kernel/json.ts';
import { uuid5 } from '#kernel/uuid.ts';
import type { ActivityDeps } from '#workflows/activities/deps.ts';
import type { Activities, Page } from '#workflows/definitions/activities.ts';
import { readEmergency } from '#workflows/read-emergency.ts';

/** How long it is tried to put an attempt on record before the escalation goes on without: a page is worth more than its record. */
const recordTries = 20;
const longestRecordMs = 10_000;

/** One attempt over every channel, each an event of the emergency. What is personal is read from the log, unsealed here, and goes nowhere else. */
export function createPageActivity(
  deps: Pick<ActivityDeps, 'log' | 'clock' | 'ids' | 'sealer' | 'channels' | 'recordedBy'>,
): Pick<Activities, 'page'> {
  const { log, clock } = deps;

  async function load(stream: string) {
    const read = await readEmergency(log, stream);
    if (read !== undefined) return read;
    throw ApplicationFailure.create({
      message: 'the event log cannot be read',
      type: 'log-away',
      nextRetryDelay: 1_000,
    });
  }

  async function recordPage(
    stream: string,
    emergencyId: string,
    id: string,
    data: ResponderPaged['data'],
  ): Promise<void> {
    const until = clock.now() + longestRecordMs;
    for (let tries = 0; tries < recordTries && clock.now() < until; tries++) {
      const { events } = await load(stream);
      if (events.some((event) => event.id === id)) return;
      const last = events.at(-1);
      const result = await log.append(stream, last?.revision ?? 'no-stream', [
        {
          ...{ id, type: 'ResponderPaged', data: { ...data } satisfies JsonObject },
          metadata: eventMetadata(deps.recordedBy, clock.now(), emergencyId, last?.id ?? id),
        },
      ]);
      if (result.ok) return;
      if (result.reason !== 'wrong-expected-revision') await clock.sleep(100 + 200 * deps.ids.fraction());
    }
    throw ApplicationFailure.create({
      message: 'the attempt cannot be put on record',
      type: 'log-away',
      nextRetryDelay: 1_000,
    });
  }

  return {
    async page({ emergencyId, attempt, urgency }) {
      const signal = Context.current().cancellationSignal;
      const stream = emergencyStream(emergencyId);
      const { state, events } = await load(stream);
      // How it was acted on, so that the escalation ends as what it is.
      const over = { kind: 'not-needed' as const, status: state.status };
      if (state.status !== 'unacknowledged') return over;
      // A further report may have made a real call of it.
      const { test } = state.call;
      const call = (await deps.sealer.unseal(state.call as unknown as Json)) ?? {};
      const pages = await Promise.all(
        deps.channels.map(async (channel): Promise<Page> => {
          const id = uuid5(namespace, `page|${emergencyId}|${channel.name}|${attempt}`);
          // A worker that died after it sent and before it could say so: the record says it.
          const known = events.find((event) => event.id === id)?.data as ResponderPaged['data'] | undefined;
          if (known?.outcome === 'accepted')
            return { channel: channel.name, outcome: 'accepted', detail: known.detail };
          const at = clock.now();
          const sent = await channel.send(
            { id, emergencyId, attempt, urgency, test, at, call: isJsonObject(call) ? call : {} },
            signal,
          );
          // Broken off because this worker ends, or was too slow to say that it lives: the attempt is made again, and on record is what comes of that.
          if (sent.outcome === 'cancelled' && (await load(stream)).state.status === 'unacknowledged')
            throw ApplicationFailure.create({ message: 'this worker was called off', type: 'worker-called-off' });
          const data = { attempt, channel: channel.name, urgency, test, at: new Date(at).toISOString(), ...sent };
          // Made again, it would have the same id for as long as the log is away, and receivers drop what they know.
          await recordPage(stream, emergencyId, id, data).catch(() => undefined);
          return { channel: channel.name, ...sent };
        }),
      );
      return { kind: 'paged', pages, test };
    },
  };
}
