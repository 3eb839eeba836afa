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

interface Telling {
  readonly change: TeamsChange;
}

/** What became of one of those that were sent together. */
interface Told<T extends Telling> {
  readonly each: T;
  readonly sent: Sent;
}

interface Ready extends Telling {
  readonly report: (delivery: Pick<Delivery, 'outcome' | 'detail'>) => void;
}

export function createDeliveries(deps: DeliveriesDeps): Deliveries {
  const { registry, held, notices, sender, faults, now, observe } = deps;
  const counts = { delivered: 0, dropped: 0, lost: 0 };
  const note = (id: string, change: TeamsChange, outcome: Extract<GraphEvent, { kind: 'notice' }>['outcome']) => {
    if (outcome === 'delivered' || outcome === 'dropped' || outcome === 'lost') counts[outcome]++;
    observe({ kind: 'notice', at: now(), outcome, subscriptionId: id, resourceId: resourceIdOf(change) });
  };
  const together = (subscription: SubscriptionRecord, changes: readonly TeamsChange[], cloudEvents: boolean) => {
    const copies = faults.on('delivery-doubled') === undefined ? 1 : 2;
    const bodies = changes.flatMap((change) =>
      Array.from<JsonObject>({ length: copies }).fill(notices.change(subscription, change)),
    );
    return sender.send(subscription.notificationUrl, bodies, cloudEvents);
  };
  /** What is too large together goes in halves: one alone may still be too large. What comes after one that was not taken is not tried. */
  const inHalves = async <T extends Telling>(
    subscription: SubscriptionRecord,
    some: readonly T[],
    cloudEvents: boolean,
  ): Promise<readonly Told<T>[]> => {
    const changes = some.map(({ change }) => change);
    const sent = await together(subscription, changes, cloudEvents);
    if (some.length < 2 || sent.ok || !sent.tooLarge) return some.map((each) => ({ each, sent }));
    const middle = Math.ceil(some.length / 2);
    const first = await inHalves(subscription, some.slice(0, middle), cloudEvents);
    const rest = some.slice(middle);
    const last = first.at(-1)?.sent;
    if (last !== undefined && waits(last)) return [...first, ...rest.map((each) => ({ each, sent: last }))];
    return [...first, ...(await inHalves(subscription, rest, cloudEvents))];
  };
  const post = async <T extends Telling>(subscription: SubscriptionRecord, some: readonly T[]) => {
    const told: Told<T>[] = [];
    for (const cloudEvents of [false, true]) {
      const alike = some.filter(({ change }) => (change.cloudEvent === true) === cloudEvents);
      const last = told.at(-1)?.sent;
      if (last !== undefined && waits(last)) told.push(...alike.map((each) => ({ each, sent: last })));
      else if (alike.length > 0) told.push(...(await inHalves(subscription, alike, cloudEvents)));
    }
    return told;
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
    for (const { each, sent } of await post(subscription, ready)) {
      const { change, report } = each;
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
      if (due.length === 0) return;
      const told = await post(subscription, due);
      const left = new Set(told.filter(({ sent }) => waits(sent)).map(({ each }) => each));
      held.remove(due.filter((notice) => !left.has(notice)));
      for (const { each, sent } of told)
        if (!waits(sent)) note(subscription.id, each.change, sent.ok ? 'delivered' : 'lost');
      const first = due.find((notice) => left.has(notice));
      if (first !== undefined) return held.postpone(first, now() + retryMs);
    }
  }
}

/** Not taken, and not because it is too large: it may be another time. */
function waits(sent: Sent): boolean {
  return !sent.ok && !sent.tooLarge;
}
