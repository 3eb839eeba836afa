/** Where a consumer link begins. */
export type StartPosition =
  | { readonly by: 'earliest' }
  | { readonly by: 'latest' }
  | { readonly by: 'offset' | 'sequence-number'; readonly value: number; readonly inclusive: boolean }
  /** The first event enqueued after this time, in milliseconds since 1970 UTC. */
  | { readonly by: 'enqueued-time'; readonly value: number };

const filterName = 'apache.org:selector-filter:string';
const selector = /^\s*amqp\.annotation\.x-opt-(offset|sequence-number|enqueued-time)\s*(>=?)\s*'([^']*)'\s*$/;

/**
 * Reads the start position out of a link's source filter. The selector is the one form that the service takes
 * (`amqp.annotation.x-opt-offset > '…'`); without a filter a link begins at the earliest event.
 * @returns undefined for a selector that is not of that form
 */
export function parseStartPosition(
  filter: Readonly<Record<string, unknown>> | null | undefined,
): StartPosition | undefined {
  const entry = filter?.[filterName];
  if (entry === undefined || entry === null) return { by: 'earliest' };
  const text = typeof entry === 'object' && 'value' in entry ? entry.value : entry;
  const match = selector.exec(String(text));
  if (match === null) return undefined;
  const [, field, operator, value = ''] = match;
  const number = Number(value);
  if (value === '@latest') return { by: 'latest' };
  if (!/^-?\d+$/.test(value) || !Number.isSafeInteger(number)) return undefined;
  if (field === 'enqueued-time') return { by: 'enqueued-time', value: number };
  if (field === 'offset' && number === -1) return { by: 'earliest' };
  return { by: field === 'offset' ? 'offset' : 'sequence-number', value: number, inclusive: operator === '>=' };
}
