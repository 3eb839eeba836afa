import type { EmergencyView } from '#web/desk-data.ts';

/** The emergencies that this page knows of. */
export interface Store {
  /** Takes what is newer than what is there. Returns true when anything changed. */
  put(emergency: EmergencyView): boolean;
  get(id: string): EmergencyView | undefined;
  /** Newest first. */
  all(): readonly EmergencyView[];
  /** Forgets calls that are open here and are not among these: what a page missed while it was away. */
  keepOpen(ids: ReadonlySet<string>): void;
  onChange(listener: () => void): void;
}

export function createStore(): Store {
  const known = new Map<string, EmergencyView>();
  const listeners: (() => void)[] = [];
  let sorted: readonly EmergencyView[] | undefined;
  let queued = false;

  /** Many changes in a row cost one drawing. */
  function changed() {
    sorted = undefined;
    if (queued) return;
    queued = true;
    queueMicrotask(() => {
      queued = false;
      for (const listener of listeners) listener();
    });
  }
  return {
    put(emergency) {
      const before = known.get(emergency.id);
      if (before !== undefined && before.revision >= emergency.revision) return false;
      known.set(emergency.id, emergency);
      changed();
      return true;
    },
    get: (id) => known.get(id),
    all() {
      sorted ??= [...known.values()]
        .reverse()
        .sort((a, b) => (a.raisedAt < b.raisedAt ? 1 : a.raisedAt > b.raisedAt ? -1 : 0));
      return sorted;
    },
    keepOpen(ids) {
      for (const [id, { state }] of known) {
        if (state === 'resolved' || ids.has(id)) continue;
        known.delete(id);
        changed();
      }
    },
    onChange: (listener) => {
      listeners.push(listener);
    },
  };
}
