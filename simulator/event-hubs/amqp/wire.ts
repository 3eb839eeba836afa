import type { Duplex } from 'node:stream';
import type { SocketLike } from './rhea.ts';

/** A transport as rhea sees it, with a hand on what passes: bursts leave in one write, faults hold or swallow them. */
export interface Wire extends SocketLike {
  /** True while the peer reads so slowly that no more events should be encoded for it. */
  congested(): boolean;
  /** Called when a congested wire has room again. */
  onDrain(listener: () => void): void;
  /** Neither reads nor writes from now on; the peer notices nothing. */
  freeze(): void;
  readonly frozen: boolean;
  /** Holds back everything written for so many milliseconds; 0 ends it. */
  delay(ms: number): void;
}

// An empty AMQP frame: what a heartbeat is (AMQP 1.0 part 2 section 2.4.5).
const emptyFrame = Buffer.from('0000000802000000', 'hex');
const congestion = 1024 * 1024;

/** Something that waits for its turn to leave. */
interface Held {
  readonly bytes: number;
  readonly send: () => void;
  readonly timer: NodeJS.Timeout;
}

/**
 * Wraps a socket, TLS socket or WebSocket stream.
 * @param ready true once both sides have sent their open frame, so that empty frames may be sent
 */
export function createWire(socket: Duplex, peer: string, ready: () => boolean): Wire {
  let frozen = false;
  let corked = false;
  let answered = false;
  let checking = false;
  let holdMs = 0;
  let heldBytes = 0;
  const held: Held[] = [];
  let ended = false;
  let onEnd: (error?: unknown) => void = () => {};
  const drains: (() => void)[] = [];
  const drained = () => {
    for (const listener of drains) listener();
  };

  const finish = (error?: unknown) => {
    if (ended) return;
    ended = true;
    onEnd(error);
  };
  socket.on('end', () => finish());
  socket.on('close', () => finish());
  socket.on('error', (error) => finish(error));
  socket.on('drain', drained);

  // Clients that leave Nagle's algorithm on wait for the TCP acknowledgement of one small write before the next; an
  // empty frame carries it at once instead of after the delayed-acknowledgement timer of 40 ms.
  const acknowledge = () => {
    checking = false;
    if (!answered && !frozen && !socket.destroyed && socket.writable && ready()) put(emptyFrame);
  };

  function put(data: Buffer): void {
    answered = true;
    if (!corked) {
      corked = true;
      socket.cork();
      process.nextTick(() => {
        corked = false;
        socket.uncork();
      });
    }
    socket.write(data);
  }

  function hold(bytes: number, send: () => void): void {
    // All that is older goes with it: a wait that became shorter in between must not change the order.
    const timer = setTimeout(() => release(held.indexOf(item) + 1), holdMs);
    const item = { bytes, send, timer };
    held.push(item);
    heldBytes += bytes;
  }

  function release(count: number): void {
    for (const { bytes, send, timer } of held.splice(0, count)) {
      clearTimeout(timer);
      heldBytes -= bytes;
      send();
    }
    if (held.length === 0) drained();
  }

  return {
    on: (event, handler) => {
      const listener = handler as (...values: unknown[]) => void;
      if (event === 'end' || event === 'error') onEnd = listener;
      if (event !== 'data') return;
      socket.on('data', (chunk: Buffer) => {
        if (frozen) return;
        answered = false;
        listener(chunk);
        if (checking) return;
        checking = true;
        setImmediate(acknowledge);
      });
    },
    write: (data) => {
      if (frozen || !socket.writable) return;
      if (holdMs === 0) return put(data);
      hold(data.length, () => {
        if (!frozen && socket.writable) put(data);
      });
    },
    end: () => {
      if (holdMs === 0) socket.end();
      else hold(0, () => socket.end());
    },
    destroy: () => socket.destroy(),
    setNoDelay: () => {},
    removeAllListeners: () => {},
    get_id_string: () => peer,
    congested: () => socket.writableLength + heldBytes > congestion,
    onDrain: (listener) => drains.push(listener),
    freeze: () => {
      frozen = true;
      socket.pause();
    },
    get frozen() {
      return frozen;
    },
    delay: (ms) => {
      holdMs = ms;
      if (ms === 0) release(held.length);
    },
  };
}
