import type { GraphSubscription } from '#ports/graph.ts';
import type { Delivery } from '#workflows/activities/deps.ts';
import type { Feed, SubscriptionSpec } from '#workflows/contract.ts';

/** `/users/{id}/chats/getAllMessages`, or the emergency events of a policy. `userId` is the signed-in user's, for the chat feed. Personal. */
export function resourceOf(spec: SubscriptionSpec, userId: string | undefined): string {
  if (spec.feed === 'chat') return `/users/${userId ?? ''}/chats/getAllMessages`;
  // A quote is doubled in an OData literal (OData 4.01 URL conventions, section 5.1.1.6.1).
  return `communications/calls/getEmergencyEventsByPolicy(policyName='${(spec.policy ?? '').replaceAll("'", "''")}')`;
}

/**
 * "Change notifications for emergency calls" has `updated` alone; new and edited messages for the chat feed. Graph takes a second subscription of the same resource only
 * for other changes: one that is to stand beside the first is of deleted messages too (`wider`).
 */
export function changeTypeOf(spec: SubscriptionSpec, wider = false): string {
  if (spec.feed === 'events') return 'updated';
  return wider ? 'created,updated,deleted' : 'created,updated';
}

/** True for one of the chat feed that is of deleted messages too. */
export function isWider(spec: SubscriptionSpec, found: GraphSubscription): boolean {
  return spec.feed === 'chat' && sameChanges(found.changeType, changeTypeOf(spec, true));
}

/** Where Graph delivers what is of a feed, and where it puts what is too large: only the way to the hub itself has such a place. */
export function addressesOf(
  { notificationUrl, lifecycleNotificationUrl, eventsUrl, blobStoreUrl }: Delivery,
  feed: Feed,
): Pick<Delivery, 'notificationUrl' | 'lifecycleNotificationUrl' | 'blobStoreUrl'> {
  const urls =
    feed === 'events' && eventsUrl !== undefined
      ? { notificationUrl: eventsUrl, lifecycleNotificationUrl: eventsUrl }
      : { notificationUrl, lifecycleNotificationUrl };
  return blobStoreUrl === undefined || throughEventGrid(urls.notificationUrl) ? urls : { ...urls, blobStoreUrl };
}

/** "Subscribe to events published by Microsoft Graph API" (learn.microsoft.com). */
export function throughEventGrid(notificationUrl: string): boolean {
  return /^EventGrid:/i.test(notificationUrl);
}

/** Why a subscription of the same resource is not the one that we want; undefined when it is. */
export function differsFrom(
  spec: SubscriptionSpec,
  delivery: Delivery,
  resource: string,
  found: GraphSubscription,
): string | undefined {
  const application = delivery.applicationId?.(spec.credential);
  const { notificationUrl, lifecycleNotificationUrl } = addressesOf(delivery, spec.feed);
  if (!sameResource(found.resource, resource)) return 'it is of another resource';
  if (!ofOurChanges(spec, found)) return 'it is of other changes';
  if (application !== undefined && found.applicationId !== undefined && !same(found.applicationId, application))
    return 'it belongs to another application';
  if (!same(found.notificationUrl, notificationUrl)) return 'it delivers to another address';
  if (found.lifecycleNotificationUrl !== undefined && !same(found.lifecycleNotificationUrl, lifecycleNotificationUrl))
    return 'its lifecycle notices go to another address';
  if (found.includeResourceData !== (spec.content === 'rich')) return 'it has other content';
  return undefined;
}

/** True when a subscription is for the same as ours: Graph answers 409 to a second one, or both deliver. */
export function inTheWay(spec: SubscriptionSpec, resource: string, found: GraphSubscription): boolean {
  return sameResource(found.resource, resource) && ofOurChanges(spec, found);
}

function ofOurChanges(spec: SubscriptionSpec, found: GraphSubscription): boolean {
  return sameChanges(found.changeType, changeTypeOf(spec)) || isWider(spec, found);
}

/** Without a leading slash, letter case and the long-gone `?model=` (payment models ended in 2025). */
export function sameResource(one: string, other: string): boolean {
  const plain = (text: string) =>
    text
      .replace(/^\//, '')
      .replace(/\?model=.*$/i, '')
      .toLowerCase();
  return plain(one) === plain(other);
}

function sameChanges(one: string, other: string): boolean {
  const sorted = (text: string) =>
    text
      .toLowerCase()
      .split(',')
      .map((each) => each.trim())
      .sort()
      .join();
  return sorted(one) === sorted(other);
}

function same(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}
