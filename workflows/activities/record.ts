import { ApplicationFailure } from '@temporalio/activity';
import { eventMetadata } from '#domain/metadata.ts';
import { namespace } from '#domain/names.ts';
import { uuid5 } from '#kernel/uuid.ts';
import type { ExpectedRevision, NewEvent } from '#ports/event-log.ts';
import type { ActivityDeps } from '#workflows/activities/deps.ts';
import type { Decision, RecordInput } from '#workflows/definitions/activities.ts';

type Deps = Pick<ActivityDeps, 'log' | 'clock' | 'recordedBy'>;

/** How far back a repeated append may have been overtaken by others. */
const lookBack = 500;
const mostConflicts = 20;

/**
 * Puts decisions on record, each once: ids are made of what they say, the expected revision keeps two writers apart, and what a former attempt of unknown outcome wrote
 * is found in the stream. Throws while the log is away; Temporal calls again.
 */
export async function record(deps: Deps, input: RecordInput): Promise<void> {
  const { stream, decisions } = input;
  const correlation = input.emergencyId ?? uuid5(namespace, `stream|${stream}`);
  let previous: string | undefined;
  const events = decisions.map((decision): NewEvent => {
    const id = decisionId(stream, decision);
    const metadata = eventMetadata(deps.recordedBy, deps.clock.now(), correlation, previous ?? id);
    previous = id;
    return { id, type: decision.type, data: decision.data, metadata };
  });
  for (let tries = 0; tries < mostConflicts; tries++) {
    const tail = await deps.log.readStream(stream, { direction: 'backwards', limit: lookBack });
    if (!tail.ok && tail.reason !== 'stream-not-found') throw away(tail.reason);
    const stored = tail.ok ? tail.events : [];
    const known = new Set(stored.map(({ id }) => id));
    const missing = events.filter(({ id }) => !known.has(id));
    if (missing.length === 0) return;
    const expected: ExpectedRevision = stored[0]?.revision ?? 'no-stream';
    const result = await deps.log.append(stream, expected, missing);
    if (result.ok) return;
    switch (result.reason) {
      case 'wrong-expected-revision':
      case 'unknown-outcome':
        // Read again: what was written is found by its ids.
        continue;
      case 'unavailable':
      case 'access-denied':
      case 'stream-deleted':
        throw away(result.reason);
      case 'too-large':
      case 'invalid':
        throw ApplicationFailure.create({ message: `the log refuses it: ${result.reason}`, type: 'log-refuses' });
    }
  }
  throw away('others write at the same time');
}

/** Id of the event for a decision. Name: `decision|<stream>|<run>|<seq>|<type>`. */
function decisionId(stream: string, { run, seq, type }: Decision): string {
  return uuid5(namespace, `decision|${stream}|${run}|${seq}|${type}`);
}

function away(reason: string): ApplicationFailure {
  return ApplicationFailure.create({ message: `the event log cannot be written: ${reason}`, type: 'log-away' });
}
