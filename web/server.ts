import { createDeskApp } from '#web/app.ts';
import { loadAssets } from '#web/assets.ts';
import type { DeskDeps } from '#web/deps.ts';
import { listen } from '#web/http-server.ts';
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

/** Serves the desk. Throws only what listening throws beyond a port that is held. */
export async function startDeskServer(options: DeskServerOptions): Promise<StartDeskResult> {
  if (!isLoopbackHost(options.host)) return { ok: false, reason: 'address-not-allowed' };
  const ending = new AbortController();
  let hosts: readonly string[] = [];
  const app = createDeskApp({ ...options, assets: loadAssets(), hosts: () => hosts, signal: ending.signal });
  const started = await listen(app.fetch, options.host, options.port);
  if (!started.ok) return started;
  const { server } = started;
  hosts = allowedHosts(server.host, server.port);
  return {
    ok: true,
    desk: {
      url: server.url,
      close() {
        const closed = server.close();
        ending.abort();
        return closed;
      },
    },
  };
}
