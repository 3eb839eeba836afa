import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import { createDeskApp } from '#web/app.ts';
import { loadAssets } from '#web/assets.ts';
import type { DeskDeps } from '#web/deps.ts';
import { allowedHosts, isLoopbackHost } from '#web/loopback.ts';

export interface DeskServerOptions extends Omit<DeskDeps, 'assets' | 'hosts' | 'signal'> {
  /** A loopback address: anything else is refused until there is sign-in. */
  readonly host: string;
  /** 0 picks a free one. */
  readonly port: number;
}

export type StartDeskResult =
  | { readonly ok: true; readonly desk: DeskServer }
  | { readonly ok: false; readonly reason: 'address-not-allowed' | 'port-in-use' };

export interface DeskServer {
  /** `http://host:port`, as it was bound. */
  readonly url: string;
  /** Ends live streams, lets running requests finish for at most two seconds, and frees the port. */
  close(): Promise<void>;
}

/** Milliseconds that running requests get when the desk is closed. */
const closeMs = 2000;

/** Serves the desk. Throws only what listening throws beyond a port that is held. */
export async function startDeskServer(options: DeskServerOptions): Promise<StartDeskResult> {
  if (!isLoopbackHost(options.host)) return { ok: false, reason: 'address-not-allowed' };
  const hostname = options.host.replace(/^\[(.*)\]$/, '$1');
  const ending = new AbortController();
  let hosts: readonly string[] = [];
  const app = createDeskApp({ ...options, assets: loadAssets(), hosts: () => hosts, signal: ending.signal });
  const server = createAdaptorServer({
    fetch: app.fetch,
    overrideGlobalObjects: false,
    serverOptions: { requestTimeout: 30_000, headersTimeout: 10_000, maxHeaderSize: 16 * 1024 },
  }) as Server;
  // A browser holds its stream open and asks for the next thing on the same connection long after.
  server.keepAliveTimeout = 65_000;

  const failure = await new Promise<NodeJS.ErrnoException | undefined>((resolve) => {
    server.once('error', resolve);
    server.listen(options.port, hostname, () => {
      server.off('error', resolve);
      resolve(undefined);
    });
  });
  if (failure?.code === 'EADDRINUSE') return { ok: false, reason: 'port-in-use' };
  if (failure !== undefined) throw failure;

  const { port } = server.address() as AddressInfo;
  hosts = allowedHosts(hostname, port);
  return {
    ok: true,
    desk: {
      url: `http://${hostname.includes(':') ? `[${hostname}]` : hostname}:${port}`,
      close: () =>
        new Promise((resolve) => {
          const force = setTimeout(() => server.closeAllConnections(), closeMs);
          server.close(() => {
            clearTimeout(force);
            resolve();
          });
          ending.abort();
          server.closeIdleConnections();
        }),
    },
  };
}
