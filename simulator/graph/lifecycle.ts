import type { createNotices } from '#simulator/graph/notice.ts';
import type { GraphEvent } from '#simulator/graph/options.ts';
import { feedOf, type LifecycleEvent, type SubscriptionRecord } from '#simulator/graph/record.ts';
import type { Registry } from '#simulator/graph/registry.ts';
import type { Sender, Sent } from '#simulator/graph/sender.ts';

/** How long before delivery ends the first reauthorizationRequired goes out, and how often it is repeated ("Reduce missing subscriptions", 15 minutes near the end). */
const lifecycleMs = 15 * 60_000;

export interface Lifecycle {
  /** Ends what has run out and sends the lifecycle notices that are due. */
  tick(now: number): Promise<void>;
  /** Ends what has run out: done before every request as well, so that nobody sees it alive. */
  expire(now: number): void;
  nextDue(): number | undefined;
  send(subscription: SubscriptionRecord, event: LifecycleEvent): Promise<Sent>;
  /** Ends a subscription on purpose, with a notice where the resource has such notices (chats do). */
  drop(subscription: SubscriptionRecord, cause: 'removed' | 'vanished'): Promise<void>;
}

interface LifecycleDeps {
  readonly registry: Registry;
  readonly notices: ReturnType<typeof createNotices>;
  readonly sender: Sender;
  readonly now: () => number;
  readonly observe: (event: GraphEvent) => void;
}

export function createLifecycle(deps: LifecycleDeps): Lifecycle {
  const { registry, notices, sender, now, observe } = deps;
  const lifecycleDue = (subscription: SubscriptionRecord) =>
    subscription.nextLifecycleAt ?? Math.min(subscription.tokenExpiresAt, subscription.expiresAt) - lifecycleMs;
  const send: Lifecycle['send'] = async (subscription, event) => {
    const url = subscription.lifecycleNotificationUrl;
    if (url === undefined)
      return { ok: false, tooLarge: false, detail: 'the subscription has no lifecycleNotificationUrl' };
    const sent = await sender.send(url, [notices.lifecycle(subscription, event)], false);
    if (sent.ok) observe({ kind: 'lifecycle', at: now(), event, subscriptionId: subscription.id });
    return sent;
  };
  const expire = (at: number) => {
    for (const subscription of registry.allLive()) {
      if (subscription.expiresAt > at) {
        if (subscription.tokenExpiresAt > at || subscription.pausedAt !== undefined) continue;
        const paused = { ...subscription, pausedAt: subscription.tokenExpiresAt };
        registry.put(paused);
        observe({ kind: 'paused', at: subscription.tokenExpiresAt, subscription: paused });
        continue;
      }
      registry.end(subscription, 'expired', subscription.expiresAt);
      observe({ kind: 'expired', at: subscription.expiresAt, subscription });
    }
  };
  return {
    send,
    expire,
    async tick(at) {
      expire(at);
      for (const { id } of registry.allLive()) {
        // It may have ended or been renewed while others were told.
        const subscription = registry.live(id);
        if (subscription?.lifecycleNotificationUrl === undefined || lifecycleDue(subscription) > at) continue;
        registry.put({ ...subscription, nextLifecycleAt: at + lifecycleMs });
        // One that its address did not take is not held: the next one comes in 15 minutes.
        await send(subscription, 'reauthorizationRequired');
      }
    },
    nextDue() {
      const times = registry
        .allLive()
        .flatMap((subscription) => [
          subscription.expiresAt,
          ...(subscription.pausedAt === undefined ? [subscription.tokenExpiresAt] : []),
          ...(subscription.lifecycleNotificationUrl === undefined ? [] : [lifecycleDue(subscription)]),
        ]);
      return times.length === 0 ? undefined : Math.min(...times);
    },
    async drop(subscription, cause) {
      registry.end(subscription, cause, now());
      observe({ kind: cause, at: now(), subscription });
      if (cause === 'removed' && feedOf(subscription.target) === 'chat')
        await send(subscription, 'subscriptionRemoved');
    },
  };
}
