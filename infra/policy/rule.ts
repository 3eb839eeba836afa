/** A resource as the engine is about to make it. */
export interface Subject {
  /** Such as `azure-native:eventhub:Namespace`. */
  readonly type: string;
  readonly name: string;
  /** Inputs; what is only known later is not there. */
  readonly props: Readonly<Record<string, unknown>>;
}

/** One rule: a pure function from a resource to what is wrong with it, one sentence each. */
export interface Rule {
  readonly name: string;
  readonly description: string;
  readonly check: (subject: Subject) => readonly string[];
}

/** The value at a path of property names and positions; undefined where there is none. */
export function at(value: unknown, ...path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>(
    (found, step) =>
      typeof found === 'object' && found !== null
        ? (found as Readonly<Record<string | number, unknown>>)[step]
        : undefined,
    value,
  );
}

/** The list at a path; an empty one where there is none. */
export function listAt(value: unknown, ...path: readonly (string | number)[]): readonly unknown[] {
  const found = at(value, ...path);
  return Array.isArray(found) ? found : [];
}
