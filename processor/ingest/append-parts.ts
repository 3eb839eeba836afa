import type { ExpectedRevision, NewEvent } from '#ports/event-log.ts';
import { type AppendDeps, appendSettled, type SettledAppend } from '#processor/ingest/append.ts';
import { maxEventBytes, smallerEvents } from '#processor/ingest/fit.ts';
import { splitByLimit } from '#processor/ingest/split.ts';

/** Most events of one append. */
const maxEventsPerAppend = 2000;

export interface AppendPartsDeps extends AppendDeps {
  /** Told what the log refused of an event that was then stored smaller. */
  readonly onCut: (detail: string) => void;
}

/** Appends the events of a batch in order, in as many appends as it takes; stops at the first that does not work. */
export async function appendParts(
  deps: AppendPartsDeps,
  stream: string,
  expected: ExpectedRevision,
  events: readonly { readonly event: NewEvent; readonly size: number }[],
  signal: AbortSignal,
): Promise<SettledAppend> {
  let revision = expected;
  let last: SettledAppend = { outcome: 'stopped' };
  for (const part of splitByLimit(events, maxEventBytes, maxEventsPerAppend)) {
    const toAppend = part.map(({ event }) => event);
    last = await appendPart(deps, stream, revision, toAppend, signal);
    if (last.outcome !== 'appended') return last;
    revision = last.revision;
  }
  return last;
}

/** What is too large for the log in spite of all is halved, and an event that is it alone is cut: it would be in the way of all behind it for ever. */
async function appendPart(
  deps: AppendPartsDeps,
  stream: string,
  expected: ExpectedRevision,
  events: readonly NewEvent[],
  signal: AbortSignal,
): Promise<SettledAppend> {
  const settled = await appendSettled(deps, stream, expected, events, signal);
  if (!isTooLarge(settled)) return settled;
  const [only] = events;
  if (events.length === 1 && only !== undefined) return appendSmaller(deps, stream, expected, only, settled, signal);
  const half = Math.ceil(events.length / 2);
  const first = await appendPart(deps, stream, expected, events.slice(0, half), signal);
  return first.outcome === 'appended' ? appendPart(deps, stream, first.revision, events.slice(half), signal) : first;
}

type Refused = Extract<SettledAppend, { outcome: 'refused' }>;

async function appendSmaller(
  deps: AppendPartsDeps,
  stream: string,
  expected: ExpectedRevision,
  event: NewEvent,
  refused: Refused,
  signal: AbortSignal,
): Promise<SettledAppend> {
  deps.onCut(refused.detail);
  let settled: SettledAppend = refused;
  for (const smaller of smallerEvents(event)) {
    settled = await appendSettled(deps, stream, expected, [smaller], signal);
    if (!isTooLarge(settled)) break;
  }
  return settled;
}

function isTooLarge(settled: SettledAppend): settled is Refused {
  return settled.outcome === 'refused' && settled.reason === 'too-large';
}
