/** Ends a switch over a closed union: the compiler proves that no member was forgotten. */
export function assertNever(value: never): never {
  throw new TypeError(`not one of the closed set: ${JSON.stringify(value)}`);
}
