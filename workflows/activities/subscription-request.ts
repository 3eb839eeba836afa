import type { GraphSubscription } from '#ports/graph.ts';
import type { Delivery } from '#workflows/activities/deps.ts';
import type { SubscriptionSpec } from '#workflows/contract.ts';

/** `/users/{id}/chats/getAllMessages`, or the emergency events of a policy. `userId` is the signed-in user's, for the chat feed. Personal. */
export function resourceOf(spec: SubscriptionSpec, userId: string | undefined): string {
  if (spec.feed === 'chat') return `/users/${userId ?? ''}/chats/getAllMessages`;
  // A quote is doubled in an OData literal (OData 4.01 URL conventions, section 5.1.1.6.1).
  return `communications/calls/getEmergencyEventsByPolicy(policyName='${(spec.policy ?? '').replaceAll("'", "''")}')`;
}

/** "Change notifications for emergency calls" has `updated` alone; new and edited messages for the chat feed. */
export function changeTypeOf(spec: SubscriptionSpec): string {
  return spec.feed === 'chat' ? 'created,updated' : 'updated';
}

/** Why a subscription of the same resource is not the one that we want; undefined when it is. */
export function differsFrom(
  spec: SubscriptionSpec,
  delivery: Delivery,
  resource: string,
  found: GraphSubscription,
): string | undefined {
  const application = delivery.applicationId?.(spec.credential);
  if (!sameResource(found.resource, resource)) return 'it is of another resource';
  if (!sameChanges(found.changeType, changeTypeOf(spec))) return 'it is of other changes';
  if (application !== undefined && found.applicationId !== undefined && !same(found.applicationId, application))
    return 'it belongs to another application';
  if (!same(found.notificationUrl, delivery.notificationUrl)) return 'it delivers to another address';
  if (
    found.lifecycleNotificationUrl !== undefined &&
    !same(found.lifecycleNotificationUrl, delivery.lifecycleNotificationUrl)
  )
    return 'its lifecycle notices go to another address';
  if (found.includeResourceData !== (spec.content === 'rich')) return 'it has other content';
  return undefined;
}

/** True when Graph takes two subscriptions for the same: it answers 409. */
export function inTheWay(spec: SubscriptionSpec, resource: string, found: GraphSubscription): boolean {
  return sameResource(found.resource, resource) && sameChanges(found.changeType, changeTypeOf(spec));
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
