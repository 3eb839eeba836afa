import { createDeskApp } from '#web/app.ts';
import { loadAssets } from '#web/assets.ts';
import type { DeskDeps } from '#web/deps.ts';
import { listen } from '#web/http-server.ts';
import { allowedHosts, isLoopbackHost } from '#web/loopback.ts';

export interface DeskServerOptions extends Omit<DeskDeps, 'assets' | 'hosts' | 'signal'> {
  /** A loopback address; any other only where people sign in and a trusted proxy speaks TLS before the desk. */
  readonly host: string;
  /** 0 picks a free one. */
  readonly port: number;
}

export type StartDeskResult =
  | { readonly ok: true; readonly desk: DeskServer }
  | { readonly ok: false; readonly reason: 'address-not-allowed' | 'port-in-use' };

export interface DeskServer {
  /** `http://host:port` for programs on this machine: a loopback address where it was bound to all of them. */
  readonly url: string;
  /** Ends live streams, lets running requests finish for at most two seconds, and frees the port. */
  close(): Promise<void>;
}

/** Serves the desk. Throws only what listening throws beyond a port that is held. */
export async function startDeskServer(options: DeskServerOptions): Promise<StartDeskResult> {
  const { signIn } = options;
  const behindTls = signIn?.trustedProxy === true && signIn.origin.startsWith('https://');
  if (!isLoopbackHost(options.host) && !behindTls) return { ok: false, reason: 'address-not-allowed' };
  const ending = new AbortController();
  let hosts: readonly string[] = [];
  const app = createDeskApp({ ...options, assets: loadAssets(), hosts: () => hosts, signal: ending.signal });
  const started = await listen(app.fetch, options.host, options.port);
  if (!started.ok) return started;
  const { server } = started;
  hosts = [
    ...allowedHosts(isLoopbackHost(server.host) ? server.host : '127.0.0.1', server.port),
    ...(signIn === undefined ? [] : [new URL(signIn.origin).host]),
  ];
  return {
    ok: true,
    desk: {
      url: isAny(server.host) ? `http://127.0.0.1:${server.port}` : server.url,
      close() {
        const closed = server.close();
        ending.abort();
        return closed;
      },
    },
  };
}

/** True for the addresses that stand for all of a machine's: a connection to loopback arrives there. */
function isAny(host: string): boolean {
  return host === '0.0.0.0' || host === '::';
}
