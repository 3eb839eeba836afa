import { createServer, connect as dial, type Server, type Socket } from 'node:net';

/** A TCP port, and where what arrives there is passed on to. */
export interface Door {
  readonly listen: { readonly host: string; readonly port: number };
  readonly target: { readonly host: string; readonly port: number };
}

/** Reads `host:port=host:port`, such as `127.0.0.1:2113=eventstoredb:2113`. @throws when it is something else */
export function parseDoor(text: string): Door {
  const match = /^([\w.-]+):(\d{1,5})=([\w.-]+):(\d{1,5})$/.exec(text);
  const [, host = '', port, targetHost = '', targetPort] = match ?? [];
  if (match === null) throw new Error(`"${text}" is no door: it must be host:port=host:port`);
  return { listen: { host, port: Number(port) }, target: { host: targetHost, port: Number(targetPort) } };
}

/** Open doors. */
export interface Doors {
  /** The ports in the order of the doors; where 0 was asked for, the ones that were free. */
  readonly ports: readonly number[];
  close(): Promise<void>;
}

/**
 * Opens every door. Bytes pass unchanged in both directions; when one side ends or fails so does the other, and a target that is away shows as a closed
 * connection. @throws when a port is held
 */
export async function openDoors(doors: readonly Door[]): Promise<Doors> {
  const open: Server[] = [];
  const sockets = new Set<Socket>();
  const close = async () => {
    for (const socket of sockets) socket.destroy();
    await Promise.all(open.map((server) => new Promise((done) => server.close(done))));
  };
  try {
    for (const { listen, target } of doors) {
      const server = createServer({ allowHalfOpen: true, noDelay: true }, (inner) => pass(inner, target, sockets));
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen(listen.port, listen.host, resolve);
      });
      open.push(server);
    }
  } catch (error) {
    await close();
    throw error;
  }
  return { ports: open.map(portOf), close };
}

function pass(inner: Socket, target: Door['target'], sockets: Set<Socket>): void {
  const outer = dial({ ...target, allowHalfOpen: true, noDelay: true });
  for (const [one, other] of [
    [inner, outer],
    [outer, inner],
  ] as const) {
    sockets.add(one);
    one.pipe(other);
    one.on('error', () => other.destroy());
    one.on('close', () => {
      sockets.delete(one);
      other.destroy();
    });
  }
}

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}
