import { request } from 'node:http';
import type { KeyAndCertificate } from '#simulator/tls/certificate-authority.ts';
import { startTlsFront } from '#simulator/tls/tls-front.ts';

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
  const { port, close } = await startTlsFront(tls, (incoming, outgoing) => {
    if (state.target === '') {
      outgoing.writeHead(503).end();
      return undefined;
    }
    return request(`${state.target}${incoming.url ?? '/'}`, {
      agent: false,
      ...(incoming.method === undefined ? {} : { method: incoming.method }),
      headers: {
        ...incoming.headers,
        'x-forwarded-for': incoming.socket.remoteAddress ?? '',
        'x-forwarded-proto': 'https',
      },
    });
  });
  return {
    ...{ port, close },
    get target() {
      return state.target;
    },
    set target(url) {
      state.target = url;
    },
  };
}
