import { buffersOf, packMessages } from '#adapters/event-hubs/packed-messages.ts';
import type { FromSource, PackedItem, SourcePort, ToSource } from '#adapters/event-hubs/source-messages.ts';
import { assertNever } from '#kernel/assert-never.ts';
import type { DescribeResult, EventSource, PartitionResult, ReceivedItem } from '#ports/event-source.ts';

/** Items of one reading that may wait in the other thread: it never idles while the next batch is received, and memory stays bounded. */
const mostAhead = 4;
/** Bytes of bodies above which a further item waits for the others to be taken. */
const mostBytesAhead = 4 * 1024 * 1024;

/** Serves a source to another thread until that closes it: what it receives is packed at once, so that the client's many objects for every message die young. */
export function serveSource(source: EventSource, port: SourcePort<FromSource, ToSource>): void {
  const running = new Map<number, { readonly stop: AbortController; readonly taken: () => void }>();

  function answer(number: number, question: (signal: AbortSignal) => Promise<DescribeResult | PartitionResult>): void {
    const stop = new AbortController();
    running.set(number, { stop, taken: () => undefined });
    const failed = (error: unknown) => ({ ok: false, reason: 'unavailable', detail: String(error) }) as const;
    void question(stop.signal)
      .catch(failed)
      .then((found) => {
        running.delete(number);
        port.postMessage({ kind: 'answer', number, answer: found });
      });
  }

  async function read({ number, partitionId, from }: Extract<ToSource, { kind: 'receive' }>): Promise<void> {
    const stop = new AbortController();
    const sizes: number[] = [];
    let wake: (() => void) | undefined;
    const taken = () => {
      sizes.shift();
      wake?.();
    };
    running.set(number, { stop, taken });
    const isFull = () => sizes.length >= mostAhead || sizes.reduce((sum, size) => sum + size, 0) >= mostBytesAhead;
    stop.signal.addEventListener('abort', () => wake?.());
    try {
      for await (const item of source.receive(partitionId, from, stop.signal)) {
        const packed = pack(item);
        sizes.push(packed.kind === 'batch' ? packed.messages.bytes.byteLength : 0);
        port.postMessage(
          { kind: 'item', number, item: packed },
          packed.kind === 'batch' ? buffersOf(packed.messages) : [],
        );
        while (isFull() && !stop.signal.aborted)
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
      }
      port.postMessage({ kind: 'ended', number });
    } catch (error) {
      port.postMessage({ kind: 'ended', number, error: String(error) });
    } finally {
      running.delete(number);
    }
  }

  async function close(): Promise<void> {
    for (const { stop } of running.values()) stop.abort();
    await source.close();
    port.postMessage({ kind: 'closed' });
  }

  port.on('message', (message) => {
    switch (message.kind) {
      case 'describe':
        answer(message.number, (signal) => source.describe(signal));
        break;
      case 'partition':
        answer(message.number, (signal) => source.partition(message.partitionId, signal));
        break;
      case 'receive':
        void read(message);
        break;
      case 'taken':
        running.get(message.number)?.taken();
        break;
      case 'stop':
        running.get(message.number)?.stop.abort();
        break;
      case 'close':
        void close();
        break;
      default:
        assertNever(message);
    }
  });
}

function pack(item: ReceivedItem): PackedItem {
  return item.kind === 'batch' ? { ...item, messages: packMessages(item.messages) } : item;
}
