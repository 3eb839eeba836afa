import { streamPrefixes } from '#domain/names.ts';
import type { Clock } from '#ports/clock.ts';
import type { EventLog, LogPosition } from '#ports/event-log.ts';
import type { Fence, FencePoint } from '#processor/fence.ts';

/** How long the active triage may leave notices unjudged before another one takes over. */
const takeOverAfterMs = 5_000;
const lookEveryMs = 500;

export interface StandbyDeps {
  readonly log: Pick<EventLog, 'subscribe'>;
  readonly clock: Clock;
  readonly fence: Fence;
}

/**
 * Watches while another triage is active. Resolves with the position's last place once that did not move for five seconds though there are
 * notices that nobody judged: whoever then moves it is the active one. Undefined when the signal was aborted.
 */
export async function standBy(
  { log, clock, fence }: StandbyDeps,
  signal: AbortSignal,
): Promise<FencePoint | undefined> {
  let seen: FencePoint | undefined;
  let unjudgedSince: number | undefined;
  while (!signal.aborted) {
    const now = await fence.read(signal);
    if (now === undefined) return undefined;
    if (now.revision !== seen?.revision) {
      seen = now;
      unjudgedSince = undefined;
    }
    if (unjudgedSince === undefined) {
      if (await hasNotices(log, now.position, signal)) unjudgedSince = clock.monotonic();
    } else if (clock.monotonic() - unjudgedSince >= takeOverAfterMs) return now;
    await clock.sleep(lookEveryMs, signal);
  }
  return undefined;
}

/** True when a message of the hub stands after that position. */
async function hasNotices(
  log: Pick<EventLog, 'subscribe'>,
  after: LogPosition | undefined,
  signal: AbortSignal,
): Promise<boolean> {
  const ending = new AbortController();
  const items = log.subscribe({
    ...(after === undefined ? {} : { after }),
    filter: { by: 'stream-prefix', prefixes: [streamPrefixes.inbox] },
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
