import { createServer as createHttpServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { createServer as createTcpServer, type Server } from 'node:net';
import type { Duplex } from 'node:stream';
import { createServer as createTlsServer } from 'node:tls';
import { createWebSocketStream, WebSocketServer } from 'ws';

/** One open port. */
export interface Listener {
  readonly port: number;
  /** Takes no more connections; those that exist are the caller's to end. */
  close(): Promise<void>;
}

interface TlsTexts {
  readonly key: string;
  readonly cert: string;
}

export type Accept = (socket: Duplex, peer: string) => void;

/** AMQP on plain TCP, or on TLS when a certificate is given. Rejects when the port is taken. */
export async function listenAmqp(
  host: string,
  port: number,
  tls: TlsTexts | undefined,
  accept: Accept,
): Promise<Listener> {
  const take = (socket: Duplex & { readonly remotePort?: number | undefined }) =>
    accept(socket, `${host}:${socket.remotePort ?? 0}`);
  // Small frames must not wait for the peer's delayed acknowledgements.
  const options = { noDelay: true };
  const server = tls === undefined ? createTcpServer(options, take) : createTlsServer({ ...options, ...tls }, take);
  // A client that does not trust the certificate, or speaks something else, ends here.
  server.on('tlsClientError', () => {});
  return await listening(server, host, port);
}

/** AMQP over WebSockets, on any path. */
export async function listenWebSockets(
  host: string,
  port: number,
  tls: TlsTexts | undefined,
  accept: Accept,
): Promise<Listener> {
  const server = tls === undefined ? createHttpServer() : createHttpsServer(tls);
  const upgrade = new WebSocketServer({ server, perMessageDeflate: false });
  // The server's own errors; whoever waits for it to listen hears of them.
  upgrade.on('error', () => {});
  upgrade.on('connection', (socket, request) => {
    accept(createWebSocketStream(socket), `${host}:${request.socket.remotePort ?? 0}`);
  });
  const listener = await listening(server, host, port);
  return {
    port: listener.port,
    close: async () => {
      for (const client of upgrade.clients) client.terminate();
      upgrade.close();
      server.closeAllConnections();
      await listener.close();
    },
  };
}

async function listening(server: Server, host: string, port: number): Promise<Listener> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => resolve());
  });
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
      }),
  };
}
