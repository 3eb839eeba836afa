import { emergencyIdOf } from '#domain/names.ts';
import type { JsonObject } from '#kernel/json.ts';
import type { Ids } from '#ports/ids.ts';
import { createNotices } from '#simulator/graph/notice.ts';
import type { LifecycleEvent, SubscriptionRecord } from '#simulator/graph/record.ts';
import type { TeamsChange } from '#simulator/teams/live.ts';
import { makeCall } from '#simulator/teams/make.ts';
import { chatMessageOf, emergencyEventOf, type SimulatedCall } from '#simulator/teams/notices.ts';
import type { SimulatedTenant } from '#simulator/teams/tenant.ts';
import type { FakeSubscription } from '#test/workflows/fakes.ts';
import type { Timeline } from '#test/workflows/year/timeline.ts';

/** What Graph did with the notice of a call; `nobody`: nothing was subscribed, `dropped`: it was held for too long. */
export type Fate = 'delivered' | 'held' | 'dropped' | 'nobody';

/** One call on one feed. */
export interface ReportedBy {
  readonly feed: 'chat' | 'events';
  /** The emergency that the provider's own id stands for. */
  readonly emergencyId: string;
  readonly policy?: string;
  fate: Fate;
}

export interface CallOfTheYear {
  readonly at: number;
  readonly reports: readonly ReportedBy[];
}

export interface TeamsDeps {
  readonly timeline: Timeline;
  readonly ids: Ids;
  readonly random: () => number;
  readonly tenantId: string;
  readonly policies: readonly string[];
  /** What Graph holds now. */
  readonly live: () => readonly FakeSubscription[];
  readonly publish: (body: JsonObject) => void;
  /** Before that only those call who were told to: milliseconds since 1970 UTC. */
  readonly quietUntil: number;
}

/** Graph gives up what it held for four hours ("Receive change notifications through webhooks"). */
const holdMs = 4 * 3_600_000;
/** Graph asks for a token this long before it stops, and again as often. */
const lifecycleMs = 15 * 60_000;
/** Of the ticks in which a policy is unheard: about one call an hour. */
const unheardShare = 1 / 40;

export type Teams = ReturnType<typeof createTeams>;

/** People who make calls, and Graph that tells of them: on a subscription that lives, with a token that has not run out. */
export function createTeams(deps: TeamsDeps) {
  const { timeline, ids, random, policies, tenantId } = deps;
  const notices = createNotices(tenantId);
  const calls: CallOfTheYear[] = [];
  const messages: { readonly at: number; readonly message: JsonObject }[] = [];
  const held = new Map<string, { readonly at: number; readonly change: TeamsChange; readonly report: ReportedBy }[]>();
  const remindAt = new Map<string, number>();
  let lifecycles = 0;

  const send = (items: readonly JsonObject[]) => deps.publish({ value: items, validationTokens: null });
  const lifecycle = (subscription: FakeSubscription, event: LifecycleEvent) => {
    lifecycles += 1;
    send([notices.lifecycle(recordOf(subscription), event)]);
  };

  function tell(report: ReportedBy, change: TeamsChange, subscription: FakeSubscription | undefined): void {
    const now = timeline.now();
    if (subscription === undefined) return;
    if (report.feed === 'chat' && subscription.tokenExpiresAt <= now) {
      report.fate = 'held';
      held.set(subscription.id, [...(held.get(subscription.id) ?? []), { at: now, change, report }]);
      return;
    }
    report.fate = 'delivered';
    send([notices.change(recordOf(subscription), change)]);
  }

  /** Somebody dials. @param which of the feeds tell of it: below 0.2 the events alone, from 0.8 on the chats alone */
  function call(policy = policies[Math.floor(random() * policies.length)] ?? '', which = random()): void {
    const request = { feed: 'both', delivery: 'direct', test: false, basic: false } as const;
    const made: SimulatedCall = makeCall(
      {
        ...{ tenant: { id: tenantId } as SimulatedTenant, clock: timeline.clock, ids, testNumber: '933' },
        phraseFor: () => 'has placed an Emergency Call',
      },
      { ...request, policy, caller: `Canary Caller ${calls.length + 1}` },
    );
    const reports: ReportedBy[] = [];
    if (which < 0.8) {
      const report: ReportedBy = {
        ...{ feed: 'events', policy, emergencyId: emergencyIdOf('events', tenantId, made.callId), fate: 'nobody' },
      };
      reports.push(report);
      const subscription = deps.live().find(({ resource }) => resource.includes(`'${policy}'`));
      tell(report, { kind: 'call', policy, event: emergencyEventOf(made, tenantId) }, subscription);
    }
    if (which >= 0.2) {
      const message = chatMessageOf(made);
      messages.push({ at: made.at, message });
      const report: ReportedBy = {
        ...{ feed: 'chat', fate: 'nobody' },
        emergencyId: emergencyIdOf('chat', tenantId, `${made.chatId}/${made.messageId}`),
      };
      reports.push(report);
      const subscription = deps.live().find(({ resource }) => resource.includes('getAllMessages'));
      tell(report, { kind: 'message', changeType: 'created', message, members: [] }, subscription);
    }
    calls.push({ at: made.at, reports });
  }

  function drop(id: string): void {
    for (const { report } of held.get(id) ?? []) report.fate = 'dropped';
    held.delete(id);
    remindAt.delete(id);
  }

  function reminderAt({ id, resource, expiresAt, tokenExpiresAt }: FakeSubscription): number {
    const tokenEnds = resource.includes('getAllMessages') ? tokenExpiresAt : Number.POSITIVE_INFINITY;
    return remindAt.get(id) ?? Math.min(expiresAt, tokenEnds) - lifecycleMs;
  }

  const isChatHeard = (now: number) =>
    deps.live().some(({ resource, tokenExpiresAt }) => resource.includes('getAllMessages') && tokenExpiresAt > now);
  /** Policies whose calls reach nobody now: their own subscription, or that of the chats, does not deliver. */
  function unheard(now: number): readonly string[] {
    const live = deps.live();
    if (!isChatHeard(now)) return policies.slice(0, 1);
    return policies.filter((policy) => !live.some(({ resource }) => resource.includes(`'${policy}'`)));
  }

  return {
    calls,
    lifecycles: () => lifecycles,
    call: () => call(),
    /** Somebody dials whom nobody hears, where there is such a person: of whom only the chats tell, where those are not heard. */
    callUnheard: () => call(unheard(timeline.now())[0], isChatHeard(timeline.now()) ? undefined : 1),
    /** Graph was given a token: what it held for less than four hours goes out now. */
    touched(subscription: FakeSubscription): void {
      remindAt.delete(subscription.id);
      const now = timeline.now();
      for (const { at, change, report } of held.get(subscription.id) ?? []) {
        report.fate = at + holdMs > now ? 'delivered' : 'dropped';
        if (report.fate === 'delivered') send([notices.change(recordOf(subscription), change)]);
      }
      held.delete(subscription.id);
    },
    /** Graph took it away; of chats it says so. */
    removed(subscription: FakeSubscription): void {
      drop(subscription.id);
      if (subscription.resource.includes('getAllMessages')) lifecycle(subscription, 'subscriptionRemoved');
    },
    deleted: (subscription: FakeSubscription) => drop(subscription.id),
    /** Graph says that it may have lost something. */
    missed(): void {
      const subscriptions = deps.live();
      const subscription = subscriptions[Math.floor(random() * subscriptions.length)];
      if (subscription !== undefined) lifecycle(subscription, 'missed');
    },
    /** When Graph next asks for a token or a renewal, as things are; undefined where nothing is subscribed. */
    nextReminderAt: () => {
      const times = deps.live().map(reminderAt);
      return times.length === 0 ? undefined : Math.min(...times);
    },
    /** Sends what is due; now and then somebody calls whom nobody hears just then. */
    tick(now: number): void {
      if (now > deps.quietUntil)
        for (const policy of [...unheard(now)].filter(() => random() < unheardShare)) call(policy);
      for (const subscription of deps.live()) {
        if (reminderAt(subscription) > now) continue;
        remindAt.set(subscription.id, now + lifecycleMs);
        lifecycle(subscription, 'reauthorizationRequired');
      }
    },
    /** As the service user reads them. */
    chats: (since: number) =>
      messages
        .filter(({ at }) => at >= since)
        .map(({ at, message }) => ({ id: String(message['chatId']), lastMessageAt: new Date(at).toISOString() })),
    messages: (chatId: string, since: number, until: number): readonly JsonObject[] =>
      messages
        .filter(({ at, message }) => message['chatId'] === chatId && at >= since && at < until)
        .map(({ message }) => message),
  };
}

/** As the simulated Graph keeps it, so that its notices are made as there. */
function recordOf(subscription: FakeSubscription): SubscriptionRecord {
  const { id, expiresAt, tokenExpiresAt, resource, clientState, encryption } = subscription;
  const policy = /policyName='(.+)'/.exec(resource)?.[1];
  return {
    ...{ id, expiresAt, tokenExpiresAt, resource, clientState, includeResourceData: encryption !== undefined },
    ...(encryption === undefined
      ? {}
      : { encryptionCertificate: encryption.certificate, encryptionCertificateId: encryption.id }),
    target: policy === undefined ? { kind: 'user-chats', userId: '' } : { kind: 'emergency', policy },
  } as SubscriptionRecord;
}
