import type { Clock } from '#ports/clock.ts';
import type { EventLog, LogPosition } from '#ports/event-log.ts';
import type { Digest, ReadModelFiles, ReadModelStore } from '#ports/read-model-store.ts';
import { fillFromLog } from '#projections/fill.ts';
import type { Projection } from '#projections/projection.ts';
import type { Turns } from '#projections/turns.ts';

/** Digest of what a read model holds, and the position in the log that it holds for; absent while nothing was read. */
export interface DigestAt extends Digest {
  readonly position?: LogPosition;
}

/** What came of a rebuild. */
export interface Rebuilt extends DigestAt {
  /** Of what served before, at the same position; absent where it could not be read. */
  readonly digestBefore?: string;
  /** True when the new one holds exactly what the old one held. */
  readonly equal: boolean;
  /** Events that it was folded from. */
  readonly events: number;
}

export interface RebuildDeps {
  readonly projection: Projection;
  readonly log: Pick<EventLog, 'subscribe'>;
  readonly stores: ReadModelFiles;
  readonly clock: Clock;
  readonly turns: Turns;
  readonly signal: AbortSignal;
  readonly current: () => Promise<ReadModelStore>;
  /** True while somebody takes new events into the one that serves. */
  readonly follows: () => boolean;
  /** Up to where it is complete. */
  readonly seen: () => LogPosition | undefined;
  readonly serve: (store: ReadModelStore) => void;
  readonly onProgress: (events: number) => void;
}

const waitMs = 20;
/** How long the one that serves may be kept waiting for the last step, milliseconds; then it goes on and the step is tried again. */
const lastStepMs = 3000;

/**
 * Fills a store beside the one that serves, brings both to the same position while nothing is taken in, and lets the new one serve. Whoever listens is told by
 * the one subscription that goes on all the while, so nothing is missed or told twice.
 * @throws when the signal is aborted before it is done, or the store cannot be written; then the old one serves on
 */
export async function rebuildBeside(deps: RebuildDeps): Promise<Rebuilt> {
  const { turns, clock, signal } = deps;
  // First of all what serves: opening it removes what earlier rebuilds left unfinished.
  await deps.current();
  const side = await deps.stores.rebuild(deps.projection.schema);
  let events = 0;
  const onEvents = (more: number): void => {
    events += more;
    deps.onProgress(events);
  };
  let serves = false;
  try {
    await fillFromLog(deps, side, { signal, onEvents });
    await side.settle();
    for (;;) {
      signal.throwIfAborted();
      const swapped = await turns.take(() => swap(deps, side, onEvents));
      if (swapped === undefined) {
        await clock.sleep(waitMs, signal);
        continue;
      }
      serves = true;
      const { position } = swapped;
      const before = await swapped.before?.catch(nothing);
      const after = await swapped.after;
      await swapped.old.discard();
      return {
        ...(before === undefined ? {} : { digestBefore: before.digest }),
        ...(position === undefined ? {} : { position }),
        ...{ ...after, equal: before?.digest === after.digest, events },
      };
    }
  } finally {
    if (!serves) await side.discard();
  }
}

interface Swapped {
  readonly old: ReadModelStore;
  readonly before?: Promise<Digest>;
  readonly after: Promise<Digest>;
  readonly position: LogPosition | undefined;
}

/** The last step, within one turn. Undefined when it has to be tried again. */
async function swap(
  deps: RebuildDeps,
  side: ReadModelStore,
  onEvents: (more: number) => void,
): Promise<Swapped | undefined> {
  const old = await deps.current();
  const follows = deps.follows();
  // It read further than what serves: what lies between must first be told to those who listen.
  if (follows && (side.position() ?? '') > (deps.seen() ?? '')) return undefined;
  const ending = new AbortController();
  const signal = AbortSignal.any([deps.signal, ending.signal]);
  void deps.clock.sleep(lastStepMs, signal).then(() => ending.abort());
  try {
    if (!follows && !(await fillFromLog(deps, old, { signal }))) return undefined;
    const position = later(deps.seen(), old.position());
    const filled = await fillFromLog(deps, side, {
      signal,
      onEvents,
      ...(position === undefined ? {} : { upTo: position }),
    });
    if (!filled) return undefined;
    if (position !== undefined && position > (side.position() ?? '')) await side.commit([], position, old.mark());
    const before = await old.digest().catch(nothing);
    const after = await side.digest();
    await side.complete();
    deps.serve(side);
    return { old, ...(before === undefined ? {} : { before: before.result }), after: after.result, position };
  } finally {
    ending.abort();
  }
}

/** The further of two positions. */
export function later(a: LogPosition | undefined, b: LogPosition | undefined): LogPosition | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return a > b ? a : b;
}

function nothing(): undefined {
  return undefined;
}
