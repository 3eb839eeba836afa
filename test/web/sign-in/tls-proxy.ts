import { request } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { createCertificateAuthority } from '#simulator/tls/certificate-authority.ts';

const authority = createCertificateAuthority(Date.now());
const leaf = authority.issue(['localhost'], Date.now());
/** PEM of the authority that the proxy's certificate comes from. */
export const proxyAuthority = authority.cert;

/** A proxy that speaks TLS before a desk, as one in front of a deployed desk does. */
export interface TlsProxy {
  /** `https://localhost:PORT`. */
  readonly origin: string;
  /** Where it passes requests on to. */
  target: string;
  /** Headers that it sets beside `X-Forwarded-For`, whatever was sent. */
  headers: Record<string, string>;
  close(): Promise<void>;
}

export async function startTlsProxy(): Promise<TlsProxy> {
  const state = { target: '', headers: { 'x-forwarded-proto': 'https' } as Record<string, string> };
  const server: Server = createServer({ cert: leaf.cert, key: leaf.key }, (incoming, outgoing) => {
    const passed = request(
      `${state.target}${incoming.url ?? '/'}`,
      {
        method: incoming.method ?? 'GET',
        headers: {
          ...incoming.headers,
          'x-forwarded-for': incoming.socket.remoteAddress ?? '',
          ...state.headers,
        },
      },
      (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(outgoing);
        answer.on('error', () => outgoing.destroy());
      },
    );
    passed.on('error', () => outgoing.destroy());
    outgoing.on('close', () => passed.destroy());
    incoming.pipe(passed);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    origin: `https://localhost:${(server.address() as AddressInfo).port}`,
    get target() {
      return state.target;
    },
    set target(url) {
      state.target = url;
    },
    get headers() {
      return state.headers;
    },
    set headers(headers) {
      state.headers = headers;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
