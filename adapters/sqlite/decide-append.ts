import type { EngineExpectedRevision } from '#adapters/sqlite/engine.ts';

/** What is known of the stream that is to be written. */
export interface StreamFacts {
  /** Of the last event ever written, -1 when there is none. */
  readonly revision: number;
  readonly softDeleted: boolean;
  /** Id of the stored event with that revision, undefined where there is none. */
  idAt(revision: number): string | undefined;
  /** Revision of an event with that id if it was written a short while ago. */
  recent(id: string): number | undefined;
}

export type AppendDecision =
  | { readonly do: 'write' }
  /** It was written before; `last` is the revision of its last event. */
  | { readonly do: 'repeat'; readonly last: number }
  /** Nothing was asked for and the expectation holds. */
  | { readonly do: 'nothing' }
  | { readonly do: 'refuse' };

/**
 * Write, recognise a repeat, or refuse: the rules of EventStoreDB 23.10 (`IndexWriter.CheckCommit`), the odd ones included: an overlap plus
 * something new is refused, and old ids at the current revision are written again.
 */
export function decideAppend(
  stream: StreamFacts,
  expected: EngineExpectedRevision,
  ids: readonly string[],
): AppendDecision {
  if (expected === 'any' || expected === 'stream-exists') {
    if (expected === 'stream-exists' && (stream.revision < 0 || stream.softDeleted)) return { do: 'refuse' };
    return decideByRecentIds(stream, ids);
  }
  const revision = expected === 'no-stream' ? -1 : expected;
  if (revision > stream.revision) return { do: 'refuse' };
  if (ids.length === 0) return { do: 'nothing' };
  if (revision === stream.revision) return { do: 'write' };
  for (const [i, id] of ids.entries()) {
    if (stream.idAt(revision + 1 + i) === id) continue;
    // A deleted stream may be begun anew, and its numbering goes on.
    return i === 0 && expected === 'no-stream' && stream.softDeleted ? { do: 'write' } : { do: 'refuse' };
  }
  return { do: 'repeat', last: revision + ids.length };
}

function decideByRecentIds(stream: StreamFacts, ids: readonly string[]): AppendDecision {
  if (ids.length === 0) return { do: 'nothing' };
  let last = -1;
  for (const [i, id] of ids.entries()) {
    const revision = stream.recent(id);
    if (revision === undefined) return i === 0 ? { do: 'write' } : { do: 'refuse' };
    last = revision;
  }
  return { do: 'repeat', last };
}
