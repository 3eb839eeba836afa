import type { ExpectedRevision, NewEvent } from '#ports/event-log.ts';
import { type AppendDeps, appendSettled, type SettledAppend } from '#processor/ingest/append.ts';
import { maxEventBytes, smallerEvents } from '#processor/ingest/fit.ts';
import { splitByLimit } from '#processor/ingest/split.ts';
import { standIns } from '#processor/ingest/stand-in.ts';

/** Most events of one append. */
const maxEventsPerAppend = 2000;

export interface AppendPartsDeps extends AppendDeps {
  /** Told why the log refused an event that is then stored smaller, or as far as the log takes it. */
  readonly onCut: (reason: OfTheEvents['reason'], detail: string) => void;
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

/** What the log refuses for what it is (too large in spite of all, invalid) is halved, and an event that is it alone is stored as far as the log takes it: it would be in the way of all behind it for ever. */
async function appendPart(
  deps: AppendPartsDeps,
  stream: string,
  expected: ExpectedRevision,
  events: readonly NewEvent[],
  signal: AbortSignal,
): Promise<SettledAppend> {
  const settled = await appendSettled(deps, stream, expected, events, signal);
  if (!isOfTheEvents(settled)) return settled;
  const [only] = events;
  if (events.length === 1 && only !== undefined) return appendLess(deps, stream, expected, only, settled, signal);
  const half = Math.ceil(events.length / 2);
  const first = await appendPart(deps, stream, expected, events.slice(0, half), signal);
  return first.outcome === 'appended' ? appendPart(deps, stream, first.revision, events.slice(half), signal) : first;
}

type OfTheEvents = Extract<SettledAppend, { outcome: 'refused' }> & { readonly reason: 'too-large' | 'invalid' };

async function appendLess(
  deps: AppendPartsDeps,
  stream: string,
  expected: ExpectedRevision,
  event: NewEvent,
  refused: OfTheEvents,
  signal: AbortSignal,
): Promise<SettledAppend> {
  const { reason, detail } = refused;
  deps.onCut(reason, detail);
  for (const less of reason === 'too-large' ? smallerEvents(event) : []) {
    const settled = await appendSettled(deps, stream, expected, [less], signal);
    if (!isOfTheEvents(settled)) return settled;
  }
  for (const less of standIns(event, reason)) {
    const settled = await appendSettled(deps, stream, expected, [less], signal);
    if (!isOfTheEvents(settled)) return settled;
  }
  // Not even what is ours alone: it is not the event that the log objects to.
  return refused;
}

function isOfTheEvents(settled: SettledAppend): settled is OfTheEvents {
  return settled.outcome === 'refused' && (settled.reason === 'too-large' || settled.reason === 'invalid');
}
