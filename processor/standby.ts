import type { JsonObject } from '#kernel/json.ts';
import type { Clock } from '#ports/clock.ts';
import type { EventLog, LogPosition } from '#ports/event-log.ts';
import type { Fence, FencePoint } from '#processor/fence.ts';

/** How long the active one may leave lying what came before another one takes over. */
const takeOverAfterMs = 5_000;
/** How long it may be silent while its memo tells of work. */
const silentMs = 900_000;
/** So often it says then that it is at it: seldom, as the memo of an outage is long and may be written for days. */
export const aliveEveryMs = 300_000;
const lookEveryMs = 500;

export interface StandbyDeps {
  readonly log: Pick<EventLog, 'subscribe'>;
  readonly clock: Clock;
  readonly fence: Fence;
  /** Streams whose events have to be dealt with. */
  readonly prefixes: readonly string[];
  /** True for a memo that tells of work. */
  readonly isPending?: ((memo: JsonObject) => boolean) | undefined;
}

/**
 * Watches while another process is the active one of its stage. Resolves with the position's last place once that did not move for five seconds though there are
 * events that nobody dealt with, or for a quarter of an hour though its memo tells of work: whoever then moves it is the active one. Undefined when the signal was aborted.
 */
export async function standBy(
  { log, clock, fence, prefixes, isPending }: StandbyDeps,
  signal: AbortSignal,
): Promise<FencePoint | undefined> {
  let seen: FencePoint | undefined;
  let seenAt = clock.monotonic();
  let unjudgedSince: number | undefined;
  while (!signal.aborted) {
    const now = await fence.read(signal);
    if (now === undefined) return undefined;
    if (now.revision !== seen?.revision) {
      seen = now;
      seenAt = clock.monotonic();
      unjudgedSince = undefined;
    }
    if (isPending?.(now.memo) === true && clock.monotonic() - seenAt >= silentMs) return now;
    if (unjudgedSince === undefined) {
      if (await hasEvents(log, prefixes, now.position, signal)) unjudgedSince = clock.monotonic();
    } else if (clock.monotonic() - unjudgedSince >= takeOverAfterMs) return now;
    await clock.sleep(lookEveryMs, signal);
  }
  return undefined;
}

/** True when something to deal with stands after that position. */
async function hasEvents(
  log: Pick<EventLog, 'subscribe'>,
  prefixes: readonly string[],
  after: LogPosition | undefined,
  signal: AbortSignal,
): Promise<boolean> {
  const ending = new AbortController();
  const items = log.subscribe({
    ...(after === undefined ? {} : { after }),
    filter: { by: 'stream-prefix', prefixes },
    signal: AbortSignal.any([signal, ending.signal]),
    batchSize: 1,
  });
  try {
    for await (const item of items) {
      if (item.kind === 'events') return true;
      if (item.kind === 'caught-up') return false;
    }
    return false;
  } finally {
    ending.abort();
  }
}
