import { request } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { KeyAndCertificate } from '#simulator/tls/certificate-authority.ts';

/** What Container Apps have before the desk: TLS with the desk's name, and headers that say from whom and how a request came. */
export interface Ingress {
  readonly port: number;
  /** `http://127.0.0.1:PORT` of the desk. */
  target: string;
  close(): Promise<void>;
}

/** Listens at once on loopback; requests are answered once it has a target. */
export async function startIngress(tls: KeyAndCertificate): Promise<Ingress> {
  const state = { target: '' };
  const server = createServer({ cert: tls.cert, key: tls.key }, (incoming, outgoing) => {
    if (state.target === '') return void outgoing.writeHead(503).end();
    const passed = request(`${state.target}${incoming.url ?? '/'}`, {
      agent: false,
      ...(incoming.method === undefined ? {} : { method: incoming.method }),
      headers: {
        ...incoming.headers,
        'x-forwarded-for': incoming.socket.remoteAddress ?? '',
        'x-forwarded-proto': 'https',
      },
    });
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
    get target() {
      return state.target;
    },
    set target(url) {
      state.target = url;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
