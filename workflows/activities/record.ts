import { ApplicationFailure, Context } from '@temporalio/activity';
import { eventMetadata } from '#domain/metadata.ts';
import { namespace } from '#domain/names.ts';
import { uuid5 } from '#kernel/uuid.ts';
import type { ExpectedRevision, NewEvent } from '#ports/event-log.ts';
import type { ActivityDeps } from '#workflows/activities/deps.ts';
import type { Activities, Decision, RecordInput } from '#workflows/definitions/activities.ts';

type Deps = Pick<ActivityDeps, 'log' | 'clock' | 'recordedBy'>;

/** How far back a repeated append may have been overtaken by others. */
const lookBack = 500;
const mostConflicts = 20;
/** From here on it is told that a decision waited for the log: milliseconds. */
const tellFromMs = 100;

/** What becomes of a decision that the log refuses: the same again would be refused again. */
interface Refused {
  /** Which attempt this is; 1 is the first. */
  readonly attempt: number;
  /** Told of each that is put aside, with the log's reason. */
  aside(decision: Decision, reason: string): void;
}

/** Attempts after which a decision that the log refuses is put aside: what was decided after it must not wait for ever. */
const triesBeforeAside = 5;

/** The activity. What the log refuses for good ends as an error in the log of this process, with all that names it and nothing of what it says. */
export function createRecordActivity(deps: Deps): Pick<Activities, 'record'> {
  return {
    async record(input) {
      const { info, log } = Context.current();
      await record(deps, input, {
        attempt: info.attempt,
        aside({ run, seq, type }, reason) {
          const named = { stream: input.stream, type, run, seq, reason };
          log.error('the event log refuses a decision: it is put aside and is not on record', named);
        },
      });
    },
  };
}

/**
 * Puts decisions on record, each once: ids are made of what they say, the expected revision keeps two writers apart, and what a former attempt of unknown outcome wrote
 * is found in the stream. Throws while the log is away; Temporal calls again. Of several that the log refuses together each is tried by itself.
 */
export async function record(deps: Deps, input: RecordInput, refused?: Refused): Promise<void> {
  const together = await append(deps, input);
  if (together === undefined) return;
  for (const decision of input.decisions) {
    const reason = input.decisions.length === 1 ? together : await append(deps, { ...input, decisions: [decision] });
    if (reason === undefined) continue;
    if (refused === undefined || refused.attempt < triesBeforeAside)
      throw ApplicationFailure.create({ message: `the log refuses it: ${reason}`, type: 'log-refuses' });
    refused.aside(decision, reason);
  }
}

/** Why the log refuses it; undefined: it is on record. */
async function append(deps: Deps, input: RecordInput): Promise<'too-large' | 'invalid' | undefined> {
  const { stream, decisions } = input;
  const correlation = input.emergencyId ?? uuid5(namespace, `stream|${stream}`);
  let previous: string | undefined;
  const events = decisions.map((decision): NewEvent => {
    const id = decisionId(stream, decision);
    const now = deps.clock.now();
    const waited = decision.at !== undefined && now - decision.at >= tellFromMs;
    const metadata = {
      ...eventMetadata(deps.recordedBy, now, correlation, previous ?? id),
      ...(waited ? { decidedAt: new Date(decision.at).toISOString() } : {}),
    };
    previous = id;
    return { id, type: decision.type, data: decision.data, metadata };
  });
  for (let tries = 0; tries < mostConflicts; tries++) {
    const tail = await deps.log.readStream(stream, { direction: 'backwards', limit: lookBack });
    if (!tail.ok && tail.reason !== 'stream-not-found') throw away(tail.reason);
    const stored = tail.ok ? tail.events : [];
    const known = new Set(stored.map(({ id }) => id));
    const missing = events.filter(({ id }) => !known.has(id));
    if (missing.length === 0) return undefined;
    const expected: ExpectedRevision = stored[0]?.revision ?? 'no-stream';
    const result = await deps.log.append(stream, expected, missing);
    if (result.ok) return undefined;
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
        return result.reason;
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
