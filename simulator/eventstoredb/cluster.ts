import type { Clock } from '#ports/clock.ts';
import { type Call, frame } from '#simulator/eventstoredb/grpc-call.ts';
import { delimitedField, integer } from '#simulator/eventstoredb/protobuf.ts';

/** The version whose behaviour is simulated. */
const serverVersion = '23.10.6';

const streamMethods = ['read', 'append', 'delete', 'tombstone', 'batchappend'];
const features: Readonly<Record<string, readonly string[]>> = {
  read: ['position', 'events'],
  batchappend: ['deadline_duration'],
};

/** `ServerFeatures/GetSupportedMethods`: clients choose by it how they append. */
export function createFeaturesHandler(): (call: Call) => Promise<void> {
  const method = (service: string, name: string) =>
    delimitedField(
      1,
      delimitedField(1, name),
      delimitedField(2, service),
      ...(features[name] ?? []).map((feature) => delimitedField(3, feature)),
    );
  const methods = [
    ...streamMethods.map((name) => method('event_store.client.streams.streams', name)),
    method('event_store.client.gossip.gossip', 'read'),
    method('event_store.client.server_features.serverfeatures', 'getsupportedmethods'),
  ];
  const answer = frame(Buffer.concat([...methods, delimitedField(2, serverVersion)]));
  return async (call) => {
    await call.receive(() => undefined);
    await call.send(answer);
  };
}

/** VNodeState.Leader of `gossip.proto`, as the vendor's client numbers it. */
const leader = 8;

/** `Gossip/Read`: a cluster of one, for clients that discover (`esdb+discover://`). */
export function createGossipHandler(
  clock: Clock,
  endpoint: () => { readonly host: string; readonly port: number },
): (call: Call) => Promise<void> {
  return async (call) => {
    await call.receive(() => undefined);
    const { host, port } = endpoint();
    const member = [
      delimitedField(1, delimitedField(2, '00000000-0000-4000-8000-000000000001')),
      integer(2, clock.now() * 10_000),
      integer(3, leader),
      integer(4, 1),
      delimitedField(5, delimitedField(1, host), integer(2, port)),
    ];
    await call.send(frame(delimitedField(1, ...member)));
  };
}
