import { ApplicationFailure } from '@temporalio/activity';
import type { ResponderPaged } from '#domain/emergency/events.ts';
import type { EmergencyState, NoEmergency } from '#domain/emergency/state.ts';
import { eventMetadata } from '#domain/metadata.ts';
import { emergencyStream, namespace } from '#domain/names.ts';
import type { JsonObject } from '#kernel/json.ts';
import { uuid5 } from '#kernel/uuid.ts';
import type { RecordedEvent } from '#ports/event-log.ts';
import type { ActivityDeps } from '#workflows/activities/deps.ts';
import { readEmergency } from '#workflows/read-emergency.ts';

/** How long it is tried to put an attempt on record before the escalation goes on without: a page is worth more than its record. */
const recordTries = 20;
const longestRecordMs = 10_000;
/** Between the two times that a log is asked before a page goes out without it: milliseconds. */
const againMs = 1_000;

interface FoundEmergency {
  readonly state: Exclude<EmergencyState, NoEmergency>;
  readonly events: readonly RecordedEvent[];
}

/** What is on record of the pages of one emergency, as one run of its escalation sees it. */
interface PageRecord {
  /**
   * Undefined where the log does not answer, and where it does not have the emergency: it may have been restored from a copy that is older, and that nobody is paged any
   * more must not come of it.
   */
  find(): Promise<FoundEmergency | undefined>;
  /** Asks a second time before it says that there is no answer. */
  findSurely(signal: AbortSignal): Promise<FoundEmergency | undefined>;
  /** The same for every repetition of one attempt of this run; another where the call is no test any more. */
  idOf(page: Pick<ResponderPaged['data'], 'channel' | 'attempt' | 'test'>): string;
  /** The highest attempt that other runs put on record, 0 for none. */
  attemptsBefore(events: readonly RecordedEvent[]): number;
  /** @throws where it cannot be put on record */
  add(data: ResponderPaged['data']): Promise<void>;
}

/** @param run of the workflow: a page of another one, which ended though nobody acted, stands for none of this one */
export function createPageRecord(
  { log, clock, ids, recordedBy }: Pick<ActivityDeps, 'log' | 'clock' | 'ids' | 'recordedBy'>,
  emergencyId: string,
  run: string,
): PageRecord {
  const stream = emergencyStream(emergencyId);

  async function find(): Promise<FoundEmergency | undefined> {
    const read = await readEmergency(log, stream);
    if (read === undefined || read.state.status === 'none') return undefined;
    return { state: read.state, events: read.events };
  }

  const idOf: PageRecord['idOf'] = ({ channel, attempt, test }) =>
    uuid5(namespace, ['page', emergencyId, run, channel, attempt, test ? 'test' : 'real'].join('|'));

  return {
    find,
    async findSurely(signal) {
      const found = await find();
      if (found !== undefined) return found;
      await clock.sleep(againMs, signal);
      return await find();
    },
    idOf,
    attemptsBefore(events) {
      const attempts = events.flatMap(({ id, type, data }) => {
        if (type !== 'ResponderPaged') return [];
        const page = data as unknown as ResponderPaged['data'];
        return id === idOf(page) || !Number.isSafeInteger(page.attempt) ? [] : [page.attempt];
      });
      return Math.max(0, ...attempts);
    },
    async add(data) {
      const id = idOf(data);
      const until = clock.now() + longestRecordMs;
      for (let tries = 0; tries < recordTries && clock.now() < until; tries++) {
        const found = await find();
        if (found === undefined) throw logAway('the event log cannot be read');
        const { events } = found;
        if (events.some((event) => event.id === id)) return;
        const last = events.at(-1);
        const result = await log.append(stream, last?.revision ?? 'no-stream', [
          {
            ...{ id, type: 'ResponderPaged', data: { ...data } satisfies JsonObject },
            metadata: eventMetadata(recordedBy, clock.now(), emergencyId, last?.id ?? id),
          },
        ]);
        if (result.ok) return;
        if (result.reason !== 'wrong-expected-revision') await clock.sleep(100 + 200 * ids.fraction());
      }
      throw logAway('the attempt cannot be put on record');
    },
  };
}

/** Has Temporal try again soon. */
export function logAway(message: string): ApplicationFailure {
  return ApplicationFailure.create({ message, type: 'log-away', nextRetryDelay: 1_000 });
}
