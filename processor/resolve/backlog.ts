import { isJsonObject, type JsonObject } from '#kernel/json.ts';
import type { RecordedEvent } from '#ports/event-log.ts';
import type { SourceKind } from '#processor/resolve/waiting-list.ts';
import { type RetryDeps, surely } from '#processor/retry.ts';

/**
 * Where in the log the notices stand that wait beyond those at hand: so many wait only while a service is away, and then neither memory may grow with them nor what
 * comes from another service wait behind them.
 */
export interface Backlog {
  /** True where it stands here now: too many are at hand, or those before it in its stream stand here already. */
  takes(event: RecordedEvent, kind: SourceKind, isFull: () => boolean): boolean;
  /** Reads the next ones again, at most this many; fewer when the signal comes first. */
  next(kind: SourceKind, most: number, signal: AbortSignal): Promise<readonly RecordedEvent[]>;
  count(kind: SourceKind): number;
  memo(): JsonObject;
  restore(memo: JsonObject): void;
}

/** All notices of one kind in a part of one stream; what else stands there is passed over. */
interface Span {
  readonly kind: SourceKind;
  readonly stream: string;
  /** Revisions, both included. */
  readonly from: number;
  readonly to: number;
  readonly count: number;
}

const page = 500;

/** @param kindOf what a stored event waits for; undefined where there is nothing to fetch */
export function createBacklog(deps: RetryDeps, kindOf: (event: RecordedEvent) => SourceKind | undefined): Backlog {
  const spans = new Map<string, Span>();
  const keyOf = ({ kind, stream }: Pick<Span, 'kind' | 'stream'>) => `${kind} ${stream}`;
  function keep(span: Span): void {
    if (span.from > span.to) spans.delete(keyOf(span));
    else spans.set(keyOf(span), span);
  }

  /** The part's first ones, and what is left of it. */
  function split(span: Span, events: readonly RecordedEvent[], most: number) {
    const taken: RecordedEvent[] = [];
    let { from } = span;
    for (const event of events) {
      if (taken.length === most || event.revision > span.to) break;
      if (kindOf(event) === span.kind) taken.push(event);
      from = event.revision + 1;
    }
    // What is not in the log any more is not waited for.
    if (events.length === 0) from = span.to + 1;
    return { taken, left: { ...span, from, count: Math.max(1, span.count - taken.length) } };
  }

  async function read({ stream, from, to }: Span, signal: AbortSignal): Promise<readonly RecordedEvent[] | undefined> {
    return surely<readonly RecordedEvent[]>(deps, signal, async () => {
      const read = await deps.log.readStream(stream, {
        ...{ direction: 'forwards', from, limit: Math.min(page, to - from + 1) },
      });
      if (read.ok) return { done: read.events };
      return read.reason === 'unavailable' || read.reason === 'access-denied' ? { again: read.detail } : { done: [] };
    });
  }

  return {
    takes(event, kind, isFull) {
      const { stream, revision } = event;
      const known = spans.get(keyOf({ kind, stream }));
      if (known === undefined && !isFull()) return false;
      const span = known ?? { kind, stream, from: revision, to: revision - 1, count: 0 };
      if (revision > span.to) keep({ ...span, to: revision, count: span.count + 1 });
      // What was taken from here before is at hand.
      return revision >= span.from;
    },
    async next(kind, most, signal) {
      const found: RecordedEvent[] = [];
      for (const key of [...spans.keys()])
        for (let span = spans.get(key); span?.kind === kind && found.length < most; span = spans.get(key)) {
          const events = await read(span, signal);
          if (events === undefined) return found;
          const { taken, left } = split(span, events, most - found.length);
          found.push(...taken);
          keep(left);
        }
      return found;
    },
    count: (kind) => [...spans.values()].reduce((sum, each) => sum + (each.kind === kind ? each.count : 0), 0),
    memo: () => (spans.size === 0 ? {} : { backlog: [...spans.values()].map((each) => ({ ...each })) }),
    restore({ backlog }) {
      spans.clear();
      for (const each of Array.isArray(backlog) ? backlog : []) if (isSpan(each)) keep(each);
    },
  };
}

function isSpan(value: unknown): value is Span {
  if (!isJsonObject(value)) return false;
  const { kind, stream, from, to, count } = value;
  return (
    (kind === 'blob' || kind === 'message') &&
    typeof stream === 'string' &&
    [from, to, count].every((each) => typeof each === 'number')
  );
}
