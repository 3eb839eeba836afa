/** A resource as a deployment of version 3 holds it; only what replaying touches is declared. */
export interface StoredResource {
  readonly urn: string;
  parent?: string;
  dependencies?: readonly string[];
  propertyDependencies?: Readonly<Record<string, readonly string[]>>;
  delete?: boolean;
  pendingReplacement?: boolean;
}

interface PendingOperation {
  readonly type: string;
  readonly resource: StoredResource;
}

/** The state of a stack. */
export interface StoredDeployment {
  readonly manifest?: object;
  readonly secrets_providers?: object;
  readonly resources?: readonly StoredResource[];
  readonly pending_operations?: readonly PendingOperation[];
}

/** One line of what an engine did (sdk/go/common/apitype/journal.go); indices are those of the state before the run. */
export interface JournalEntry {
  readonly kind: number;
  readonly sequenceID: number;
  readonly operationID: number;
  readonly removeOld?: number | null;
  readonly removeNew?: number | null;
  readonly pendingReplacementOld?: number;
  readonly pendingReplacementNew?: number;
  readonly deleteOld?: number;
  readonly deleteNew?: number;
  readonly state?: StoredResource;
  readonly operation?: PendingOperation;
  readonly isRefresh?: boolean;
  readonly secretsProvider?: object;
  readonly newSnapshot?: StoredDeployment;
}

const kinds = { begin: 0, success: 1, failure: 2, refreshed: 3, outputs: 4, write: 5, secrets: 6, rebuilt: 7 } as const;

/** What the entries make of a state: pkg/backend/journal.go of Pulumi 3.259, without extensions and snippets. */
export function replayed(before: StoredDeployment, entries: readonly JournalEntry[]): StoredDeployment {
  let base = before;
  let part = emptyPart();
  for (const entry of [...entries].sort((a, b) => a.sequenceID - b.sequenceID)) {
    if (entry.kind === kinds.rebuilt) {
      base = merged(base, part);
      part = emptyPart();
    } else if (entry.kind === kinds.write) base = entry.newSnapshot ?? {};
    else if (entry.kind === kinds.secrets) base = { ...base, secrets_providers: entry.secretsProvider ?? {} };
    else apply(part, entry);
  }
  return merged(base, part);
}

interface Part {
  /** By the operation that made them, in their order. */
  readonly made: Map<number, StoredResource>;
  readonly removedOld: Set<number>;
  readonly replacedOld: Map<number, StoredResource>;
  readonly deletedOld: Set<number>;
  readonly pendingOld: Set<number>;
  readonly open: Map<number, JournalEntry>;
  refreshed: boolean;
}

function emptyPart(): Part {
  return {
    made: new Map(),
    removedOld: new Set(),
    replacedOld: new Map(),
    deletedOld: new Set(),
    pendingOld: new Set(),
    open: new Map(),
    refreshed: false,
  };
}

function apply(part: Part, entry: JournalEntry): void {
  const { kind, operationID, state, removeOld, removeNew } = entry;
  if (kind === kinds.begin) {
    part.open.set(operationID, entry);
    return;
  }
  if (kind !== kinds.outputs) part.open.delete(operationID);
  part.refreshed ||= kind === kinds.refreshed || entry.isRefresh === true;
  if (kind === kinds.success) {
    if (state !== undefined) part.made.set(operationID, state);
    if (typeof removeOld === 'number') part.removedOld.add(removeOld);
    if (typeof removeNew === 'number') part.made.delete(removeNew);
    if (entry.deleteOld !== undefined) part.deletedOld.add(entry.deleteOld);
    if (entry.pendingReplacementOld !== undefined) part.pendingOld.add(entry.pendingReplacementOld);
    mark(part, entry.deleteNew, { delete: true });
    mark(part, entry.pendingReplacementNew, { pendingReplacement: true });
  } else if (kind === kinds.refreshed || kind === kinds.outputs) {
    if (typeof removeOld === 'number') {
      if (state !== undefined) part.replacedOld.set(removeOld, state);
      else if (kind === kinds.refreshed) part.removedOld.add(removeOld);
    }
    if (typeof removeNew === 'number') {
      if (state !== undefined) part.made.set(removeNew, state);
      else if (kind === kinds.refreshed) part.made.delete(removeNew);
    }
  }
}

function mark(part: Part, operation: number | undefined, more: Partial<StoredResource>): void {
  const made = operation === undefined ? undefined : part.made.get(operation);
  if (operation !== undefined && made !== undefined) part.made.set(operation, { ...made, ...more });
}

function merged(base: StoredDeployment, part: Part): StoredDeployment {
  const kept = (base.resources ?? []).flatMap((resource, index) => {
    if (part.removedOld.has(index)) return [];
    const replaced = part.replacedOld.get(index);
    if (replaced !== undefined) return [replaced];
    return [
      {
        ...resource,
        ...(part.pendingOld.has(index) ? { pendingReplacement: true } : {}),
        ...(part.deletedOld.has(index) ? { delete: true } : {}),
      },
    ];
  });
  const resources = [...part.made.values(), ...kept];
  const open = [...part.open.values()].flatMap(({ operation }) => (operation === undefined ? [] : [operation]));
  const unsettled = (base.pending_operations ?? []).filter(({ type }) => type === 'creating');
  return {
    ...base,
    manifest: { time: '2026-01-01T00:00:00Z', magic: '', version: '' },
    resources: part.refreshed ? withoutDangling(resources) : resources,
    pending_operations: [...open, ...unsettled],
  };
}

/** A refresh may find something gone on which others depend. */
function withoutDangling(resources: readonly StoredResource[]): readonly StoredResource[] {
  const known = new Set<string>();
  return resources.map((resource) => {
    const those = (urns: readonly string[]) => urns.filter((urn) => known.has(urn));
    known.add(resource.urn);
    const { dependencies, propertyDependencies } = resource;
    return {
      ...resource,
      ...(dependencies === undefined ? {} : { dependencies: those(dependencies) }),
      ...(propertyDependencies === undefined
        ? {}
        : {
            propertyDependencies: Object.fromEntries(
              Object.entries(propertyDependencies).map(([name, urns]) => [name, those(urns)]),
            ),
          }),
    };
  });
}
