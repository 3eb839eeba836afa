import type { JsonObject } from '#kernel/json.ts';
import { type EncryptionCertificateParts, readCertificate } from '#simulator/graph/certificate.ts';
import { feedOf, type LifecycleEvent, type SubscriptionRecord } from '#simulator/graph/record.ts';
import { isRefusal } from '#simulator/graph/reply.ts';
import { encryptResource } from '#simulator/teams/encrypt.ts';
import type { TeamsChange } from '#simulator/teams/live.ts';

/** The id of what changed. */
export function resourceIdOf(change: TeamsChange): string {
  return String((change.kind === 'message' ? change.message : change.event)['id']);
}

/** True when a subscription is to be told of a change. */
export function concerns(subscription: SubscriptionRecord, change: TeamsChange): boolean {
  const { target } = subscription;
  const changeType = change.kind === 'message' ? change.changeType : 'updated';
  if (!subscription.changeTypes.includes(changeType)) return false;
  if (change.kind === 'call') {
    return target.kind === 'emergency' && target.policy.toLowerCase() === change.policy.toLowerCase();
  }
  if (target.kind === 'all-chats') return true;
  if (target.kind === 'user-chats') return change.members.includes(target.userId);
  return target.kind === 'chat' && target.chatId === change.message['chatId'];
}

/** Reads certificates once: every rich notice needs one. */
export function createNotices(tenantId: string): {
  /** A `changeNotification`, rich with its content encrypted to the certificate of the subscription, basic naming the resource alone. */
  change(subscription: SubscriptionRecord, change: TeamsChange): JsonObject;
  /** A lifecycle notice ("Reduce missing subscriptions and change notifications"). */
  lifecycle(subscription: SubscriptionRecord, event: LifecycleEvent): JsonObject;
} {
  const certificates = new Map<string, EncryptionCertificateParts>();
  const certificateOf = (text: string): EncryptionCertificateParts => {
    const known = certificates.get(text);
    if (known !== undefined) return known;
    const read = readCertificate(text);
    if (isRefusal(read)) throw new Error('a subscription was kept with a certificate that cannot be read');
    if (certificates.size >= 64) certificates.clear();
    certificates.set(text, read);
    return read;
  };
  const envelope = (subscription: SubscriptionRecord) => ({
    subscriptionId: subscription.id,
    subscriptionExpirationDateTime: new Date(subscription.expiresAt).toISOString(),
    tenantId,
    ...(subscription.clientState === undefined ? {} : { clientState: subscription.clientState }),
  });
  return {
    change(subscription, change) {
      const isChat = change.kind === 'message';
      const resource = isChat ? change.message : change.event;
      const path = isChat
        ? `chats('${String(resource['chatId'])}')/messages('${String(resource['id'])}')`
        : subscription.resource.replace(/^\//, '');
      const rich = subscription.includeResourceData && !(isChat && change.basic === true);
      const { encryptionCertificate, encryptionCertificateId } = subscription;
      const certificate =
        rich && encryptionCertificate !== undefined && encryptionCertificateId !== undefined
          ? { id: encryptionCertificateId, ...certificateOf(encryptionCertificate) }
          : undefined;
      return {
        ...envelope(subscription),
        changeType: isChat ? change.changeType : 'updated',
        resource: path,
        resourceData: {
          '@odata.type':
            feedOf(subscription.target) === 'chat'
              ? '#Microsoft.Graph.chatMessage'
              : '#microsoft.graph.emergencyCallEvent',
          '@odata.id': path,
          id: String(resource['id']),
        },
        ...(isChat ? {} : { organizationId: tenantId }),
        ...(certificate === undefined
          ? {}
          : {
              encryptedContent: {
                ...encryptResource(resource, certificate),
                encryptionCertificateThumbprint: certificate.thumbprint,
              },
            }),
      };
    },
    lifecycle: (subscription, event) => ({ ...envelope(subscription), lifecycleEvent: event }),
  };
}
