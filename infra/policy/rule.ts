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

/**
 * What each part finds, in their order. In a preview, to read what is known only later throws; the other parts are judged all the same, and what they find is
 * enough to refuse. Where they find nothing it is thrown on: Pulumi then says what could not be judged yet.
 */
export function findings(...parts: readonly (() => readonly string[])[]): readonly string[] {
  const found: string[] = [];
  const unread: unknown[] = [];
  for (const part of parts)
    try {
      found.push(...part());
    } catch (error) {
      unread.push(error);
    }
  if (found.length === 0 && unread.length > 0) throw unread[0];
  return found;
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
