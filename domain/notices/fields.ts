import { isJsonObject, type Json, type JsonObject } from '#kernel/json.ts';

/**
 * A member of an object from outside: by its exact name, else by the same name in another case (Event Grid writes `ChangeType` and `Id` where
 * Graph writes `changeType` and `id`). Never looks at inherited members, so `__proto__` and `constructor` are names like any other.
 */
export function field(of: JsonObject | undefined, name: string): Json | undefined {
  if (of === undefined) return undefined;
  if (Object.hasOwn(of, name)) return of[name];
  const lower = name.toLowerCase();
  // Without a list of the keys: most fields that are asked for are absent, and this is done many times for every message.
  for (const key in of)
    if (key.length === name.length && key.toLowerCase() === lower && Object.hasOwn(of, key)) return of[key];
  return undefined;
}

/** A member that is a non-empty string, or a number written as one (ids arrive as either). */
export function textField(of: JsonObject | undefined, name: string): string | undefined {
  const value = field(of, name);
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' && value !== '' ? value : undefined;
}

export function objectField(of: JsonObject | undefined, name: string): JsonObject | undefined {
  const value = field(of, name);
  return isJsonObject(value) ? value : undefined;
}

export function listField(of: JsonObject | undefined, name: string): readonly Json[] | undefined {
  const value = field(of, name);
  return Array.isArray(value) ? value : undefined;
}

type Present<T> = { readonly [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  readonly [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};

/** The same object without the members that are undefined: an unknown field is absent. */
export function present<T extends object>(fields: T): Present<T> {
  const known: Record<string, unknown> = {};
  for (const name of Object.keys(fields)) {
    const value = fields[name as keyof T];
    if (value !== undefined) known[name] = value;
  }
  return known as Present<T>;
}

/** How many characters of a string from outside are kept where it is copied into an event of ours. */
const textBound = 256;

const invisible = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu;

/**
 * A string from outside made fit to be shown and logged: well-formed UTF-16, one line, no control or invisible formatting characters (these can
 * reverse or hide what a responder reads), no surrounding space, cut to `bound` characters. Undefined when nothing is left.
 */
export function clean(text: string | undefined, bound = textBound): string | undefined {
  if (text === undefined) return undefined;
  // A thousand times the bound is enough to find the bound's worth of visible characters in.
  const line = text
    .slice(0, bound * 1000)
    .toWellFormed()
    .replace(invisible, ' ')
    .replace(/\s+/gu, ' ')
    .trim();
  const cut = line.length > bound ? `${line.slice(0, bound - 1).replace(/[\uD800-\uDBFF]$/u, '')}…` : line;
  return cut === '' ? undefined : cut;
}
