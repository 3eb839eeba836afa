import type { LogPosition, RecordedEvent, SubscriptionItem } from '#ports/event-log.ts';
import type { ReadModelStore } from '#ports/read-model-store.ts';
import type { Committed, Projection } from '#projections/projection.ts';

/** Folds what a subscription hands out into a store, each item with its position in one transaction. */
export interface Folder {
  /**
   * What the store has already, and what comes after `until`, is left out: an item that is handed out twice changes nothing, and a store can be brought to
   * exactly one position.
   */
  take(store: ReadModelStore, item: SubscriptionItem, until?: LogPosition): Promise<void>;
  /** How many events were folded. */
  events(): number;
  /** Position of the last of them. */
  lastEvent(): LogPosition | undefined;
}

export interface FoldObserver {
  committed(commit: Committed): void;
}

export function createFolder(projection: Projection, observer: FoldObserver): Folder {
  let count = 0;
  let last: LogPosition | undefined;

  async function commit(store: ReadModelStore, events: readonly RecordedEvent[], position: LogPosition): Promise<void> {
    const changes = events.length === 0 ? [] : await projection.project(events, store);
    await store.commit(changes, position);
    count += events.length;
    last = events.at(-1)?.position ?? last;
    observer.committed({ position, changes });
  }

  return {
    async take(store, item, until) {
      if (item.kind === 'caught-up') return;
      const from = store.position() ?? '';
      const reached = item.kind === 'checkpoint' ? item.position : item.events.at(-1)?.position;
      if (reached === undefined || reached <= from) return;
      const to = until !== undefined && reached > until ? until : reached;
      if (to <= from) return;
      const events =
        item.kind === 'events' ? item.events.filter(({ position }) => position > from && position <= to) : [];
      await commit(store, events, to);
    },
    events: () => count,
    lastEvent: () => last,
  };
}
