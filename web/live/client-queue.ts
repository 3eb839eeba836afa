/** What is on its way to one client, bounded: who cannot keep up is let go and resumes from the last position that it saw. */
export interface ClientQueue {
  readonly body: ReadableStream<Uint8Array>;
  /** Puts text on its way. False when the client is gone or was too slow; nothing was queued then. */
  send(text: string): boolean;
  /** Resolves once everything that waits was taken, or the client is gone. */
  drained(): Promise<void>;
  /** Ends the stream in an orderly way. */
  end(): void;
  readonly ended: boolean;
}

export interface ClientQueueOptions {
  /** Bytes that may wait before the client counts as too slow. */
  readonly maxBytes: number;
  /** The client is too slow: cut its connection. */
  readonly onOverflow: () => void;
  /** Called once, however it ends. */
  readonly onEnd: () => void;
}

const encoder = new TextEncoder();
/** Bytes that the response may hold for the socket on top of what waits here. */
const inFlight = 16 * 1024;

export function createClientQueue(options: ClientQueueOptions): ClientQueue {
  const waiting: Uint8Array[] = [];
  let bytes = 0;
  let ended = false;
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  let waiters: (() => void)[] = [];

  function wake() {
    const all = waiters;
    waiters = [];
    for (const waiter of all) waiter();
  }
  function finish() {
    if (ended) return;
    ended = true;
    waiting.length = 0;
    bytes = 0;
    wake();
    options.onEnd();
  }
  function flush() {
    while (!ended && controller !== undefined && (controller.desiredSize ?? 0) > 0) {
      const next = waiting.shift();
      if (next === undefined) break;
      bytes -= next.byteLength;
      controller.enqueue(next);
    }
    if (waiting.length === 0) wake();
  }

  return {
    body: new ReadableStream<Uint8Array>(
      {
        start: (given) => {
          controller = given;
        },
        pull: flush,
        cancel: finish,
      },
      new ByteLengthQueuingStrategy({ highWaterMark: inFlight }),
    ),
    send(text) {
      if (ended) return false;
      const chunk = encoder.encode(text);
      if (bytes + chunk.byteLength > options.maxBytes) {
        finish();
        options.onOverflow();
        return false;
      }
      waiting.push(chunk);
      bytes += chunk.byteLength;
      flush();
      return true;
    },
    drained: () =>
      ended || waiting.length === 0 ? Promise.resolve() : new Promise((resolve) => waiters.push(resolve)),
    end() {
      if (ended) return;
      finish();
      controller?.close();
    },
    get ended() {
      return ended;
    },
  };
}
