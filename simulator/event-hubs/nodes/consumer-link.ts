import { lastEnqueuedSection } from '../amqp/event-message.ts';
import { type AmqpCondition, type AmqpSender, echoTermini } from '../amqp/rhea.ts';
import { encodeTransfers, room } from '../amqp/transfer.ts';
import { invalidFilter, invalidPosition, storageFailed, unauthorized } from '../conditions.ts';
import type { Hub } from '../hub.ts';
import type { PartitionLog } from '../log/partition-log.ts';
import { parseStartPosition } from '../start-position.ts';
import type { OpenLink, Peer, Service } from './peer.ts';
import type { Reader } from './readers.ts';

const runtimeMetric = 'com.microsoft:enable-receiver-runtime-metric';
const burstBytes = 256 * 1024;

export interface ConsumerPlace {
  readonly hub: Hub;
  readonly group: string;
  readonly partition: PartitionLog;
  readonly path: string;
}

/** Delivers a partition's events from the asked position on, or tells why the link cannot be. */
export function openConsumerLink(
  service: Service,
  peer: Peer,
  sender: AmqpSender,
  place: ConsumerPlace,
): OpenLink | AmqpCondition {
  const { hub, group, partition, path } = place;
  const position = parseStartPosition(sender.source?.filter);
  if (position === undefined) return invalidFilter;
  const start = partition.locate(position);
  if ('beyond' in start) {
    const what = position.by === 'offset' ? 'offset' : 'sequence number';
    return invalidPosition(what, 'value' in position ? position.value : 0, start.beyond);
  }
  const reader: Reader = { epoch: epochOf(sender), disconnect: (reason) => link.detach(reason) };
  const refusal = hub.readers.join(group, partition.id, reader);
  if (refusal !== undefined) return refusal;

  let next = start.next;
  let open = true;
  let reading = false;
  const tracks = asks(sender.desired_capabilities, runtimeMetric);
  echoTermini(sender);
  if (sender.snd_settle_mode !== 0) sender.local.attach.snd_settle_mode = 1;
  if (tracks) sender.local.attach.offered_capabilities = [runtimeMetric];

  const link: OpenLink = {
    kind: 'consumer',
    session: sender.session,
    hub: hub.name,
    partition: partition.id,
    wake: pump,
    rewind: (events) => {
      next = Math.max(partition.ends().first, next - events);
    },
    detach: (reason) => {
      link.dispose();
      sender.close(reason);
    },
    dispose: () => {
      open = false;
      unsubscribe();
      hub.readers.leave(group, partition.id, reader);
    },
  };
  const unsubscribe = partition.onAppend(pump);

  function pump(): void {
    while (open && !reading && sender.is_open()) {
      if (service.faults.on('silent-partition', partition.id) || peer.wire.congested()) return;
      const twice = service.faults.on('duplicate-delivery', partition.id);
      const free = twice ? Math.floor(room(sender) / 2) : room(sender);
      const { first, next: end, last } = partition.ends();
      // Retention may pass a slow consumer by; as in the service it goes on with what is left.
      next = Math.max(next, first);
      if (free < 1 || next >= end || last === undefined) break;
      if (!peer.grants.cover(path.toLowerCase())) {
        link.detach(unauthorized(path));
        return;
      }
      const messages = partition.read(next, free, burstBytes);
      if (messages instanceof Promise) {
        reading = true;
        messages
          .then(() => {
            reading = false;
            pump();
          })
          .catch((error) => {
            service.log(`reading ${path} failed: ${error}`);
            if (open) link.detach(storageFailed(String(error)));
          });
        return;
      }
      if (messages.length === 0) break;
      const prefix = tracks ? lastEnqueuedSection(last, service.options.clock.now()) : undefined;
      const deliveries = twice ? messages.flatMap((message) => [message, message]) : messages;
      peer.wire.write(encodeTransfers(sender, deliveries, prefix));
      next += messages.length;
      service.counters.delivered += deliveries.length;
    }
    if (open && sender._draining === true && sender.is_open()) sender.set_drained(true);
  }

  return link;
}

function epochOf(sender: AmqpSender): number | undefined {
  const value = sender.properties?.['com.microsoft:epoch'];
  return value === undefined || value === null ? undefined : Number(value);
}

function asks(capabilities: string | readonly string[] | null | undefined, name: string): boolean {
  const list = typeof capabilities === 'string' ? [capabilities] : (capabilities ?? []);
  return list.some((capability) => String(capability) === name);
}
