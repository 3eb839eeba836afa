import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';

/** A server that listens. */
interface HttpServer {
  /** As it was bound; the host without brackets. */
  readonly host: string;
  readonly port: number;
  /** `http://host:port`. */
  readonly url: string;
  /** Lets running requests finish for at most two seconds and frees the port. */
  close(): Promise<void>;
}

export type ListenResult =
  | { readonly ok: true; readonly server: HttpServer }
  | { readonly ok: false; readonly reason: 'port-in-use' };

type Fetch = Parameters<typeof createAdaptorServer>[0]['fetch'];

/** Milliseconds that running requests get when the server is closed. */
const closeMs = 2000;

/**
 * Serves an app. Throws what listening throws, but for a port that is held.
 * @param port 0 picks a free one
 */
export async function listen(fetch: Fetch, host: string, port: number): Promise<ListenResult> {
  const name = host.replace(/^\[(.*)\]$/, '$1');
  const server = createAdaptorServer({
    fetch,
    overrideGlobalObjects: false,
    serverOptions: { requestTimeout: 30_000, headersTimeout: 10_000, maxHeaderSize: 16 * 1024 },
  }) as Server;
  // A browser holds its stream open and asks for the next thing on the same connection long after.
  server.keepAliveTimeout = 65_000;

  const failure = await new Promise<NodeJS.ErrnoException | undefined>((resolve) => {
    server.once('error', resolve);
    server.listen(port, name, () => {
      server.off('error', resolve);
      resolve(undefined);
    });
  });
  if (failure?.code === 'EADDRINUSE') return { ok: false, reason: 'port-in-use' };
  if (failure !== undefined) throw failure;

  const bound = (server.address() as AddressInfo).port;
  const close = () =>
    new Promise<void>((resolve) => {
      const force = setTimeout(() => server.closeAllConnections(), closeMs);
      server.close(() => {
        clearTimeout(force);
        resolve();
      });
      server.closeIdleConnections();
    });
  const url = `http://${name.includes(':') ? `[${name}]` : name}:${bound}`;
  return { ok: true, server: { host: name, port: bound, url, close } };
}
