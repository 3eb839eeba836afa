import type { EmergencyView } from '#web/desk-data.ts';

/** The emergencies that this page knows of. */
export interface Store {
  /** Takes what is newer than what is there, can be read where that is locked, or names nobody who was erased. Returns true when anything changed. */
  put(emergency: EmergencyView): boolean;
  /** For a call that Tocsin told a person it does not know. */
  forget(id: string): void;
  get(id: string): EmergencyView | undefined;
  /** Newest first. */
  all(): readonly EmergencyView[];
  onChange(listener: () => void): void;
}

/** True where something of it cannot be read for now, as the key store is away. */
export function isLocked(emergency: EmergencyView): boolean {
  return JSON.stringify(emergency).includes('"[locked]"');
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
      if (before !== undefined && !isNewer(before, emergency)) return false;
      known.set(emergency.id, emergency);
      changed();
      return true;
    },
    forget(id) {
      if (known.delete(id)) changed();
    },
    get: (id) => known.get(id),
    all() {
      sorted ??= [...known.values()]
        .reverse()
        .sort((a, b) => (a.raisedAt < b.raisedAt ? 1 : a.raisedAt > b.raisedAt ? -1 : 0));
      return sorted;
    },
    onChange: (listener) => {
      listeners.push(listener);
    },
  };
}

function isNewer(before: EmergencyView, after: EmergencyView): boolean {
  if (before.revision !== after.revision) return before.revision < after.revision;
  // The same call once the key store is back, or after an erasure: nothing changed in its record.
  return (isLocked(before) && !isLocked(after)) || erasedIn(before) < erasedIn(after);
}

function erasedIn(emergency: EmergencyView): number {
  return JSON.stringify(emergency).split('"[erased]"').length - 1;
}
