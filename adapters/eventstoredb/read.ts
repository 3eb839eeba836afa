import { BACKWARDS, END, FORWARDS, START } from '@eventstore/db-client';
import { classify, readFailure } from '#adapters/eventstoredb/errors.ts';
import { isSystemEvent, toRecordedEvent, type VendorEvent } from '#adapters/eventstoredb/events.ts';
import { fromLogPosition, toLogPosition, type VendorPosition } from '#adapters/eventstoredb/position.ts';
import { type Limits, lateDetail, within } from '#adapters/eventstoredb/timer.ts';
import type { VendorClient } from '#adapters/eventstoredb/vendor-client.ts';
import type {
  ExpectedRevision,
  LogFailure,
  ReadAllOptions,
  ReadAllResult,
  ReadStreamOptions,
  ReadStreamResult,
} from '#ports/event-log.ts';

/** What reading needs. @param timeoutMs a page that takes longer is given up */
export interface ReadDeps extends Limits {
  readonly vendor: VendorClient;
  readonly timeoutMs: number;
}

/** One page of a stream, as the port says. A stream whose events are all cut reads as empty. */
export async function readStream(
  deps: ReadDeps,
  stream: string,
  { direction, from, limit }: ReadStreamOptions,
): Promise<ReadStreamResult> {
  const end = direction === 'forwards' ? START : END;
  const fromRevision = from === undefined ? end : BigInt(from);
  const result = await collect(deps, () =>
    deps.vendor.client.readStream(stream, {
      direction: direction === 'forwards' ? FORWARDS : BACKWARDS,
      fromRevision,
      maxCount: limit,
    }),
  );
  if (result.ok) return { ok: true, events: result.events.map(toRecordedEvent) };
  const failure = classify(result.error);
  return failure.kind === 'stream-not-found' ? { ok: false, reason: 'stream-not-found' } : readFailure(failure);
}

/**
 * One page of the whole log. The client's filter does nothing here, so that system events are read and left out; pages are read until
 * enough is there or the log ends.
 */
export async function readAll(deps: ReadDeps, { direction, after, limit }: ReadAllOptions): Promise<ReadAllResult> {
  const found: VendorEvent[] = [];
  let from: VendorPosition | undefined = after === undefined ? undefined : fromLogPosition(after);
  for (;;) {
    // Forwards the server begins with the event at the position itself.
    const extra = direction === 'forwards' && from !== undefined ? 1 : 0;
    const most = Math.max(limit - found.length, smallestPage) + extra;
    const start = from ?? (direction === 'forwards' ? START : END);
    const result = await collect(deps, () =>
      deps.vendor.client.readAll({
        direction: direction === 'forwards' ? FORWARDS : BACKWARDS,
        fromPosition: start,
        maxCount: most,
      }),
    );
    if (!result.ok) return readFailure(classify(result.error));
    const last = result.events.at(-1)?.position;
    for (const event of result.events) {
      if (!isSystemEvent(event) && isBeyond(event, from, direction) && found.length < limit) found.push(event);
    }
    if (found.length === limit || result.events.length < most || last === undefined) break;
    from = last;
  }
  return { ok: true, events: found.map(toRecordedEvent) };
}

/** So that a log full of system events is not crossed in steps of one. */
const smallestPage = 16;

function isBeyond(event: VendorEvent, from: VendorPosition | undefined, direction: 'forwards' | 'backwards'): boolean {
  if (from === undefined || event.position === undefined) return true;
  const [here, there] = [toLogPosition(event.position), toLogPosition(from)];
  return direction === 'forwards' ? here > there : here < there;
}

/** Revision of a stream's last event, as far as a reader can see it: `hidden` where metadata has cut every event. */
export async function currentRevision(
  deps: ReadDeps,
  stream: string,
): Promise<{ readonly ok: true; readonly revision: ExpectedRevision | 'hidden' } | LogFailure> {
  const tail = await readStream(deps, stream, { direction: 'backwards', limit: 1 });
  if (tail.ok) return { ok: true, revision: tail.events[0]?.revision ?? 'hidden' };
  return tail.reason === 'stream-not-found' ? { ok: true, revision: 'no-stream' } : tail;
}

interface VendorRead {
  on(event: 'data', listener: (resolved: { readonly event?: VendorEvent }) => void): unknown;
  on(event: 'error', listener: (error: unknown) => void): unknown;
  on(event: 'end', listener: () => void): unknown;
  cancel(): Promise<void>;
}

type Collected =
  | { readonly ok: true; readonly events: readonly VendorEvent[] }
  | { readonly ok: false; readonly error: unknown };

/** Reads a bounded page to its end. The client knows no deadline for reads, so the timer here is the only one. */
async function collect(deps: ReadDeps, open: () => unknown): Promise<Collected> {
  let read: VendorRead;
  try {
    read = open() as VendorRead;
  } catch (error) {
    return { ok: false, error };
  }
  const events: VendorEvent[] = [];
  const outcome = await within(
    deps,
    deps.timeoutMs,
    new Promise<Collected>((resolve) => {
      read.on('error', (error) => resolve({ ok: false, error }));
      read.on('end', () => resolve({ ok: true, events }));
      read.on('data', ({ event }) => {
        if (event !== undefined) events.push(event);
      });
    }),
  );
  if (outcome !== 'late' && outcome.ok) return outcome;
  read.cancel().catch(() => undefined);
  return outcome === 'late' ? { ok: false, error: new Error(lateDetail(deps, deps.timeoutMs)) } : outcome;
}
