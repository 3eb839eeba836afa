import { uuid5 } from '#kernel/uuid.ts';

/** Namespace of every name-based id of Tocsin (UUIDv5, RFC 9562). Never changes: stored ids depend on it. */
export const namespace = '6f1a1b7c-6a5e-5f0e-9d3b-2c8e5a7d4f10';

/** Identity of one life of a hub: after it was deleted and created again its positions mean something else. */
export function incarnationOf(hub: {
  readonly namespace: string;
  readonly hub: string;
  readonly createdAt: number;
}): string {
  return `${hub.namespace.toLowerCase()}/${hub.hub.toLowerCase()}@${new Date(hub.createdAt).toISOString()}`;
}

/** Id of the stored event for one item of one hub message. Name: `inbox|<incarnation>|<partition>|<sequence number>|<index>`. */
export function inboxEventId(incarnation: string, partition: string, sequenceNumber: number, index: number): string {
  return uuid5(namespace, `inbox|${incarnation}|${partition}|${sequenceNumber}|${index}`);
}

/** Id of the emergency that a provider's own id stands for. Name: `emergency|<feed>|<tenant>|<provider id>`. */
export function emergencyIdOf(feed: string, tenantId: string, providerId: string): string {
  return uuid5(namespace, `emergency|${feed}|${tenantId.toLowerCase()}|${providerId}`);
}

/** Id of an event that one stored event caused in an emergency. Name: `caused|<stream>|<causing event id>|<type>`. */
export function causedEventId(stream: string, causationId: string, type: string): string {
  return uuid5(namespace, `caused|${stream}|${causationId}|${type}`);
}

export function inboxStream(hub: string, partition: string): string {
  return `inbox-${hub.toLowerCase()}-${partition}`;
}

export function emergencyStream(emergencyId: string): string {
  return `emergency-${emergencyId}`;
}

/** Id of the emergency whose stream this is, undefined for other streams. */
export function emergencyIdOfStream(stream: string): string | undefined {
  return stream.startsWith('emergency-') ? stream.slice('emergency-'.length) : undefined;
}

export const streamPrefixes = {
  inbox: 'inbox-',
  emergency: 'emergency-',
  credential: 'credential-',
  subscription: 'subscription-',
  watch: 'watch-',
} as const;
export const triageStream = 'triage';
export const resolveStream = 'resolve';
