/** What is done, or would be, with one resource, as the engine tells. */
export interface Step {
  readonly op: 'create' | 'update' | 'replace' | 'delete' | 'same' | 'read' | 'refresh' | 'import';
  /** Such as `azure-native:eventhub:Namespace`. */
  readonly type: string;
  /** Its name in the program. */
  readonly name: string;
  /** Type of the component that it is part of, such as `tocsin:infra:Ingest`; absent at the top. */
  readonly component?: string;
  /** Paths of inputs that differ. */
  readonly changed: readonly string[];
  /** Those of them that need it to be made anew. */
  readonly replacing: readonly string[];
  /** The protection against deletion that it had is taken off. */
  readonly unprotected: boolean;
  /** Inputs as they will be; secrets are `[secret]`. */
  readonly inputs: Readonly<Record<string, unknown>>;
  /** Inputs as they were; absent for what is new. */
  readonly before?: Readonly<Record<string, unknown>>;
}

/** True for a component: it groups resources and is none. */
export function isComponent(step: Pick<Step, 'type'>): boolean {
  return step.type.startsWith('tocsin:');
}

/** The word of a component: `Ingest` of `tocsin:infra:Ingest`; empty for what stands outside. */
export function componentWord(component: string | undefined): string {
  return component?.split(':').at(-1) ?? '';
}

/** The value at a path such as `sku.capacity` or `ipRules[0].value`; undefined where there is none. */
export function valueAt(bag: unknown, path: string): unknown {
  return path
    .replaceAll(/\[(\d+)\]/g, '.$1')
    .split('.')
    .reduce<unknown>(
      (found, key) =>
        typeof found === 'object' && found !== null ? (found as Readonly<Record<string, unknown>>)[key] : undefined,
      bag,
    );
}

/** Paths at which two bags of inputs differ. */
export function differingPaths(before: unknown, after: unknown, path = ''): readonly string[] {
  if (Object.is(before, after)) return [];
  const inside = (key: string | number) =>
    typeof key === 'number' ? `${path}[${key}]` : path === '' ? key : `${path}.${key}`;
  if (Array.isArray(before) && Array.isArray(after))
    return [...Array(Math.max(before.length, after.length)).keys()].flatMap((index) =>
      differingPaths(before[index], after[index], inside(index)),
    );
  if (isBag(before) && isBag(after))
    return [...new Set([...Object.keys(before), ...Object.keys(after)])]
      .filter((key) => !key.startsWith('__'))
      .flatMap((key) => differingPaths(before[key], after[key], inside(key)));
  return [path];
}

function isBag(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
