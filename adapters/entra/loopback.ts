import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type BrowserAnswer, browserAnswerIn, isSameText } from '#domain/identity/browser-address.ts';

/** Waits on this machine for a browser to come back from Entra (RFC 8252 section 7.3). */
export interface Loopback {
  /** `http://localhost:<port>`: Entra takes any port for a registered `http://localhost`. */
  readonly redirectUri: string;
  /** Settles with the first request that carries the state. */
  readonly redirected: Promise<BrowserAnswer>;
  close(): Promise<void>;
}

/**
 * @param state random; requests with another one change nothing
 * @param port to be listened on; any that is free without it
 * @throws where that port is another's now
 */
export async function openLoopback(state: string, port = 0): Promise<Loopback> {
  const { promise, resolve } = Promise.withResolvers<BrowserAnswer>();
  const server = createServer({ requestTimeout: 10_000, headersTimeout: 10_000 }, (request, response) => {
    const url = URL.parse(request.url ?? '', redirectUri());
    const isOurs =
      request.headers.host === new URL(redirectUri()).host && url?.pathname === '/' && request.method === 'GET';
    if (!isOurs) return answer(response, 404, 'There is nothing here.');
    const query = url.searchParams;
    if (!isSameText(query.get('state') ?? '', state))
      return answer(response, 400, 'This is not the sign-in that Tocsin waits for.');
    const brought = browserAnswerIn(query);
    if (brought === undefined) return answer(response, 400, 'There is no code in this answer.');
    resolve(brought);
    if (brought.type === 'refused')
      return answer(response, 200, 'The sign-in did not succeed. Go back to Tocsin: it says why.');
    return answer(response, 200, 'Tocsin has the answer. You can close this window.');
  });
  const redirectUri = () => `http://localhost:${(server.address() as AddressInfo).port}`;
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');

  return {
    redirectUri: redirectUri(),
    redirected: promise,
    async close() {
      const closed = once(server, 'close');
      server.close();
      // The last answer may still be on its way.
      server.closeIdleConnections();
      const forced = setTimeout(() => server.closeAllConnections(), 500);
      await closed;
      clearTimeout(forced);
    },
  };
}

function answer(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, {
    'content-type': 'text/plain; charset=utf-8',
    'cache-control': 'no-store',
    'content-security-policy': "default-src 'none'",
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    connection: 'close',
  });
  response.end(`${text}\n`);
}
