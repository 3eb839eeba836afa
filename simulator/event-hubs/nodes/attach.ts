import { type AmqpCondition, type AmqpReceiver, type AmqpSender, echoTermini } from '../amqp/rhea.ts';
import { notFound, partitionOutOfRange, unauthorized } from '../conditions.ts';
import { parseAddress } from './address.ts';
import { openConsumerLink } from './consumer-link.ts';
import { openManagementNode } from './management-node.ts';
import type { OpenLink, Peer, Service } from './peer.ts';
import { openPublisherLink } from './publisher-link.ts';
import { openTokenNode } from './token-node.ts';

/** A client wants to receive: answers of a node, or events of a partition. */
export function attachSender(service: Service, peer: Peer, sender: AmqpSender): void {
  const address = parseAddress(sender.source?.address);
  if (address?.node === 'cbs' || address?.node === 'management') {
    echoTermini(sender);
    peer.replyLinks.add(sender);
    sender.on('sender_close', () => peer.replyLinks.delete(sender));
    return;
  }
  const link = consumer(service, peer, sender, address);
  if ('condition' in link) {
    service.log(`link to ${sender.source?.address} refused: ${link.condition} ${link.description}`);
    sender.close(link);
    return;
  }
  keep(peer, link);
  sender.on('sender_flow', () => link.wake());
  sender.on('sender_close', () => forget(peer, link));
}

function consumer(
  service: Service,
  peer: Peer,
  sender: AmqpSender,
  address: ReturnType<typeof parseAddress>,
): OpenLink | AmqpCondition {
  if (address?.node !== 'consumer-group') return notFound(String(sender.source?.address));
  if (!peer.grants.cover(address.path.toLowerCase())) return unauthorized(address.path);
  const hub = service.namespace.find(address.hub);
  if (hub === undefined) return notFound(address.hub);
  if (!hub.hasGroup(address.group)) return notFound(`${address.hub}/ConsumerGroups/${address.group}`);
  const partition = hub.partition(address.partition);
  if (partition === undefined) return partitionOutOfRange(hub.partitions.length);
  return openConsumerLink(service, peer, sender, { hub, group: address.group, partition, path: address.path });
}

/** A client wants to send: requests to a node, or events. */
export function attachReceiver(service: Service, peer: Peer, receiver: AmqpReceiver): void {
  const address = parseAddress(receiver.target?.address);
  if (address?.node === 'cbs' || address?.node === 'management') {
    echoTermini(receiver);
    if (address.node === 'cbs') openTokenNode(service, peer, receiver);
    else openManagementNode(service, peer, receiver);
    return;
  }
  const link = publisher(service, peer, receiver, address);
  if ('condition' in link) {
    service.log(`link to ${receiver.target?.address} refused: ${link.condition} ${link.description}`);
    receiver.close(link);
    return;
  }
  keep(peer, link);
  receiver.on('receiver_close', () => forget(peer, link));
}

function publisher(
  service: Service,
  peer: Peer,
  receiver: AmqpReceiver,
  address: ReturnType<typeof parseAddress>,
): OpenLink | AmqpCondition {
  if (address?.node !== 'hub') return notFound(String(receiver.target?.address));
  if (!peer.grants.cover(address.path.toLowerCase())) return unauthorized(address.path);
  const hub = service.namespace.find(address.hub);
  if (hub === undefined) return notFound(address.hub);
  const { partition, path } = address;
  if (partition !== undefined && hub.partition(partition) === undefined) {
    return partitionOutOfRange(hub.partitions.length);
  }
  return openPublisherLink(service, peer, receiver, { hub, partition, path });
}

function keep(peer: Peer, link: OpenLink): void {
  peer.links.add(link);
}

function forget(peer: Peer, link: OpenLink): void {
  link.dispose();
  peer.links.delete(link);
}
