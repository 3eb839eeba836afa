import type { Clock } from '#ports/clock.ts';
import type { EventLog, LogPosition, SubscriptionState } from '#ports/event-log.ts';
import type { Digest, ReadModelFiles, ReadModelStore } from '#ports/read-model-store.ts';
import { createFolder, type Folder } from '#projections/fold.ts';
import type { Committed, Projection } from '#projections/projection.ts';

export interface ProjectorDeps {
  readonly log: Pick<EventLog, 'subscribe'>;
  readonly files: ReadModelFiles;
  readonly clock: Clock;
  /** Told of what went wrong; the projector goes on from its last commit. Must not throw. */
  readonly onError?: (projection: string, error: unknown) => void;
}

/** Keeps one read model up to the log. */
export interface Projector {
  readonly name: string;
  /** Works until the signal is aborted. */
  run(signal: AbortSignal): Promise<void>;
  /** Answers from whichever file serves at that moment, so that a rebuild is no outage. Waits for the first one to be opened. */
  readonly rows: Pick<ReadModelStore, 'read'>;
  state(): ProjectionState;
  /** Told of every commit after it can be read; must not throw and does not wait. Returns how to end it. */
  onCommitted(listener: (commit: Committed) => void): () => void;
  digest(): Promise<Digest>;
  /**
   * Folds the whole log into a new file while the old one serves, and puts it in the old one's place. Both are compared at the same position.
   * One at a time: whoever asks meanwhile gets the same answer.
   */
  rebuild(onProgress?: (progress: RebuildProgress) => void): Promise<RebuildResult>;
}

/** How a projection is doing, for probes. */
export interface ProjectionState {
  readonly name: string;
  readonly connection: SubscriptionState['state'];
  /** True once everything that was in the log when it started is folded. */
  readonly caughtUp: boolean;
  readonly position?: LogPosition;
  /** When something was last folded, milliseconds since 1970 UTC. */
  readonly appliedAt?: number;
  readonly rebuilding?: RebuildProgress;
}

export interface RebuildProgress {
  /** Events folded so far. */
  readonly events: number;
  readonly position?: LogPosition;
}

export type RebuildResult =
  | {
      readonly ok: true;
      readonly events: number;
      readonly before: Digest;
      readonly after: Digest;
      /** True when the new one holds exactly what the old one held. */
      readonly equal: boolean;
    }
  | { readonly ok: false; readonly reason: 'stopped' };

const restartMs = 1_000;

export function createProjector(deps: ProjectorDeps, projection: Projection): Projector {
  const { log, files, clock, onError } = deps;
  const { name } = projection.schema;
  const listeners = new Set<(commit: Committed) => void>();
  let opened = Promise.withResolvers<ReadModelStore>();
  let current: ReadModelStore | undefined;
  let running: AbortSignal | undefined;
  let connection: SubscriptionState['state'] = 'catching-up';
  let caughtUp = false;
  let appliedAt: number | undefined;
  let rebuilding: { readonly done: Promise<RebuildResult>; progress: RebuildProgress } | undefined;
  /** Commits and swaps happen one after the other. */
  let turn: Promise<unknown> = Promise.resolve();
  opened.promise.catch(() => undefined);

  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const mine = turn.then(work, work);
    turn = mine;
    return mine;
  }

  const live: Folder = createFolder(projection, {
    committed(commit) {
      appliedAt = clock.now();
      for (const listener of listeners) listener(commit);
    },
  });

  async function follow(signal: AbortSignal): Promise<void> {
    const first = await files.open(projection.schema);
    current = first;
    opened.resolve(first);
    const position = first.position();
    const items = log.subscribe({
      ...(position === undefined ? {} : { after: position }),
      ...(projection.filter === undefined ? {} : { filter: projection.filter }),
      signal,
      onState: (state) => {
        connection = state.state;
      },
    });
    for await (const item of items) {
      if (signal.aborted) return;
      await inTurn(async () => {
        const store = current ?? first;
        await live.take(store, item);
        if (item.kind !== 'caught-up') return;
        if (!store.isComplete()) await store.complete();
        caughtUp = true;
      });
    }
  }

  async function rebuildNow(
    signal: AbortSignal,
    onProgress: (progress: RebuildProgress) => void,
  ): Promise<RebuildResult> {
    const fresh = await files.rebuild(projection.schema);
    let kept = false;
    try {
      const folder = createFolder(projection, {
        committed: ({ position }) => onProgress({ events: folder.events(), position }),
      });
      await foldTo(folder, fresh, undefined, signal);
      while (!signal.aborted) {
        const swapped = await inTurn(async () => {
          const old = current;
          const target = old?.position();
          if (old === undefined || target === undefined) return undefined;
          // What the new one has already and nobody was told of yet must come by the old one first.
          if (
            (fresh.position() ?? '') > target &&
            folder.lastEvent() !== undefined &&
            (folder.lastEvent() ?? '') > target
          )
            return undefined;
          await foldTo(folder, fresh, target, signal);
          if (signal.aborted) return undefined;
          const digests = Promise.all([old.digest(), fresh.digest()]);
          await fresh.complete();
          current = fresh;
          opened = Promise.withResolvers();
          opened.resolve(fresh);
          kept = true;
          return { digests, old };
        });
        if (swapped === undefined) {
          await clock.sleep(5, signal);
          continue;
        }
        const [before, after] = await swapped.digests;
        await swapped.old.discard();
        return { ok: true, events: folder.events(), before, after, equal: before.digest === after.digest };
      }
      return { ok: false, reason: 'stopped' };
    } finally {
      if (!kept) await fresh.discard();
    }
  }

  /** Folds what follows the store's position, up to a position or to the end of the log. */
  async function foldTo(
    folder: Folder,
    store: ReadModelStore,
    target: LogPosition | undefined,
    signal: AbortSignal,
  ): Promise<void> {
    const after = store.position();
    if (target !== undefined && (after ?? '') >= target) return;
    const ending = new AbortController();
    const items = log.subscribe({
      ...(after === undefined ? {} : { after }),
      ...(projection.filter === undefined ? {} : { filter: projection.filter }),
      signal: AbortSignal.any([signal, ending.signal]),
    });
    for await (const item of items) {
      if (item.kind === 'caught-up') break;
      await folder.take(store, item, target);
      if (target !== undefined && (store.position() ?? '') >= target) break;
    }
    ending.abort();
  }

  return {
    name,
    async run(signal) {
      running = signal;
      while (!signal.aborted) {
        try {
          await follow(signal);
        } catch (error) {
          if (!signal.aborted) onError?.(name, error);
        }
        caughtUp = false;
        const last = current;
        if (signal.aborted) await rebuilding?.done.catch(() => undefined);
        await inTurn(async () => (current ?? last)?.close()).catch(() => undefined);
        current = undefined;
        if (signal.aborted) break;
        opened = Promise.withResolvers();
        opened.promise.catch(() => undefined);
        await clock.sleep(restartMs, signal);
      }
      opened.reject(new Error(`the read model ${name} is not kept any more`));
    },
    rows: { read: async (questions) => (await opened.promise).read(questions) },
    state() {
      const position = current?.position();
      return {
        ...{ name, connection, caughtUp },
        ...(position === undefined ? {} : { position }),
        ...(appliedAt === undefined ? {} : { appliedAt }),
        ...(rebuilding === undefined ? {} : { rebuilding: rebuilding.progress }),
      };
    },
    onCommitted(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    digest: async () => (await opened.promise).digest(),
    async rebuild(onProgress) {
      if (rebuilding !== undefined) return rebuilding.done;
      const signal = running;
      if (signal === undefined || signal.aborted) return { ok: false, reason: 'stopped' };
      await opened.promise;
      const report = (progress: RebuildProgress): void => {
        if (rebuilding !== undefined) rebuilding.progress = progress;
        onProgress?.(progress);
      };
      const done = rebuildNow(signal, report).finally(() => {
        rebuilding = undefined;
      });
      rebuilding = { done, progress: { events: 0 } };
      return done;
    },
  };
}
