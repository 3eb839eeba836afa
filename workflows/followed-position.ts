import { eventMetadata, type RecordedBy } from '#domain/metadata.ts';
import { namespace } from '#domain/names.ts';
import { uuid5 } from '#kernel/uuid.ts';
import type { Clock } from '#ports/clock.ts';
import type { EventLog, ExpectedRevision, LogPosition } from '#ports/event-log.ts';
import type { Ids } from '#ports/ids.ts';

export interface FollowedPoint {
  readonly position?: LogPosition;
  /** Emergencies that nobody had acted on there. */
  readonly open: readonly string[];
}

/** Where the follower was, on record in the stream `paging`. */
export interface FollowedPosition {
  /** Undefined when the signal was aborted before the log answered. */
  read(signal: AbortSignal): Promise<FollowedPoint | undefined>;
  /** Puts a position on record; not when another process put a later one there. */
  advance(position: LogPosition | undefined, open: readonly string[], signal: AbortSignal): Promise<void>;
}

const stream = 'paging';
const longestDelayMs = 5_000;

export function createFollowedPosition(deps: {
  readonly log: Pick<EventLog, 'append' | 'readStream'>;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly recordedBy: RecordedBy;
}): FollowedPosition {
  const { log, clock, ids } = deps;

  async function last(
    signal: AbortSignal,
  ): Promise<(FollowedPoint & { readonly revision: ExpectedRevision; readonly id?: string }) | undefined> {
    for (let tries = 0; !signal.aborted; tries++) {
      const tail = await log.readStream(stream, { direction: 'backwards', limit: 1 });
      if (tail.ok) {
        const [event] = tail.events;
        if (event === undefined) return { revision: 'no-stream', open: [] };
        const { position, open } = event.data;
        return {
          ...{ revision: event.revision, id: event.id },
          ...(typeof position === 'string' ? { position } : {}),
          open: Array.isArray(open) ? open.filter((each) => typeof each === 'string') : [],
        };
      }
      if (tail.reason === 'stream-not-found') return { revision: 'no-stream', open: [] };
      await pause(tries, signal);
    }
    return undefined;
  }

  async function pause(tries: number, signal: AbortSignal): Promise<void> {
    await clock.sleep(Math.min(longestDelayMs, 100 * 2 ** tries) * (0.5 + ids.fraction() / 2), signal);
  }

  return {
    read: last,
    async advance(position, open, signal) {
      const by = `${deps.recordedBy.role}@${deps.recordedBy.build}`;
      for (let tries = 0; !signal.aborted; tries++) {
        const before = await last(signal);
        if (before === undefined) return;
        if (position === undefined || (before.position !== undefined && before.position >= position)) return;
        const id = uuid5(namespace, `paging|${String(before.revision)}|${position}`);
        const result = await log.append(stream, before.revision, [
          {
            ...{ id, type: 'PagingAdvanced', data: { position, open: [...open], by } },
            metadata: eventMetadata(deps.recordedBy, clock.now(), id, before.id ?? id),
          },
        ]);
        if (result.ok) return;
        await pause(tries, signal);
      }
    },
  };
}
