import { createServer as createHttp2Server, type ServerHttp2Session } from 'node:http2';
import { createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import type { FaultState } from '#simulator/eventstoredb/faults.ts';
import { type Call, pathOf, serveCall } from '#simulator/eventstoredb/grpc-call.ts';
import { grpcCode, notReady, RpcError } from '#simulator/eventstoredb/rpc-error.ts';

/** Serves one call; what it throws becomes the call's status. */
export type Handler = (call: Call) => Promise<void>;

/** By path: `/package.Service/Method`. */
export interface Handlers {
  readonly ready: ReadonlyMap<string, Handler>;
  /** What is served in a server's first second; all else is refused then. */
  readonly notReady: ReadonlyMap<string, Handler>;
}

/** A gRPC server whose connections can be made to fail. */
export interface GrpcServer {
  readonly port: number;
  /** Drops every connection and refuses new ones. */
  die(): Promise<void>;
  /** Listens again, on the same port. */
  revive(): Promise<void>;
  /** Stops reading from every connection, pings included, or goes on. */
  freeze(frozen: boolean): void;
  /** Ends every call as if all were said. */
  endCalls(): void;
  close(): Promise<void>;
}

const receiveWindow = 8 * 1024 * 1024;

/**
 * @param options `port` 0 takes a free one
 */
export async function createGrpcServer(
  options: {
    readonly host: string;
    readonly port: number;
    readonly tls?: { readonly key: string; readonly cert: string };
  },
  handlers: Handlers,
  faults: FaultState,
): Promise<GrpcServer> {
  const sockets = new Set<Socket>();
  const sessions = new Set<ServerHttp2Session>();
  const calls = new Set<{ end(error: RpcError | undefined): void }>();
  const held = new Set<Socket>();

  const http2 = createHttp2Server({
    settings: { initialWindowSize: receiveWindow },
    maxSessionMemory: 256,
  });
  http2.on('session', (session) => {
    sessions.add(session);
    session.setLocalWindowSize(2 * receiveWindow);
    session.on('close', () => sessions.delete(session));
    session.on('error', () => session.destroy());
  });
  http2.on('sessionError', () => undefined);
  http2.on('stream', (stream, headers) => {
    const path = pathOf(headers);
    const handler = faults.active('not-ready')
      ? (handlers.notReady.get(path) ?? refuse)
      : (handlers.ready.get(path) ?? unimplemented);
    const call = serveCall(stream, handler, faults);
    calls.add(call);
    stream.on('close', () => calls.delete(call));
    if (faults.active('ends-cleanly')) call.end(undefined);
  });

  const accept = (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      sockets.delete(socket);
      held.delete(socket);
    });
    if (faults.active('half-open')) held.add(socket);
    else http2.emit('connection', socket);
  };
  const tcp: Server =
    options.tls === undefined
      ? createTcpServer({ noDelay: true }, accept)
      : createTlsServer({ ...options.tls, noDelay: true, ALPNProtocols: ['h2'] }, accept);
  tcp.on('tlsClientError', () => undefined);
  const listen = (port: number) =>
    new Promise<number>((resolve, reject) => {
      tcp.once('error', reject);
      tcp.listen({ host: options.host, port }, () => {
        tcp.removeListener('error', reject);
        const address = tcp.address();
        resolve(typeof address === 'object' && address !== null ? address.port : port);
      });
    });
  const port = await listen(options.port);

  const die = async () => {
    const closed = new Promise<void>((resolve) => tcp.close(() => resolve()));
    for (const socket of sockets) {
      if (options.tls === undefined) socket.resetAndDestroy();
      else socket.destroy();
    }
    for (const session of sessions) session.destroy();
    await closed;
  };
  return {
    port,
    die,
    async revive() {
      await listen(port);
    },
    freeze(frozen) {
      for (const socket of sockets) freezeSocket(socket, frozen);
      if (frozen) return;
      for (const socket of held) http2.emit('connection', socket);
      held.clear();
    },
    endCalls() {
      for (const call of calls) call.end(undefined);
    },
    async close() {
      if (tcp.listening) await die();
      http2.close();
    },
  };
}

const refuse: Handler = () => Promise.reject(notReady());
const unimplemented: Handler = () => Promise.reject(new RpcError(grpcCode.unimplemented, 'Service is unimplemented.'));

/** An HTTP/2 session reads from the socket's handle itself, so that pausing the socket would change nothing. */
function freezeSocket(socket: Socket, frozen: boolean): void {
  const handle = (socket as Socket & { readonly _handle?: { readStop(): void; readStart(): void } | null })._handle;
  if (frozen) handle?.readStop();
  else handle?.readStart();
}
