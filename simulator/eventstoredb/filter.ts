import { type Field, fieldOf, messageOf, textOf } from '#simulator/eventstoredb/protobuf.ts';
import { grpcCode, RpcError } from '#simulator/eventstoredb/rpc-error.ts';
import type { StoredEvent } from '#simulator/eventstoredb/storage.ts';

/** Which events of the whole log a reader wants. */
export interface EventFilter {
  matches(event: StoredEvent): boolean;
  /** A checkpoint is announced each time that so many events were looked at. */
  readonly checkpointEvery: number;
}

/** The server's own search window where a client names none. */
const defaultWindow = 32;

/** Reads `ReadReq.Options.FilterOptions`. @throws RpcError for a pattern that is none */
export function createFilter(options: readonly Field[]): EventFilter {
  const byStream = messageOf(options, 1);
  const byType = messageOf(options, 2);
  const expression = byStream ?? byType ?? [];
  const pattern = textOf(expression, 1);
  const prefixes = expression.filter(({ number }) => number === 2).map(({ bytes }) => bytes?.toString('utf8') ?? '');
  const window = fieldOf(options, 3)?.value ?? defaultWindow;
  const multiplier = fieldOf(options, 5)?.value ?? 1;
  const fits =
    pattern === undefined || pattern === ''
      ? (text: string) => prefixes.some((prefix) => text.startsWith(prefix))
      : compile(pattern);
  return {
    matches: byStream === undefined ? (event) => fits(event.type) : (event) => fits(event.stream),
    checkpointEvery: Math.max(1, window * multiplier),
  };
}

function compile(pattern: string): (text: string) => boolean {
  try {
    const expression = new RegExp(pattern, 'u');
    return (text) => expression.test(text);
  } catch {
    throw new RpcError(grpcCode.invalidArgument, 'not a regular expression');
  }
}
