import type { EventMetadata } from '#domain/metadata.ts';
import type { JsonObject } from '#kernel/json.ts';
import type { EventLog, ExpectedRevision, LogPosition } from '#ports/event-log.ts';
import { type RetryDeps, surely } from '#processor/retry.ts';

/** Where a stage is in the log, as its stream says. */
export interface FencePoint {
  readonly revision: ExpectedRevision;
  /** Everything up to here was dealt with; absent before the first event was. */
  readonly position?: LogPosition;
  /** What the stage wrote beside its position. */
  readonly memo: JsonObject;
}

export interface FenceDeps extends RetryDeps {
  readonly log: Pick<EventLog, 'append' | 'readStream'>;
  /** Names this process; never reused. */
  readonly instanceId: string;
  /** Metadata of an event: what caused it, and what it belongs to. */
  readonly metadata: (causationId: string, correlationId: string) => EventMetadata;
  /** The stream that holds the position, and the type of its events. */
  readonly stream: string;
  readonly type: string;
}

/** The position of a stage, which only one process at a time can move: its expected revision is the fence. */
export interface Fence {
  /** The end of the stream; undefined when the signal was aborted before the log answered. */
  read(signal: AbortSignal): Promise<FencePoint | undefined>;
  /**
   * Moves the position on, however long that takes; undefined when the signal was aborted before the log took it. `lost`: somebody else moved it. What the log
   * refuses for another reason is no sign of another process: it is tried again, slower and slower, and said.
   */
  advance(
    from: FencePoint,
    position: LogPosition | undefined,
    memo: JsonObject,
    signal: AbortSignal,
  ): Promise<FencePoint | 'lost' | undefined>;
}

export function createFence(deps: FenceDeps): Fence {
  const { stream, type, instanceId } = deps;
  return {
    read: (signal) =>
      surely<FencePoint>(deps, signal, async () => {
        const tail = await deps.log.readStream(stream, { direction: 'backwards', limit: 1 });
        if (!tail.ok && tail.reason !== 'stream-not-found') return { again: tail.detail };
        const last = tail.ok ? tail.events[0] : undefined;
        if (last === undefined) return { done: { revision: 'no-stream', memo: {} } };
        const { position, by: _, ...memo } = last.data;
        return {
          done: { revision: last.revision, memo, ...(typeof position === 'string' ? { position } : {}) },
        };
      }),
    async advance({ revision }, position, memo, signal) {
      const id = deps.ids.random();
      const at = position === undefined ? {} : { position };
      const event = { id, type, data: { ...memo, ...at, by: instanceId }, metadata: deps.metadata(id, id) };
      return surely<FencePoint | 'lost'>(deps, signal, async () => {
        const result = await deps.log.append(stream, revision, [event]);
        if (result.ok) return { done: { revision: result.revision, memo, ...at } };
        if (result.reason === 'wrong-expected-revision') return { done: 'lost' };
        return { again: 'detail' in result ? result.detail : `${stream}: more than ${result.limit} bytes` };
      });
    },
  };
}
