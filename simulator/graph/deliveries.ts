import type { JsonObject } from '#kernel/json.ts';
import type { FaultState } from '#simulator/graph/faults.ts';
import type { HeldNotice, HeldNotices } from '#simulator/graph/held.ts';
import type { createNotices } from '#simulator/graph/notice.ts';
import { concerns, resourceIdOf } from '#simulator/graph/notice.ts';
import type { GraphEvent } from '#simulator/graph/options.ts';
import { feedOf, type SubscriptionRecord } from '#simulator/graph/record.ts';
import type { Registry } from '#simulator/graph/registry.ts';
import type { Sender, Sent } from '#simulator/graph/sender.ts';
import type { Delivery, TeamsChange } from '#simulator/teams/live.ts';

/** Held and failed notices are given up after four hours ("Receive change notifications through webhooks"). */
const holdMs = 4 * 3_600_000;
/** Until a notice that its address did not take is tried again. */
const retryMs = 10_000;
/** Most notices in one sending. */
const batch = 100;

export interface Deliveries {
  /** Notifies of changes whoever is subscribed. */
  happened(changes: readonly TeamsChange[]): Promise<readonly (readonly Delivery[])[]>;
  /** Sends held notices that may go, drops those that waited too long or whose subscription is gone. */
  flush(now: number): Promise<void>;
  /** When `flush` has something to do next. */
  nextDue(): number | undefined;
  counts(): { readonly delivered: number; readonly dropped: number; readonly lost: number };
}

export interface DeliveriesDeps {
  readonly registry: Registry;
  readonly held: HeldNotices;
  readonly notices: ReturnType<typeof createNotices>;
  readonly sender: Sender;
  readonly faults: FaultState;
  readonly now: () => number;
  readonly delayMs: number;
  readonly observe: (event: GraphEvent) => void;
}

interface Ready {
  readonly change: TeamsChange;
  readonly report: (delivery: Pick<Delivery, 'outcome' | 'detail'>) => void;
}

export function createDeliveries(deps: DeliveriesDeps): Deliveries {
  const { registry, held, notices, sender, faults, now, observe } = deps;
  const counts = { delivered: 0, dropped: 0, lost: 0 };
  const note = (id: string, change: TeamsChange, outcome: Extract<GraphEvent, { kind: 'notice' }>['outcome']) => {
    if (outcome === 'delivered' || outcome === 'dropped' || outcome === 'lost') counts[outcome]++;
    observe({ kind: 'notice', at: now(), outcome, subscriptionId: id, resourceId: resourceIdOf(change) });
  };
  const post = async (subscription: SubscriptionRecord, changes: readonly TeamsChange[]): Promise<Sent> => {
    const copies = faults.on('delivery-doubled') === undefined ? 1 : 2;
    for (const cloudEvents of [false, true]) {
      const bodies = changes
        .filter((change) => (change.cloudEvent === true) === cloudEvents)
        .flatMap((change) => Array.from<JsonObject>({ length: copies }).fill(notices.change(subscription, change)));
      if (bodies.length === 0) continue;
      const sent = await sender.send(subscription.notificationUrl, bodies, cloudEvents);
      if (!sent.ok) return sent;
    }
    return { ok: true };
  };
  const hold = (subscription: SubscriptionRecord, change: TeamsChange, dueAt: number) =>
    held.add({ subscriptionId: subscription.id, change, at: now(), dueAt });

  /** What may not go now is put aside; the others are handed back. */
  const sort = (subscription: SubscriptionRecord, { change, report }: Ready): boolean => {
    const at = now();
    if (faults.on('delivery-lost') !== undefined) {
      note(subscription.id, change, 'lost');
      report({ outcome: 'lost', detail: 'delivery-lost' });
      return false;
    }
    const delayed = faults.on('delivery-delayed') !== undefined;
    const paused = subscription.tokenExpiresAt <= at;
    // Order within a subscription is kept.
    if (!delayed && !paused && held.of(subscription.id).length === 0) return true;
    hold(subscription, change, delayed ? at + deps.delayMs : at);
    const outcome = delayed ? 'delayed' : 'held';
    note(subscription.id, change, outcome);
    const why = paused ? 'the token of the subscription ran out' : 'others wait before it';
    report({ outcome, detail: delayed ? 'delivery-delayed' : why });
    return false;
  };

  const sendNow = async (subscription: SubscriptionRecord, ready: readonly Ready[]) => {
    const sent = await post(
      subscription,
      ready.map(({ change }) => change),
    );
    for (const { change, report } of ready) {
      if (sent.ok) {
        note(subscription.id, change, 'delivered');
        report({ outcome: 'delivered' });
        continue;
      }
      const outcome = sent.tooLarge ? 'lost' : 'failed';
      if (!sent.tooLarge) hold(subscription, change, now() + retryMs);
      note(subscription.id, change, outcome);
      report({ outcome, detail: sent.detail });
    }
  };

  return {
    async happened(changes) {
      const reports = changes.map((): Delivery[] => []);
      for (const subscription of registry.allLive()) {
        const feed = feedOf(subscription.target);
        const ready = changes.flatMap((change, index): Ready[] => {
          if (!concerns(subscription, change)) return [];
          const report: Ready['report'] = (delivery) =>
            reports[index]?.push({ subscriptionId: subscription.id, feed, ...delivery });
          return [{ change, report }];
        });
        const going = ready.filter((each) => sort(subscription, each));
        for (let from = 0; from < going.length; from += batch)
          await sendNow(subscription, going.slice(from, from + batch));
      }
      return reports;
    },

    async flush(at) {
      for (const id of held.subscriptionIds()) {
        const subscription = registry.live(id);
        const waiting = held.of(id);
        const tooOld = subscription === undefined ? waiting : waiting.filter((notice) => notice.at + holdMs <= at);
        held.remove(tooOld);
        for (const notice of tooOld) note(id, notice.change, 'dropped');
        if (subscription === undefined || subscription.tokenExpiresAt <= at) continue;
        await drain(id, at);
      }
    },

    nextDue() {
      const times = held.subscriptionIds().flatMap((id) => {
        const subscription = registry.live(id);
        const [first] = held.of(id);
        if (first === undefined) return [];
        if (subscription === undefined) return [first.at];
        const dropped = first.at + holdMs;
        return [subscription.tokenExpiresAt <= now() ? dropped : Math.min(dropped, first.dueAt)];
      });
      return times.length === 0 ? undefined : Math.min(...times);
    },
    counts: () => ({ ...counts }),
  };

  async function drain(id: string, at: number): Promise<void> {
    for (;;) {
      // It may have ended, paused or moved while the last ones were sent.
      const subscription = registry.live(id);
      if (subscription === undefined || subscription.tokenExpiresAt <= now()) return;
      const due: HeldNotice[] = [];
      for (const notice of held.of(subscription.id)) {
        if (notice.dueAt > at || due.length === batch) break;
        due.push(notice);
      }
      const [first] = due;
      if (first === undefined) return;
      const sent = await post(
        subscription,
        due.map(({ change }) => change),
      );
      if (!sent.ok && !sent.tooLarge) return held.postpone(first, now() + retryMs);
      held.remove(due);
      for (const notice of due) note(subscription.id, notice.change, sent.ok ? 'delivered' : 'lost');
    }
  }
}
