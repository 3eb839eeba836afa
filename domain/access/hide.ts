import { isSealed } from '#domain/personal.ts';
import type { Json } from '#kernel/json.ts';

/** What stands for a personal value in an answer to somebody who may not see it. */
const hidden = '[hidden]';

/**
 * A copy in which every sealed value is hidden: strings become `[hidden]`, numbers and objects are left out, as another type would break those who read
 * them. No key is looked up.
 */
export function hideSealed(document: Json): Json {
  return hide(document) ?? null;
}

function hide(value: Json): Json | undefined {
  if (typeof value !== 'object' || value === null) return value;
  if (isSealed(value)) return value.as === 'string' ? hidden : undefined;
  if (Array.isArray(value)) return value.map((each: Json) => hide(each) ?? null);
  // `Object.fromEntries` defines members, so one that is named `__proto__` is a member like any other.
  return Object.fromEntries(
    Object.entries(value)
      .map(([name, member]) => [name, member === undefined ? undefined : hide(member)] as const)
      .filter(([, member]) => member !== undefined),
  );
}
