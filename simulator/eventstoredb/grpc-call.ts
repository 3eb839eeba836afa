import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import type { FaultState } from '#simulator/eventstoredb/faults.ts';
import { grpcCode, RpcError } from '#simulator/eventstoredb/rpc-error.ts';

/** One call of a client. Source: "gRPC over HTTP2", github.com/grpc/grpc doc/PROTOCOL-HTTP2.md. */
export interface Call {
  /** Aborted when the client went away or the call was ended. */
  readonly signal: AbortSignal;
  /**
   * Hands over each message of the request; resolves at its end.
   * @throws RpcError where the client breaks the protocol or a message is too large; whatever `onMessage` throws
   */
  receive(onMessage: (message: Buffer) => void): Promise<void>;
  /** Writes messages that were framed by {@link frame}; resolves when more may be written. */
  send(framed: Buffer): Promise<void>;
  /** True while {@link Call.send} would not wait. */
  writable(): boolean;
}

/** Kestrel refuses larger messages of a client; the real server raises that limit to this. */
const largestMessage = 17 * 1024 * 1024;

/** Puts the prefix before a message that makes it a frame. */
export function frame(message: Uint8Array): Buffer {
  const framed = Buffer.allocUnsafe(5 + message.length);
  framed[0] = 0;
  framed.writeUInt32BE(message.length, 1);
  framed.set(message, 5);
  return framed;
}

/** Serves one HTTP/2 stream with a handler and turns what the handler throws into the call's status. */
export function serveCall(
  stream: ServerHttp2Stream,
  handler: (call: Call) => Promise<void>,
  faults: FaultState,
): { end(error: RpcError | undefined): void } {
  const aborter = new AbortController();
  let responded = false;
  let ended = false;

  const respond = () => {
    if (responded) return;
    responded = true;
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
  };
  const end = (error: RpcError | undefined) => {
    aborter.abort('ended');
    if (ended || stream.destroyed || stream.closed) return;
    ended = true;
    const trailers = {
      'grpc-status': String(error?.code ?? grpcCode.ok),
      ...(error === undefined ? {} : { 'grpc-message': percentEncoded(error.message) }),
      ...printable(error?.trailers ?? {}),
    };
    if (!responded) {
      stream.respond({ ':status': 200, 'content-type': 'application/grpc', ...trailers }, { endStream: true });
      return;
    }
    stream.once('wantTrailers', () => stream.sendTrailers(trailers));
    stream.end();
  };

  stream.on('error', () => aborter.abort('gone'));
  stream.on('close', () => aborter.abort('gone'));
  const call: Call = {
    signal: aborter.signal,
    receive: (onMessage) => receiveMessages(stream, onMessage),
    writable: () => faults.undisturbed() && !stream.writableNeedDrain,
    async send(framed) {
      if (!faults.undisturbed()) await faults.mayAnswer(aborter.signal);
      if (ended || aborter.signal.aborted) return;
      respond();
      if (!stream.write(framed)) await drained(stream, aborter.signal);
    },
  };
  handler(call)
    .then(
      () => undefined,
      (error: unknown) =>
        error instanceof RpcError ? error : new RpcError(grpcCode.unknown, 'Exception was thrown by handler.'),
    )
    .then(async (error) => {
      if (!faults.undisturbed()) await faults.mayAnswer(aborter.signal);
      end(error);
    })
    .catch(() => stream.destroy());
  return { end };
}

/** Everything but printable ASCII, and the percent sign itself. */
function percentEncoded(message: string): string {
  return message.replaceAll(/[^\x20-\x24\x26-\x7e]/gu, encodeURIComponent);
}

/** Trailers are ASCII; the vendor's server escapes nothing, but its names could not be sent otherwise. */
function printable(trailers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(trailers).map(([name, value]) => [name, value.replaceAll(/[^\x20-\x7e]/g, '?')]),
  );
}

function receiveMessages(stream: ServerHttp2Stream, onMessage: (message: Buffer) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    let chunks: Buffer[] = [];
    let size = 0;
    let wanted = 5;
    const fail = (error: unknown) => {
      stream.removeAllListeners('data');
      stream.resume();
      reject(error);
    };
    stream.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      size += chunk.length;
      if (size < wanted) return;
      const bytes = chunks.length === 1 ? chunk : Buffer.concat(chunks, size);
      let at = 0;
      try {
        for (wanted = 5; bytes.length - at >= 5; wanted = 5) {
          const length = bytes.readUInt32BE(at + 1);
          if (length > largestMessage) {
            throw new RpcError(
              grpcCode.resourceExhausted,
              'Received message exceeds the maximum configured message size.',
            );
          }
          if (bytes[at] !== 0) throw new RpcError(grpcCode.unimplemented, 'compression is not supported');
          wanted = 5 + length;
          if (bytes.length - at < wanted) break;
          onMessage(bytes.subarray(at + 5, at + wanted));
          at += wanted;
        }
      } catch (error) {
        fail(error);
        return;
      }
      chunks = at === bytes.length ? [] : [bytes.subarray(at)];
      size = bytes.length - at;
    });
    stream.once('end', resolve);
    stream.once('close', resolve);
  });
}

function drained(stream: ServerHttp2Stream, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      stream.removeListener('drain', done);
      signal.removeEventListener('abort', done);
      resolve();
    };
    stream.once('drain', done);
    signal.addEventListener('abort', done);
    if (signal.aborted) done();
  });
}

/** The path of a call: `/package.Service/Method`. */
export function pathOf(headers: IncomingHttpHeaders): string {
  return String(headers[':path'] ?? '');
}
