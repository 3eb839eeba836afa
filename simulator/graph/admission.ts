import type { Chats } from '#simulator/graph/chats.ts';
import type { FaultState } from '#simulator/graph/faults.ts';
import type { SubscriptionRecord } from '#simulator/graph/record.ts';
import type { Registry } from '#simulator/graph/registry.ts';
import { notFound, type Refusal, refuse } from '#simulator/graph/reply.ts';

export interface AdmissionDeps {
  readonly registry: Registry;
  readonly chats: Chats;
  readonly faults: FaultState;
  readonly quotas: { readonly perUser: number; readonly perOrganisation: number };
}

/** What a new subscription must not collide with: others like it, limits, chats that are not its user's. */
export function createAdmission({ registry, chats, faults, quotas }: AdmissionDeps): {
  /** 409 for the same application, resource and change types. */
  conflict(record: SubscriptionRecord): Refusal | undefined;
  /** 403 beyond the documented quotas ("Change notifications overview", subscription limits). */
  overQuota(record: SubscriptionRecord): Refusal | undefined;
  closedChat(record: SubscriptionRecord): Refusal | undefined;
} {
  const conflict = (record: SubscriptionRecord): Refusal | undefined => {
    const types = record.changeTypes.join();
    const same = registry
      .allLive()
      .find(
        (other) =>
          other.applicationId === record.applicationId &&
          other.canonical === record.canonical &&
          other.changeTypes.join() === types,
      );
    if (same === undefined) return undefined;
    return refuse(409, 'Conflict', `Subscription Id <${same.id}> already exists for the requested combination`);
  };
  const overQuota = (record: SubscriptionRecord): Refusal | undefined => {
    const limit = (text: string) => refuse(403, 'Forbidden', `Operation: Create; Exception: [${text}]`);
    const { perUser, perOrganisation } = quotas;
    if (faults.on('quota-exhausted') !== undefined || registry.allLive().length >= perOrganisation)
      return limit(`The organization has reached the limit of ${perOrganisation} subscriptions for Teams resources.`);
    const { target } = record;
    if (target.kind !== 'user-chats' && target.kind !== 'chat') return undefined;
    const most = target.kind === 'chat' ? 1 : perUser;
    const same = registry
      .allLive()
      .filter(
        (other) =>
          JSON.stringify(other.target) === JSON.stringify(target) &&
          (target.kind === 'user-chats' || other.applicationId === record.applicationId),
      );
    if (same.length < most) return undefined;
    return limit(
      target.kind === 'chat'
        ? `The application has reached the limit of ${most} subscription for this chat.`
        : `The limit of ${most} subscriptions to all chats of a user has been reached.`,
    );
  };
  const closedChat = ({ target, userId }: SubscriptionRecord): Refusal | undefined => {
    if (target.kind !== 'chat') return undefined;
    if (chats.chat(target.chatId) === undefined) return notFound('The chat was not found.');
    if (userId === undefined || chats.isMember(target.chatId, userId)) return undefined;
    return refuse(403, 'Forbidden', 'Caller does not have access to the chat.');
  };
  return { conflict, overQuota, closedChat };
}
