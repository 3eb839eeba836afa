import { unpackMessages } from '#adapters/event-hubs/packed-messages.ts';
import type { FromSource, PackedItem, SourcePort, ToSource } from '#adapters/event-hubs/source-messages.ts';
import type { PartitionState } from '#adapters/event-hubs/states.ts';
import { assertNever } from '#kernel/assert-never.ts';
import type { Clock } from '#ports/clock.ts';
import type {
  DescribeResult,
  EventSource,
  PartitionResult,
  ReceivedItem,
  SourceFailure,
  StartPosition,
} from '#ports/event-source.ts';

/** A thread in which a source is served ({@link serveSource}). */
export interface SourceThread extends SourcePort<ToSource, FromSource> {
  /** Told once, when the thread is gone, by whatever cause. */
  onGone(listener: () => void): void;
  /** Ends it. */
  terminate(): Promise<void>;
}

export interface ThreadedSourceSettings {
  /** Starts a thread: at once, since loading the vendor's client takes a while, and again after one is gone. */
  readonly start: () => SourceThread;
  readonly clock: Pick<Clock, 'sleep'>;
  readonly onState?: (partitionId: string, state: PartitionState) => void;
  /** Until closing is given up and the thread is ended, milliseconds. */
  readonly closeTimeoutMs: number;
}

interface Reading {
  readonly items: PackedItem[];
  ended: boolean;
  error: string | undefined;
  wake: () => void;
}

interface Running {
  readonly thread: SourceThread;
  readonly answers: Map<number, (answer: DescribeResult | PartitionResult) => void>;
  readonly readings: Map<number, Reading>;
  readonly closed: PromiseWithResolvers<void>;
}

const gone: SourceFailure = { ok: false, reason: 'unavailable', detail: 'the thread that reads the hub ended' };

/**
 * A source that works in another thread: receiving takes as long as all that comes after it, and side by side both are done in half the time. A thread that
 * is gone ends its readings with an exception and answers what it was asked with `unavailable`; the next use starts another.
 */
export function createThreadedSource(settings: ThreadedSourceSettings): EventSource {
  let current: Running | undefined;
  let next = 0;
  let closed = false;

  function running(): Running | undefined {
    if (closed) return current;
    current ??= begin();
    return current;
  }

  function begin(): Running {
    const thread = settings.start();
    const one: Running = {
      ...{ thread, answers: new Map(), readings: new Map() },
      closed: Promise.withResolvers<void>(),
    };
    thread.on('message', (message) => hear(one, message, settings.onState));
    thread.onGone(() => {
      if (current === one) current = undefined;
      for (const answer of one.answers.values()) answer(gone);
      for (const reading of one.readings.values()) end(reading, gone.detail);
      one.answers.clear();
      one.readings.clear();
      one.closed.resolve();
    });
    return one;
  }

  async function ask<T extends DescribeResult | PartitionResult>(
    question: { readonly kind: 'describe' } | { readonly kind: 'partition'; readonly partitionId: string },
    signal: AbortSignal | undefined,
  ): Promise<T> {
    const one = running();
    if (one === undefined) return { ...gone, detail: 'the source is closed' } as T;
    const number = next++;
    const { promise, resolve } = Promise.withResolvers<DescribeResult | PartitionResult>();
    one.answers.set(number, resolve);
    one.thread.postMessage({ ...question, number });
    const stop = () => one.thread.postMessage({ kind: 'stop', number });
    signal?.addEventListener('abort', stop, { once: true });
    if (signal?.aborted === true) stop();
    try {
      return (await promise) as T;
    } finally {
      signal?.removeEventListener('abort', stop);
    }
  }

  async function* receive(
    partitionId: string,
    from: StartPosition,
    signal: AbortSignal,
  ): AsyncGenerator<ReceivedItem, void, undefined> {
    const one = running();
    if (one === undefined || signal.aborted) return;
    const number = next++;
    const reading: Reading = { items: [], ended: false, error: undefined, wake: () => undefined };
    one.readings.set(number, reading);
    one.thread.postMessage({ kind: 'receive', number, partitionId, from });
    const stop = () => {
      one.thread.postMessage({ kind: 'stop', number });
      reading.wake();
    };
    signal.addEventListener('abort', stop, { once: true });
    try {
      while (!signal.aborted) {
        const item = reading.items.shift();
        if (item !== undefined) {
          one.thread.postMessage({ kind: 'taken', number });
          yield item.kind === 'batch' ? { ...item, messages: unpackMessages(item.messages) } : item;
        } else if (reading.ended) {
          if (reading.error !== undefined) throw new Error(reading.error);
          return;
        } else await woken(reading);
      }
    } finally {
      signal.removeEventListener('abort', stop);
      stop();
      // Of a partition there is one reading at a time: the next begins when this one has let go of it.
      while (!reading.ended) await woken(reading);
      one.readings.delete(number);
    }
  }

  running();
  return {
    describe: (signal) => ask<DescribeResult>({ kind: 'describe' }, signal),
    partition: (partitionId, signal) => ask<PartitionResult>({ kind: 'partition', partitionId }, signal),
    receive,
    async close() {
      const one = current;
      closed = true;
      if (one === undefined) return;
      one.thread.postMessage({ kind: 'close' });
      const given = new AbortController();
      await Promise.race([one.closed.promise, settings.clock.sleep(settings.closeTimeoutMs, given.signal)]);
      given.abort();
      await one.thread.terminate();
    },
  };
}

function hear(one: Running, message: FromSource, onState: ThreadedSourceSettings['onState']): void {
  switch (message.kind) {
    case 'answer':
      one.answers.get(message.number)?.(message.answer);
      one.answers.delete(message.number);
      break;
    case 'item': {
      const reading = one.readings.get(message.number);
      reading?.items.push(message.item);
      reading?.wake();
      break;
    }
    case 'ended': {
      const reading = one.readings.get(message.number);
      if (reading !== undefined) end(reading, message.error);
      break;
    }
    case 'state':
      onState?.(message.partitionId, message.state);
      break;
    case 'rejection':
      break;
    case 'closed':
      one.closed.resolve();
      break;
    default:
      assertNever(message);
  }
}

function end(reading: Reading, error: string | undefined): void {
  reading.ended = true;
  reading.error = error;
  reading.wake();
}

function woken(reading: Reading): Promise<void> {
  return new Promise((resolve) => {
    reading.wake = resolve;
  });
}
