import type { ClientRequest, IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { KeyAndCertificate } from '#simulator/tls/certificate-authority.ts';

/** Something that speaks TLS on loopback before a server that does not, or not with that name. */
export interface TlsFront {
  readonly port: number;
  close(): Promise<void>;
}

/**
 * Listens on a free port of loopback and passes on what comes, both ways, until either side ends it.
 * @param open begins the request behind it, whose body is then passed on; undefined where it has answered by itself
 */
export async function startTlsFront(
  { cert, key }: KeyAndCertificate,
  open: (incoming: IncomingMessage, outgoing: ServerResponse) => ClientRequest | undefined,
): Promise<TlsFront> {
  // An address or a header that cannot be passed on is its sender's trouble, not that of everybody else.
  const begin = (incoming: IncomingMessage, outgoing: ServerResponse) => {
    try {
      return open(incoming, outgoing);
    } catch {
      outgoing.writeHead(400).end();
      return undefined;
    }
  };
  const server = createServer({ cert, key }, (incoming, outgoing) => {
    const passed = begin(incoming, outgoing);
    if (passed === undefined) return void incoming.resume();
    passed.on('response', (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
      answer.on('error', () => outgoing.destroy());
    });
    passed.on('error', () => outgoing.destroy());
    outgoing.on('close', () => passed.destroy());
    incoming.pipe(passed);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
