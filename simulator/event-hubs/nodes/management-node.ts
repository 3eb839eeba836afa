import { type AmqpCondition, type AmqpMessage, type AmqpReceiver, amqpTypes, decodeMessage } from '../amqp/rhea.ts';
import { checkToken } from '../auth/tokens.ts';
import { notFound, partitionOutOfRange, serverBusy, unauthorized } from '../conditions.ts';
import type { Hub } from '../hub.ts';
import type { PartitionLog } from '../log/partition-log.ts';
import { type Peer, reply, type Service } from './peer.ts';

// 0001-01-01, which the service names as the time of an event that never was.
const never = -62_135_596_800_000;
const strings = 0xa1;

/** `$management`: properties of the hub and of its partitions (the clients' READ operation). */
export function openManagementNode(service: Service, peer: Peer, receiver: AmqpReceiver): void {
  receiver.on('message', ({ message, delivery, session }) => {
    const request = decodeMessage(message);
    delivery.accept();
    void authorized(service, peer, request)
      .then((allowed) => answerFor(service, request, allowed))
      .then((answer) => reply(peer, session, '$management', request, encode(answer)));
  });
}

/**
 * The link itself needs no token; each request does, on the connection or in the request (Java's client attaches
 * before it has put one).
 */
async function authorized(service: Service, peer: Peer, request: AmqpMessage): Promise<boolean> {
  const properties = request.application_properties ?? {};
  const path = `${String(properties['name'] ?? '').toLowerCase()}/$management`;
  if (peer.grants.cover(path)) return true;
  const token = String(properties['security_token'] ?? '');
  const type = token.startsWith('SharedAccessSignature ') ? 'servicebus.windows.net:sastoken' : 'jwt';
  return (await checkToken(service.options, type, token, path)).ok;
}

function encode(answer: Answer): AmqpMessage {
  if (!('failure' in answer)) {
    return {
      application_properties: { 'status-code': amqpTypes.wrap_int(200), 'status-description': 'OK' },
      body: answer.body,
    };
  }
  return {
    application_properties: {
      'status-code': amqpTypes.wrap_int(answer.status),
      'status-description': answer.failure.description,
      'error-condition': answer.failure.condition,
    },
    body: '',
  };
}

type Answer =
  | { readonly body: Readonly<Record<string, unknown>> }
  | { readonly status: number; readonly failure: AmqpCondition };

function answerFor(service: Service, request: AmqpMessage, allowed: boolean): Answer {
  const properties = request.application_properties ?? {};
  const name = String(properties['name'] ?? '');
  if (service.faults.on('throttle')) return { status: 503, failure: serverBusy };
  if (!allowed) return { status: 401, failure: unauthorized(name) };
  const hub = service.namespace.find(name);
  if (hub === undefined) return { status: 404, failure: notFound(name) };
  if (properties['type'] === 'com.microsoft:eventhub') return { body: hubProperties(hub) };
  const id = String(properties['partition'] ?? '');
  const partition = hub.partition(id);
  if (partition === undefined) return { status: 400, failure: partitionOutOfRange(hub.partitions.length) };
  return { body: partitionProperties(hub, partition) };
}

function hubProperties(hub: Hub): Readonly<Record<string, unknown>> {
  return {
    name: hub.name,
    type: 'com.microsoft:eventhub',
    created_at: amqpTypes.wrap_timestamp(hub.createdAt),
    partition_count: amqpTypes.wrap_int(hub.partitions.length),
    partition_ids: amqpTypes.wrap_array(
      hub.partitions.map((partition) => partition.id),
      strings,
      undefined,
    ),
    georeplication_factor: amqpTypes.wrap_int(1),
  };
}

function partitionProperties(hub: Hub, partition: PartitionLog): Readonly<Record<string, unknown>> {
  const { first, next, last } = partition.ends();
  return {
    name: hub.name,
    type: 'com.microsoft:partition',
    partition: partition.id,
    begin_sequence_number: amqpTypes.wrap_long(first),
    last_enqueued_sequence_number: amqpTypes.wrap_long(last?.sequenceNumber ?? -1),
    last_enqueued_offset: amqpTypes.wrap_string(String(last?.offset ?? -1)),
    last_enqueued_time_utc: amqpTypes.wrap_timestamp(last?.enqueuedAt ?? never),
    is_partition_empty: first === next,
  };
}
