import type { RequestListener } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';

/** A TLS listener that can be closed and opened again on the same port. */
export interface Listener {
  readonly port: number;
  /** Does nothing when it is open. */
  open(): Promise<void>;
  /** Ends present connections and refuses new ones. Does nothing when it is closed. */
  close(): Promise<void>;
}

/** Listens at once: the port is known before there is anybody to answer. */
export async function startListener(
  at: { readonly host: string; readonly port: number },
  tls: { readonly cert: string; readonly key: string },
  handler: RequestListener,
): Promise<Listener> {
  let port = at.port;
  let server: Server | undefined;
  const open = async () => {
    if (server !== undefined) return;
    const opened = createServer({ cert: tls.cert, key: tls.key, minVersion: 'TLSv1.2' }, handler);
    await new Promise<void>((resolve, reject) => {
      opened.once('error', reject);
      opened.listen(port, at.host, () => resolve());
    });
    opened.on('error', () => undefined); // one connection's trouble
    port = (opened.address() as AddressInfo).port;
    server = opened;
  };
  await open();
  return {
    get port() {
      return port;
    },
    open,
    close: async () => {
      const closing = server;
      server = undefined;
      if (closing === undefined) return;
      await new Promise<void>((resolve) => {
        closing.close(() => resolve());
        closing.closeAllConnections();
      });
    },
  };
}
