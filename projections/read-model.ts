import { linkSignals } from '#kernel/linked-signal.ts';
import type { Clock } from '#ports/clock.ts';
import type { EventLog, LogPosition, SubscriptionItem, SubscriptionState } from '#ports/event-log.ts';
import type { ReadModelFiles, ReadModelStore } from '#ports/read-model-store.ts';
import type { Committed, Projection } from '#projections/projection.ts';
import { type DigestAt, later, type Rebuilt, rebuildBeside } from '#projections/rebuild.ts';
import { createTurns } from '#projections/turns.ts';

export interface ReadModelDeps {
  readonly projection: Projection;
  readonly log: Pick<EventLog, 'subscribe'>;
  readonly stores: ReadModelFiles;
  readonly clock: Clock;
  /** Told what operators should know; must not throw. */
  readonly onReport: (report: ReadModelReport) => void;
}

/** Something that happened to a read model; nothing personal in it. */
export type ReadModelReport =
  /** What was kept could not be used: it is folded from the log again. */
  | { readonly kind: 'discarded'; readonly name: string; readonly detail: string }
  /** Events could not be taken in: it is tried again. */
  | { readonly kind: 'failed'; readonly name: string; readonly detail: string };

/** How a read model is doing. `appliedAt`: when it last took events in, milliseconds since 1970 UTC. */
export interface ReadModelState {
  readonly position?: LogPosition;
  /** What was in the log when it began to follow is in it. */
  readonly caughtUp: boolean;
  readonly connection: SubscriptionState['state'];
  /** Why it is `down`. */
  readonly detail?: string;
  readonly appliedAt?: number;
  readonly rebuilding?: { readonly events: number };
}

/** One read model that follows the log. */
export interface ReadModel {
  /** Follows the log until the signal is aborted. */
  run(signal: AbortSignal): Promise<void>;
  /** The store that serves at the moment. */
  store(): Promise<ReadModelStore>;
  state(): ReadModelState;
  onCommitted(listener: (committed: Committed) => void): () => void;
  digest(): Promise<DigestAt>;
  /** Folds it from the log's first event beside the one that serves, and puts it in its place. Asked again meanwhile it is the same rebuild. */
  rebuild(onProgress?: (events: number) => void): Promise<Rebuilt>;
  close(): Promise<void>;
}

const retryMs = 500;
/** How often a position is kept that nothing changed at. */
const restMs = 1000;

export function createReadModel(deps: ReadModelDeps): ReadModel {
  const { projection, log, stores, clock, onReport } = deps;
  const { batchSize, gatherMs = 0 } = projection;
  const { name } = projection.schema;
  const turns = createTurns();
  const listeners = new Set<(committed: Committed) => void>();
  const closing = new AbortController();
  let opening: Promise<ReadModelStore> | undefined;
  let serving: ReadModelStore | undefined;
  let connection: SubscriptionState = { state: 'catching-up' };
  let caughtUp = false;
  let running = false;
  let appliedAt: number | undefined;
  let committedAt = 0;
  /** Everything up to here was looked at. */
  let seen: LogPosition | undefined;
  let rebuilding: { events: number; readonly done: Promise<Rebuilt> } | undefined;

  async function open(): Promise<ReadModelStore> {
    const { store, discarded } = await stores.open(projection.schema);
    if (discarded !== undefined) onReport({ kind: 'discarded', name, detail: discarded });
    serving = store;
    return store;
  }

  async function current(): Promise<ReadModelStore> {
    if (serving !== undefined) return serving;
    if (closing.signal.aborted) throw new Error(`the read model ${name} is closed`);
    opening ??= open();
    try {
      return await opening;
    } catch (error) {
      opening = undefined;
      throw error;
    }
  }

  async function take(item: SubscriptionItem): Promise<void> {
    const store = await current();
    if (item.kind === 'caught-up') {
      caughtUp = true;
      return;
    }
    if (item.kind === 'checkpoint') {
      seen = later(seen, item.position);
      if (clock.monotonic() - committedAt >= restMs) await rest(store);
      return;
    }
    const before = store.position();
    // A subscription may hand out what it handed out before.
    const events = before === undefined ? item.events : item.events.filter(({ position }) => position > before);
    const position = events.at(-1)?.position;
    if (position === undefined) return;
    const changes = await projection.project(events, store);
    await store.commit(changes, position);
    committedAt = clock.monotonic();
    appliedAt = clock.now();
    seen = later(seen, position);
    for (const listener of listeners) listener({ position, changes });
  }

  async function rest(store: ReadModelStore): Promise<void> {
    committedAt = clock.monotonic();
    if (seen !== undefined && seen > (store.position() ?? '')) await store.commit([], seen);
  }

  async function follow(signal: AbortSignal): Promise<void> {
    const after = (await current()).position();
    const ending = linkSignals(signal);
    const items = log
      .subscribe({
        ...(after === undefined ? {} : { after }),
        ...(projection.filter === undefined ? {} : { filter: projection.filter }),
        batchSize,
        signal: ending.signal,
        onState: (state) => {
          connection = state;
        },
      })
      [Symbol.asyncIterator]();
    let next = items.next();
    try {
      for (;;) {
        const result = await next;
        if (result.done === true || signal.aborted) return;
        const gathers = gatherMs > 0 && result.value.kind === 'events' && result.value.events.length < batchSize;
        // The log reads on while this is taken in; where events gather it is asked afterwards, for all that came.
        if (!gathers) next = items.next();
        await turns.take(() => take(result.value));
        if (!gathers) continue;
        await clock.sleep(gatherMs, signal);
        next = items.next();
      }
    } finally {
      ending.abort();
      next.catch(() => undefined);
      await items.return?.(undefined);
    }
  }

  async function close(): Promise<void> {
    closing.abort();
    await rebuilding?.done.catch(() => undefined);
    await opening?.catch(() => undefined);
    await turns.take(async () => {
      if (serving === undefined) return;
      await rest(serving).catch(() => undefined);
      await serving.close();
    });
  }

  return {
    async run(signal) {
      const ending = AbortSignal.any([signal, closing.signal]);
      running = true;
      try {
        while (!ending.aborted) {
          try {
            await follow(ending);
          } catch (error) {
            const detail = error instanceof Error ? error.message : String(error);
            caughtUp = false;
            connection = { state: 'down', detail };
            onReport({ kind: 'failed', name, detail });
          }
          await clock.sleep(retryMs, ending);
        }
      } finally {
        running = false;
        connection = { state: 'down', detail: 'stopped' };
      }
    },
    store: current,
    state() {
      const position = later(seen, serving?.position());
      return {
        ...(position === undefined ? {} : { position }),
        caughtUp,
        connection: connection.state,
        ...(connection.state === 'down' ? { detail: connection.detail } : {}),
        ...(appliedAt === undefined ? {} : { appliedAt }),
        ...(rebuilding === undefined ? {} : { rebuilding: { events: rebuilding.events } }),
      };
    },
    onCommitted(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    async digest() {
      const { position, result } = await turns.take(async () => (await current()).digest());
      return { ...(await result), ...(position === undefined ? {} : { position }) };
    },
    rebuild(onProgress) {
      if (rebuilding !== undefined) return rebuilding.done;
      const done = rebuildBeside({
        ...{ projection, log, stores, clock, turns, signal: closing.signal, current },
        follows: () => running,
        seen: () => later(seen, serving?.position()),
        serve: (store) => {
          serving = store;
        },
        onProgress: (events) => {
          if (rebuilding !== undefined) rebuilding.events = events;
          onProgress?.(events);
        },
      }).finally(() => {
        rebuilding = undefined;
      });
      rebuilding = { events: 0, done };
      return done;
    },
    close,
  };
}
