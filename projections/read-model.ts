import { linkSignals } from '#kernel/linked-signal.ts';
import type { Clock } from '#ports/clock.ts';
import type { EventLog, LogPosition, SubscriptionItem, SubscriptionState } from '#ports/event-log.ts';
import { endMark, hasMark, type LogMark, markOf } from '#ports/log-mark.ts';
import type { ReadModelFiles, ReadModelStore } from '#ports/read-model-store.ts';
import type { Committed, Projection } from '#projections/projection.ts';
import { type DigestAt, later, type Rebuilt, rebuildBeside } from '#projections/rebuild.ts';
import { createTurns } from '#projections/turns.ts';

export interface ReadModelDeps {
  readonly projection: Projection;
  readonly log: Pick<EventLog, 'subscribe' | 'readAll' | 'readStream'>;
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
  /** Why events could not be taken in, where it was not the log: it is tried again. */
  readonly failed?: string;
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
  /** Told when another store serves, with changes that nobody was told of: the log is another one, or somebody else wrote to the file. Not told of a rebuild. */
  onReplaced(listener: () => void): () => void;
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
  const replacedListeners = new Set<() => void>();
  const closing = new AbortController();
  let opening: Promise<ReadModelStore> | undefined;
  let serving: ReadModelStore | undefined;
  let connection: SubscriptionState = { state: 'catching-up' };
  let caughtUp = false;
  let failed: string | undefined;
  let running = false;
  /** The log answered when it was no longer followed. */
  let endedLive = false;
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
      failed = undefined;
      return;
    }
    if (item.kind === 'checkpoint') {
      seen = later(seen, item.position);
      if (clock.monotonic() - committedAt >= restMs) rest().catch(() => undefined);
      return;
    }
    const before = store.position();
    // A subscription may hand out what it handed out before.
    const events = before === undefined ? item.events : item.events.filter(({ position }) => position > before);
    const last = events.at(-1);
    if (last === undefined) return;
    const { position } = last;
    const changes = await projection.project(events, store);
    await store.commit(changes, position, markOf(last));
    failed = undefined;
    committedAt = clock.monotonic();
    appliedAt = clock.now();
    seen = later(seen, position);
    for (const listener of listeners) listener({ position, changes });
  }

  /** Events are not kept waiting for what it asks the log. */
  async function rest(): Promise<void> {
    committedAt = clock.monotonic();
    const upTo = seen;
    if (upTo === undefined || upTo <= (serving?.position() ?? '')) return;
    const [store, mark] = [serving, await endMark(log)];
    await turns.take(async () => {
      if (mark === undefined || store !== serving || upTo <= (store?.position() ?? '')) return;
      await store?.commit([], upTo, mark);
    });
  }

  /** Lets go of the store, and opens what is there then. */
  async function replace(how: 'close' | 'discard'): Promise<void> {
    const isOther = await turns.take(async () => {
      const old = serving;
      if (old === undefined) return false;
      serving = seen = undefined;
      caughtUp = false;
      const opened = old[how]().then(open, open);
      opening = opened;
      const store = await opened.catch((error: unknown) => {
        opening = undefined;
        throw error;
      });
      return how === 'discard' || store.position() !== old.position();
    });
    if (isOther) for (const listener of replacedListeners) listener();
  }

  /** Looks, until the log answers, whether it still is the one that the store was folded from. */
  async function isSameLog(mark: LogMark | undefined, signal: AbortSignal): Promise<boolean> {
    while (mark !== undefined && !signal.aborted) {
      const has = await hasMark(log, mark);
      if (has !== 'unanswered') return has === 'yes';
      await clock.sleep(retryMs, signal);
    }
    return true;
  }

  /** Until the signal is aborted, or the log is found to be `another-log`. */
  async function follow(signal: AbortSignal): Promise<'another-log' | undefined> {
    const store = await current();
    const mark = store.mark();
    const known = mark === undefined ? 'yes' : await hasMark(log, mark);
    if (known === 'no') return 'another-log';
    if (known === 'unanswered') {
      connection = { state: 'down', detail: 'the event log does not answer' };
      return undefined;
    }
    const after = store.position();
    const ending = linkSignals(signal);
    let [looking, another] = [false, false];
    /** After an outage the log may be a copy from a backup, in which what comes next stands before where we are. */
    const look = async (): Promise<void> => {
      if (looking) return;
      looking = true;
      another = !(await isSameLog(serving?.mark(), ending.signal));
      looking = false;
      if (another) ending.abort();
    };
    const items = log
      .subscribe({
        ...(after === undefined ? {} : { after }),
        ...(projection.filter === undefined ? {} : { filter: projection.filter }),
        batchSize,
        signal: ending.signal,
        onState: (state) => {
          connection = state;
          if (state.state !== 'down') void look();
        },
      })
      [Symbol.asyncIterator]();
    let next = items.next();
    try {
      for (;;) {
        const result = await next;
        if (another) return 'another-log';
        if (result.done === true || signal.aborted) return undefined;
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
    if (endedLive) await rest().catch(() => undefined);
    await turns.take(async () => {
      await serving?.close();
    });
  }

  return {
    async run(signal) {
      const ending = AbortSignal.any([signal, closing.signal]);
      running = true;
      try {
        while (!ending.aborted) {
          try {
            if ((await follow(ending)) === 'another-log') {
              onReport({
                kind: 'discarded',
                name,
                detail: 'the event log is another one, or was put back to an earlier state',
              });
              await replace('discard');
              continue;
            }
          } catch (error) {
            const detail = error instanceof Error ? error.message : String(error);
            caughtUp = false;
            failed = detail;
            connection = { state: 'down', detail };
            onReport({ kind: 'failed', name, detail });
            // Whatever is wrong with the store, an open one does not come right by itself: somebody else wrote to the file, or its thread died.
            await replace('close').catch(() => undefined);
          }
          await clock.sleep(retryMs, ending);
        }
      } finally {
        running = false;
        endedLive = connection.state === 'live';
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
        ...(failed === undefined ? {} : { failed }),
        ...(appliedAt === undefined ? {} : { appliedAt }),
        ...(rebuilding === undefined ? {} : { rebuilding: { events: rebuilding.events } }),
      };
    },
    onCommitted(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    onReplaced(listener) {
      replacedListeners.add(listener);
      return () => void replacedListeners.delete(listener);
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
