import { prepareEvents } from '../amqp/event-message.ts';
import { type AmqpCondition, type AmqpDelivery, type AmqpReceiver, echoTermini } from '../amqp/rhea.ts';
import { MalformedMessage } from '../amqp/sections.ts';
import { malformed, messageTooLarge, serverBusy, storageFailed, unauthorized } from '../conditions.ts';
import type { Hub } from '../hub.ts';
import { partitionForKey } from '../partition-key.ts';
import type { OpenLink, Peer, Service } from './peer.ts';

/** Largest message, single event or batch, of the standard tier ("Azure Event Hubs quotas and limits"). */
const maxMessageSize = 1024 * 1024;

/** Takes events for a hub or for one of its partitions; settles them once they are stored. */
export function openPublisherLink(
  service: Service,
  peer: Peer,
  receiver: AmqpReceiver,
  place: { readonly hub: Hub; readonly partition: string | undefined; readonly path: string },
): OpenLink {
  const { hub, partition, path } = place;
  let open = true;
  echoTermini(receiver);
  receiver.local.attach.max_message_size = maxMessageSize;

  const link: OpenLink = {
    kind: 'publisher',
    session: receiver.session,
    hub: hub.name,
    partition,
    wake: () => {},
    rewind: () => {},
    detach: (reason) => {
      open = false;
      receiver.close(reason);
    },
    dispose: () => {
      open = false;
    },
  };

  async function store(message: Buffer, format: number): Promise<AmqpCondition | undefined> {
    if (message.length > maxMessageSize) return messageTooLarge(message.length, maxMessageSize);
    const { events, partitionKey } = prepareEvents(message, format);
    const target =
      (partition !== undefined && hub.partition(partition)) ||
      (partitionKey !== undefined && hub.partitions[partitionForKey(partitionKey, hub.partitions.length)]) ||
      hub.nextPartition();
    if (service.faults.on('throttle', target.id)) return serverBusy;
    if (events.length > 0) await target.append(events);
    service.counters.received += events.length;
    return undefined;
  }

  function settle(delivery: AmqpDelivery, problem: AmqpCondition | undefined): void {
    // After a detach the peer will send again on another link, so nothing is said on this one.
    if (!open) return;
    if (problem === undefined) delivery.accept();
    else delivery.reject(problem);
  }

  receiver.on('message', ({ message, delivery }) => {
    if (!open) return;
    if (!peer.grants.cover(path.toLowerCase())) {
      // The client does not fail what is on its way when a link is detached: the delivery gets an answer of its own.
      delivery.reject(unauthorized(path));
      link.detach(unauthorized(path));
      return;
    }
    void store(message, delivery.format ?? 0)
      .catch((error): AmqpCondition => {
        if (error instanceof MalformedMessage) return malformed(error.message);
        service.log(`storing failed: ${error}`);
        return storageFailed(error instanceof Error ? error.message : String(error));
      })
      .then((problem) => settle(delivery, problem));
  });
  return link;
}
