import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import { createServer, type TLSSocket } from 'node:tls';
import { systemClock } from '#adapters/system/clock.ts';
import { createDevServer } from '#adapters/temporal/dev-server/dev-server.ts';
import { searchAttributeTypes } from '#adapters/temporal/search-attributes.ts';
import { CommandError, exitCodes } from '#cli/exit-codes.ts';
import { programPlace } from '#cli/programs.ts';
import { requireSettings } from '#cli/settings.ts';
import type { KeyAndCertificate } from '#simulator/tls/certificate-authority.ts';

/** A dev server of Temporal that is reached over TLS, as a cluster elsewhere is. API keys are taken and not looked at. */
export interface TemporalCluster {
  /** `127.0.0.1:PORT`. */
  readonly address: string;
  close(): Promise<void>;
}

/** @throws {CommandError} where no Temporal is to be had */
export async function startTemporalCluster(given: {
  readonly folder: string;
  readonly namespace: string;
  readonly tls: KeyAndCertificate;
  readonly onProgress: (line: string) => void;
}): Promise<TemporalCluster> {
  const quiet = { debug() {}, info() {}, warn() {}, error() {} };
  const settings = requireSettings(undefined);
  const server = createDevServer({
    ...{
      ...programPlace(settings),
      stateDir: given.folder,
      namespace: given.namespace,
      clock: systemClock,
      log: quiet,
    },
    ...(settings.temporalCli === undefined ? {} : { executable: settings.temporalCli }),
    ...{ ports: { grpc: 0, ui: 0 }, searchAttributes: searchAttributeTypes, onProgress: given.onProgress },
  });
  const started = await server.start();
  if (!started.ok) {
    await server.stop();
    const detail = started.reason === 'stopped' ? 'it was stopped' : started.detail;
    throw new CommandError(exitCodes.unreachable, `Temporal does not start: ${detail}`);
  }
  const [host = '', port = ''] = started.address.split(':');
  const sockets = new Set<TLSSocket>();
  const front = createServer({ cert: given.tls.cert, key: given.tls.key, ALPNProtocols: ['h2'] }, (socket) => {
    sockets.add(socket);
    const behind = connect(Number(port), host);
    socket
      .on('error', () => behind.destroy())
      .on('close', () => {
        sockets.delete(socket);
        behind.destroy();
      });
    behind.on('error', () => socket.destroy()).on('close', () => socket.destroy());
    socket.pipe(behind).pipe(socket);
  });
  front.on('tlsClientError', () => undefined);
  await new Promise<void>((resolve) => front.listen(0, '127.0.0.1', resolve));
  return {
    address: `127.0.0.1:${(front.address() as AddressInfo).port}`,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => front.close(() => resolve()));
      await server.stop();
    },
  };
}
