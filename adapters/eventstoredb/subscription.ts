import { classify, type VendorFailure } from '#adapters/eventstoredb/errors.ts';
import { isSystemEvent, toRecordedEvent } from '#adapters/eventstoredb/events.ts';
import { toKnownPosition } from '#adapters/eventstoredb/position.ts';
import { type ReadDeps, readAll } from '#adapters/eventstoredb/read.ts';
import { openSubscription, type SubscriptionSource } from '#adapters/eventstoredb/subscription-source.ts';
import { linkSignals } from '#kernel/linked-signal.ts';
import type {
  LogPosition,
  RecordedEvent,
  SubscribeOptions,
  SubscriptionItem,
  SubscriptionState,
} from '#ports/event-log.ts';
import type { Ids } from '#ports/ids.ts';

/** What subscribing needs. */
export interface SubscriptionDeps extends ReadDeps {
  readonly ids: Ids;
  /** Milliseconds of silence after which it is checked whether the server has something to say. */
  readonly silenceMs: number;
}

const defaultBatchSize = 500;
const firstPauseMs = 50;
const longestPauseMs = 5_000;
/** Drops without any progress between them that are followed at once by the next attempt. */
const patience = 3;

/** What is known across reconnections. */
interface Progress {
  position: LogPosition | undefined;
  /** Events and checkpoints since the last drop. */
  since: number;
  /** Up to here the end of the log was looked at, and held nothing that should have come. */
  looked: LogPosition;
}

/**
 * Follows the whole log from a position until `signal` is aborted. A drop because a burst outran the server's buffer of live events is
 * normal: it goes on at once and says nothing of it. After any other drop, a clean end included, it waits a while that grows and varies.
 */
export async function* subscribe(deps: SubscriptionDeps, request: SubscribeOptions): AsyncGenerator<SubscriptionItem> {
  const linked = linkSignals(request.signal, deps.closing);
  try {
    yield* subscribeUntil(deps, { ...request, signal: linked.signal });
  } finally {
    linked.release();
  }
}

async function* subscribeUntil(deps: SubscriptionDeps, options: SubscribeOptions): AsyncGenerator<SubscriptionItem> {
  const { signal } = options;
  const onState = onChange(options.onState ?? (() => undefined));
  const progress: Progress = { position: options.after, since: 0, looked: '' };
  let failures = 0;
  let fruitless = 0;
  onState({ state: 'catching-up' });
  while (!signal.aborted) {
    progress.since = 0;
    const drop = yield* follow(deps, options, progress, () => {
      failures = 0;
      onState({ state: 'live' });
    });
    if (signal.aborted) return;
    if (progress.since > 0) failures = fruitless = 0;
    if (drop.kind === 'too-slow' && fruitless++ < patience) continue;
    onState({ state: 'down', detail: 'detail' in drop ? drop.detail : drop.kind });
    const pause = Math.min(longestPauseMs, firstPauseMs * 2 ** failures++);
    await deps.clock.sleep(pause * (0.5 + deps.ids.fraction() / 2), signal);
    if (!signal.aborted) onState({ state: 'catching-up' });
  }
}

/** Leaves out what was said already: being live again at once after a normal drop is no news. */
function onChange(onState: (state: SubscriptionState) => void): (state: SubscriptionState) => void {
  let last = '';
  return (state) => {
    if (state.state !== last) onState(state);
    last = state.state;
  };
}

/** One subscription from the position reached until it is dropped; returns why. */
async function* follow(
  deps: SubscriptionDeps,
  { filter, signal, batchSize = defaultBatchSize }: SubscribeOptions,
  progress: Progress,
  onLive: () => void,
): AsyncGenerator<SubscriptionItem, VendorFailure> {
  const source = openSubscription(deps.vendor, deps.clock, progress.position, filter);
  const reached = (position: LogPosition) => {
    progress.since++;
    progress.position = position;
  };
  try {
    while (!signal.aborted) {
      const item = await source.next(batchSize, deps.silenceMs, signal);
      if (signal.aborted) break;
      switch (item.kind) {
        case 'events': {
          const last = item.events.at(-1)?.position;
          const events = item.events.filter((event) => !isSystemEvent(event)).map(toRecordedEvent);
          reached(toKnownPosition(last) ?? events.at(-1)?.position ?? progress.position ?? '');
          if (events.length > 0) yield { kind: 'events', events };
          break;
        }
        case 'checkpoint':
          if (progress.position !== undefined && item.position <= progress.position) break;
          reached(item.position);
          yield item;
          break;
        case 'caught-up':
          onLive();
          yield item;
          break;
        case 'silent': {
          const stalled = await isStalled(deps, source, progress, filter, signal);
          if (stalled !== undefined) return stalled;
          break;
        }
        case 'dropped':
          return item.error === undefined
            ? { kind: 'unclear', detail: 'the server ended the subscription' }
            : classify(item.error);
      }
    }
    return { kind: 'unclear', detail: 'stopped' };
  } finally {
    source.close();
  }
}

/** Events at the end of the log that are looked at: several times what the server looks at between two checkpoints. */
const probed = 128;

/**
 * A server, or what stands between, may answer pings and yet say nothing. So after a silence the end of the log is read: where it holds an
 * event that should have come, or none that the server has said it looked at, and nothing came a moment later either, the subscription is dead.
 */
async function isStalled(
  deps: SubscriptionDeps,
  source: SubscriptionSource,
  progress: Progress,
  filter: SubscribeOptions['filter'],
  signal: AbortSignal,
): Promise<VendorFailure | undefined> {
  if (!source.confirmed()) {
    if (deps.clock.monotonic() - source.openedAt < deps.timeoutMs) return undefined;
    return { kind: 'unclear', detail: 'the server does not confirm the subscription' };
  }
  const reached = progress.position ?? '';
  // Silence is the rule, so one event tells that there is nothing new.
  const last = await readAll(deps, { direction: 'backwards', limit: 1 });
  if (last.ok && last.events.every(({ position }) => position <= reached || position <= progress.looked))
    return undefined;
  const tail = last.ok ? await readAll(deps, { direction: 'backwards', limit: probed }) : last;
  if (signal.aborted) return undefined;
  if (!tail.ok) return { kind: 'unclear', detail: `silent, and the log cannot be read: ${tail.detail}` };
  const beyond = tail.events.filter((event) => event.position > reached);
  // With so many behind what was reached, a checkpoint at least should have come, whatever lies still further back.
  if (beyond.length < probed && !beyond.some((event) => isWanted(event, filter))) {
    progress.looked = tail.events[0]?.position ?? reached;
    return undefined;
  }
  await deps.clock.sleep(Math.min(deps.silenceMs, 1_000), signal);
  return source.waiting()
    ? undefined
    : { kind: 'unclear', detail: 'the log goes on, and the subscription says nothing of it' };
}

function isWanted(event: RecordedEvent, filter: SubscribeOptions['filter']): boolean {
  if (filter === undefined) return true;
  const text = filter.by === 'stream-prefix' ? event.stream : event.type;
  return filter.prefixes.some((prefix) => text.startsWith(prefix));
}
