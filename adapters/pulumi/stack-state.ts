/** One resource as the state of a stack holds it; only what driving needs is declared. */
export interface StateResource {
  readonly urn: string;
  readonly type: string;
  readonly custom: boolean;
  readonly id?: string;
  /** URN; absent for what stands at the top. */
  readonly parent?: string;
  readonly inputs?: Readonly<Record<string, unknown>>;
  readonly outputs?: Readonly<Record<string, unknown>>;
  readonly protect?: boolean;
  readonly retainOnDelete?: boolean;
}

/** An operation that was begun and of which no end is recorded. */
export interface PendingOperation {
  readonly type: 'creating' | 'updating' | 'deleting' | 'reading' | 'importing';
  readonly resource: StateResource;
}

/** State of a stack as `pulumi stack export` gives it; a secret is a bag with its ciphertext, or with its plain text where that was asked for. */
export interface StackState {
  readonly resources?: readonly StateResource[];
  readonly pending_operations?: readonly PendingOperation[];
}

/** Creations of which nobody knows how they ended: what the engine would make a second time. */
export function pendingCreations(state: StackState): readonly StateResource[] {
  return (state.pending_operations ?? []).filter(({ type }) => type === 'creating').map(({ resource }) => resource);
}

/**
 * The state with pending creations settled: those of which the id is known become resources, whose truth the next refresh reads (one that is not there
 * falls out again), all others are forgotten. The engine's own `--import-pending-creates` only forgets (measured with 3.259). What the directory never says
 * again, such as a certificate, a read leaves as it was: so what was asked for stands for it until then, or the next `up` would make it anew.
 */
export function settlePending(state: StackState, ids: ReadonlyMap<string, string>): StackState {
  const known = new Set((state.resources ?? []).map(({ urn }) => urn));
  const adopted = pendingCreations(state).flatMap((resource) => {
    const id = ids.get(resource.urn);
    return id === undefined || known.has(resource.urn)
      ? []
      : [{ ...resource, id, outputs: { ...askedFor(resource), ...resource.outputs } }];
  });
  return {
    ...state,
    resources: [...(state.resources ?? []), ...adopted],
    pending_operations: (state.pending_operations ?? []).filter(({ type }) => type !== 'creating'),
  };
}

/** Providers that were made for Terraform read into what they are given (`azuread`); the one of Azure says all by itself. */
function askedFor({ type, inputs = {} }: StateResource): Readonly<Record<string, unknown>> {
  if (!type.startsWith('azuread:')) return {};
  return Object.fromEntries(Object.entries(inputs).filter(([name]) => !name.startsWith('__')));
}
