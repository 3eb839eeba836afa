import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';

/** An HTTPS listener that can be closed and opened again at its port. */
export interface Listener {
  readonly port: number;
  open(): Promise<void>;
  /** Takes no more connections and ends those that there are. */
  close(): Promise<void>;
}

/** Opens a listener. Rejects with the system's error where the port is taken. */
export async function openListener(options: {
  readonly host: string;
  readonly port: number;
  readonly tls: { readonly key: string; readonly cert: string };
  readonly handle: (request: IncomingMessage, response: ServerResponse) => Promise<void>;
}): Promise<Listener> {
  let server: Server | undefined;
  let port = options.port;
  const open = async () => {
    if (server !== undefined) return;
    const next = createServer({ ...options.tls, minVersion: 'TLSv1.2' }, (request, response) => {
      options.handle(request, response).catch(() => response.destroy());
    });
    await new Promise<void>((resolve, reject) => {
      next.once('error', reject);
      next.listen(port, options.host === 'localhost' ? '127.0.0.1' : options.host, () => {
        next.off('error', reject);
        resolve();
      });
    });
    // A connection that breaks is its client's affair.
    next.on('error', () => undefined);
    port = (next.address() as AddressInfo).port;
    server = next;
  };
  await open();
  return {
    get port() {
      return port;
    },
    open,
    close: () =>
      new Promise((resolve) => {
        const closing = server;
        server = undefined;
        if (closing === undefined) return resolve();
        closing.close(() => resolve());
        closing.closeAllConnections();
      }),
  };
}
