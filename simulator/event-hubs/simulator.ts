import { randomUUID } from 'node:crypto';
import type { Duplex } from 'node:stream';
import { acceptConnection } from './amqp/connection.ts';
import { createContainer } from './amqp/rhea.ts';
import { offerMechanisms } from './amqp/sasl.ts';
import { createGrants } from './auth/grants.ts';
import { detachForced } from './conditions.ts';
import { createFaults, type EventHubsFaultName } from './faults.ts';
import { type Listener, listenAmqp, listenWebSockets } from './listeners.ts';
import { openNamespace } from './namespace.ts';
import { attachReceiver, attachSender } from './nodes/attach.ts';
import type { OpenLink, Peer, Service } from './nodes/peer.ts';
import type { EventHubsSimulator, EventHubsSimulatorOptions } from './options.ts';

const slowMs = 500;
const rewoundEvents = 100;

/**
 * An Event Hubs namespace on this machine, speaking AMQP 1.0 to the vendors' own clients.
 * Rejects when a port is taken or a folder holds something damaged.
 */
export async function createEventHubsSimulator(options: EventHubsSimulatorOptions): Promise<EventHubsSimulator> {
  const { host = '127.0.0.1', clock, sas } = options;
  const log = options.log ?? (() => {});
  const peers = new Set<Peer>();
  const faults = createFaults(applyFault);
  const namespace = await openNamespace(options);
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
    const { connection, wire, start } = acceptConnection(container, socket, name, (session) => {
      for (const link of peer.links) if (link.session === session) link.wake();
    });
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

  const listeners: Listener[] = [];
  const listen = async (listener: Promise<Listener>) => {
    listeners.push(await listener);
    return (await listener).port;
  };
  const close = async () => {
    const closing = listeners.map((listener) => listener.close());
    for (const peer of peers) peer.wire.destroy();
    await Promise.all(closing);
    await namespace.close();
  };
  const { tls, webSockets } = options;
  let port = options.port;
  let tlsPort: number | undefined;
  let webSocketsPort: number | undefined;
  try {
    port = await listen(listenAmqp(host, options.port, undefined, accept));
    if (tls !== undefined) tlsPort = await listen(listenAmqp(host, tls.port, tls, accept));
    if (webSockets !== undefined) webSocketsPort = await listen(listenWebSockets(host, webSockets.port, tls, accept));
  } catch (error) {
    await close();
    throw error;
  }

  return {
    connectionString: `Endpoint=sb://${host}:${port};SharedAccessKeyName=${sas.keyName};SharedAccessKey=${sas.key};UseDevelopmentEmulator=true;`,
    port,
    tlsPort,
    webSocketsPort,
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
    close,
  };
}
