import { randomUUID } from 'node:crypto';
import type { Duplex } from 'node:stream';
import { acceptConnection } from './amqp/connection.ts';
import { type AmqpSession, createContainer } from './amqp/rhea.ts';
import { offerMechanisms } from './amqp/sasl.ts';
import { createGrants } from './auth/grants.ts';
import { detachForced } from './conditions.ts';
import { createFaults, type EventHubsFaultName } from './faults.ts';
import { type Accept, type Listener, listenAmqp, listenWebSockets } from './listeners.ts';
import { openNamespace } from './namespace.ts';
import { attachReceiver, attachSender } from './nodes/attach.ts';
import type { OpenLink, Peer, Service } from './nodes/peer.ts';
import type { EventHubsSimulator, EventHubsSimulatorOptions } from './options.ts';

const defaultHost = '127.0.0.1';
const slowMs = 500;
const rewoundEvents = 100;

/**
 * An Event Hubs namespace on this machine, speaking AMQP 1.0 to the vendors' own clients.
 * Rejects when a port is taken, when another simulator uses the folder (`FolderInUse`) or when it holds something damaged.
 */
export async function createEventHubsSimulator(options: EventHubsSimulatorOptions): Promise<EventHubsSimulator> {
  const { host = defaultHost, clock, sas } = options;
  const log = options.log ?? (() => {});
  const peers = new Set<Peer>();
  const faults = createFaults(applyFault);
  // Whoever comes while the files are still read is sent away, as where nobody listens yet.
  let isOpen = false;
  const take = (socket: Duplex, name: string) => (isOpen ? accept(socket, name) : void socket.destroy());
  const { listeners, ...ports } = await listenAll(options, take);
  const closeListeners = () => Promise.all(listeners.map((listener) => listener.close()));
  const namespace = await openNamespace(options).catch(async (error: unknown) => {
    await closeListeners();
    throw error;
  });
  const service: Service = {
    options,
    namespace,
    faults: faults.state,
    counters: { received: 0, delivered: 0 },
    log,
  };
  const container = createContainer(`event-hubs-simulator-${randomUUID()}`);
  offerMechanisms(container, sas);
  // Without a listener rhea's emitter would throw.
  container.on('error', (error) => log(`connection error: ${String(error)}`));

  function accept(socket: Duplex, name: string): void {
    const wakeAll = (session: AmqpSession) => {
      for (const link of peer.links) if (link.session === session) link.wake();
    };
    const { connection, wire, start } = acceptConnection(container, socket, name, wakeAll, log);
    const peer: Peer = {
      connection,
      wire,
      grants: createGrants(() => clock.now()),
      links: new Set(),
      replyLinks: new Set(),
    };
    peers.add(peer);
    if (faults.state.on('slow')) wire.delay(slowMs);
    wire.onDrain(() => {
      for (const link of peer.links) link.wake();
    });
    connection.on('sender_open', ({ sender }) => attachSender(service, peer, sender));
    connection.on('receiver_open', ({ receiver }) => attachReceiver(service, peer, receiver));
    connection.on('session_close', ({ session }) => forget(peer, (link) => link.session === session));
    connection.on('session_error', () => {});
    connection.on('sender_error', () => {});
    connection.on('receiver_error', () => {});
    connection.on('connection_error', () => {});
    connection.on('connection_close', () => gone(peer));
    connection.on('disconnected', () => gone(peer));
    connection.on('error', (error) => log(`${name}: ${String(error)}`));
    connection.on('protocol_error', (error) => log(`${name}: ${String(error)}`));
    start();
  }

  function gone(peer: Peer): void {
    peers.delete(peer);
    forget(peer, () => true);
    peer.replyLinks.clear();
  }

  function forget(peer: Peer, which: (link: OpenLink) => boolean): void {
    for (const link of [...peer.links].filter(which)) {
      link.dispose();
      peer.links.delete(link);
    }
  }

  const links = () => [...peers].flatMap((peer) => [...peer.links]);

  function applyFault(name: EventHubsFaultName, active: boolean, partition: string | undefined): void {
    const affected = links().filter((link) => partition === undefined || link.partition === partition);
    if (active) log(`fault ${name} began`);
    if (name === 'drop-connection' && active) for (const peer of peers) peer.wire.destroy();
    if (name === 'detach' && active) for (const link of affected) link.detach(detachForced);
    if (name === 'slow') for (const peer of peers) peer.wire.delay(active ? slowMs : 0);
    if (name === 'half-open') {
      for (const peer of peers) {
        if (active) peer.wire.freeze();
        else if (peer.wire.frozen) peer.wire.destroy();
      }
    }
    if (name === 'duplicate-delivery' && active) for (const link of affected) link.rewind(rewoundEvents);
    for (const link of links()) link.wake();
  }

  isOpen = true;

  return {
    connectionString: `Endpoint=sb://${host}:${ports.port};SharedAccessKeyName=${sas.keyName};SharedAccessKey=${sas.key};UseDevelopmentEmulator=true;`,
    ...ports,
    faults,
    stats: () => ({
      connections: peers.size,
      publishers: links().filter((link) => link.kind === 'publisher').length,
      consumers: links().filter((link) => link.kind === 'consumer').length,
      ...service.counters,
      hubs: namespace.hubs.map((hub) => ({
        name: hub.name,
        createdAt: hub.createdAt,
        partitions: hub.partitions.map((partition) => {
          const { first, next, bytes } = partition.ends();
          return { id: partition.id, firstSequenceNumber: first, nextSequenceNumber: next, bytes };
        }),
      })),
    }),
    recreateHub: (name) =>
      namespace.recreate(name, (old) => {
        // What is on its way to the old hub gets no answer, so that its sender tries again with the new one.
        for (const link of links()) if (link.hub === old.name) link.detach(detachForced);
        log(`hub ${old.name} was made anew`);
      }),
    close: async () => {
      const closing = closeListeners();
      for (const peer of peers) peer.wire.destroy();
      await closing;
      await namespace.close();
    },
  };
}

/** Takes every port that is wanted, or none. */
async function listenAll({ host = defaultHost, port, tls, webSockets }: EventHubsSimulatorOptions, take: Accept) {
  const listeners: Listener[] = [];
  const listen = async (opening: Promise<Listener>) => {
    const listener = await opening;
    listeners.push(listener);
    return listener.port;
  };
  try {
    return {
      listeners,
      port: await listen(listenAmqp(host, port, undefined, take)),
      tlsPort: tls === undefined ? undefined : await listen(listenAmqp(host, tls.port, tls, take)),
      webSocketsPort:
        webSockets === undefined ? undefined : await listen(listenWebSockets(host, webSockets.port, tls, take)),
    };
  } catch (error) {
    await Promise.all(listeners.map((listener) => listener.close()));
    throw error;
  }
}
