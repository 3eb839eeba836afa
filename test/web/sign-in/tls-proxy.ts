import { request } from 'node:http';
import { createCertificateAuthority } from '#simulator/tls/certificate-authority.ts';
import { startTlsFront } from '#simulator/tls/tls-front.ts';

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
  const { port, close } = await startTlsFront(leaf, (incoming) =>
    request(`${state.target}${incoming.url ?? '/'}`, {
      method: incoming.method ?? 'GET',
      headers: { ...incoming.headers, 'x-forwarded-for': incoming.socket.remoteAddress ?? '', ...state.headers },
    }),
  );
  return {
    ...{ origin: `https://localhost:${port}`, close },
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
  };
}
