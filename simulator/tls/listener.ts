import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import { createServer, type Server } from 'node:https';
import { type AddressInfo, connect, createServer as createTcpServer } from 'node:net';
import type { KeyAndCertificate } from '#simulator/tls/certificate-authority.ts';

/** A TLS listener that can refuse connections for a while and be opened again on the same port. */
export interface TlsListener {
  readonly port: number;
  /** Does nothing when it is open. */
  open(): Promise<void>;
  /** Ends present connections and refuses new ones; the port stays its own. Does nothing when it is not open. */
  refuse(): Promise<void>;
  /** Ends present connections and gives the port back. */
  close(): Promise<void>;
}

/** Listens at once: the port is known before there is anybody to answer. Rejects with the system's error where the port is taken. */
export async function openTlsListener(
  at: { readonly host: string; readonly port: number },
  { key, cert }: KeyAndCertificate,
  handler: RequestListener,
): Promise<TlsListener> {
  const host = at.host === 'localhost' ? '127.0.0.1' : at.host;
  let port = at.port;
  let server: Server | undefined;
  let release = () => {};
  // One after the other: a port that is given back while it is being held would be held for ever.
  let last: Promise<unknown> = Promise.resolve();
  const inOrder = (work: () => Promise<void>): Promise<void> => {
    const done = last.then(work);
    last = done.catch(() => undefined);
    return done;
  };
  const open = async () => {
    if (server !== undefined) return;
    const opened = createServer({ key, cert, minVersion: 'TLSv1.2' }, handler);
    await new Promise<void>((resolve, reject) => {
      opened.once('error', reject);
      opened.listen(port, host, () => resolve());
    });
    opened.on('error', () => undefined); // one connection's trouble
    port = (opened.address() as AddressInfo).port;
    server = opened;
    release();
  };
  const stop = async () => {
    const stopping = server;
    server = undefined;
    if (stopping === undefined) return false;
    await new Promise<void>((resolve) => {
      stopping.close(() => resolve());
      stopping.closeAllConnections();
    });
    return true;
  };
  await open();
  return {
    get port() {
      return port;
    },
    open: () => inOrder(open),
    refuse: () =>
      inOrder(async () => {
        if (await stop()) release = await holdPort(host, port);
      }),
    close: () =>
      inOrder(async () => {
        await stop();
        release();
      }),
  };
}

/**
 * Keeps a port from being given to anybody else while nothing listens on it: a connection that comes from it takes it out of what the system gives away.
 * @returns gives it back
 */
async function holdPort(host: string, localPort: number): Promise<() => void> {
  const sink = createTcpServer((socket) =>
    socket
      .on('error', () => undefined)
      .resume()
      .unref(),
  ).unref();
  await once(sink.listen(0, host), 'listening');
  const { port } = sink.address() as AddressInfo;
  const held = connect({ host, port, localAddress: host, localPort }).unref();
  // Where it cannot be held, the next one to open the port says whether that mattered.
  await new Promise<void>((resolve) => held.once('connect', resolve).on('error', () => resolve()));
  return () => {
    held.destroy();
    sink.close();
  };
}
