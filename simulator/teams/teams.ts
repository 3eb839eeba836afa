import { emergencyIdOf } from '#domain/names.ts';
import type { JsonObject } from '#kernel/json.ts';
import type { EventPublisher, PublishResult } from '#ports/event-publisher.ts';
import type { Delivery, TeamsChange, TeamsGraph } from '#simulator/teams/live.ts';
import {
  type CallRequest,
  type MakeDeps,
  makeCall,
  messageToServiceUser,
  ordinaryMessage,
} from '#simulator/teams/make.ts';
import {
  chatMessageOf,
  collection,
  emergencyEventOf,
  eventGridEvent,
  lifecycleNotice,
  notification,
  type SimulatedCall,
  validationProbe,
} from '#simulator/teams/notices.ts';
import type { SeededSubscription, SimulatedTenant } from '#simulator/teams/tenant.ts';

export interface TeamsDeps extends MakeDeps {
  readonly publisher: EventPublisher;
  /** By language tag or its first part: what Teams writes behind the caller's name. */
  readonly phraseFor: (language: string) => string;
  readonly testNumber: string;
  /** With it only live subscriptions are notified, and messages can be fetched afterwards; without it the tenant's seeded subscriptions count as live for ever. */
  readonly graph?: TeamsGraph;
}

export type CallResult =
  | ({
      readonly ok: true;
      readonly callId: string /** The emergency has one of these ids, whichever notice is judged first. */;
      readonly emergencyIds: readonly string[] /** ISO 8601 UTC. */;
      readonly publishedAt: string;
    } & CallReport)
  /** A notice was not taken; with simulated Graph the call was made all the same, and the notice is tried again for four hours. */
  | ({
      readonly ok: false;
      readonly detail: string;
      readonly callId?: string;
      readonly emergencyIds?: readonly string[];
    } & CallReport);

/** Who heard of a call; with simulated Graph only. */
export interface CallReport {
  readonly deliveries?: readonly Delivery[];
  /** Feeds asked for that no live subscription covers: nobody is notified there. */
  readonly unnotified?: readonly ('chat' | 'events')[];
}

/** Simulated Teams: people who dial and people who chat; what Graph would send of it goes to the hub through the vendor's client. */
export interface SimulatedTeams {
  call(request: CallRequest): Promise<CallResult>;
  /** Ordinary messages at a rate for a time; resolves with how many the hub took, and how many it did not. */
  chatter(
    perSecond: number,
    seconds: number,
    signal?: AbortSignal,
  ): Promise<{ readonly published: number; readonly failed: number }>;
  lifecycle(
    event: 'reauthorizationRequired' | 'subscriptionRemoved' | 'missed',
    feed: 'chat' | 'events',
  ): Promise<PublishResult>;
  probe(): Promise<PublishResult>;
}

export function createSimulatedTeams(deps: TeamsDeps): SimulatedTeams {
  const { graph } = deps;
  const send = (body: JsonObject, contentType = 'application/json') =>
    deps.publisher.publish([{ body: encode(body), contentType }]);
  const tellAll = async (count: number, made: number) => {
    if (graph !== undefined) {
      const told = await graph.happened(Array.from({ length: count }, (_, n) => messageToServiceUser(deps, made + n)));
      const failed = told.filter((deliveries) => deliveries.some(({ outcome }) => outcome === 'failed')).length;
      const published = told.filter((deliveries) => deliveries.some(({ outcome }) => outcome === 'delivered')).length;
      return { published, failed };
    }
    const messages = Array.from({ length: count }, () => ({
      body: encode(collection([ordinaryNotice(deps)])),
      contentType: 'application/json',
    }));
    const result = await deps.publisher.publish(messages);
    return result.ok ? { published: count, failed: 0 } : { published: 0, failed: count };
  };

  return {
    async call(request) {
      const call = makeCall(deps, request);
      return graph === undefined ? notifySeeded(deps, send, request, call) : notifyLive(deps, graph, request, call);
    },

    async chatter(perSecond, seconds, signal) {
      const total = Math.round(perSecond * seconds);
      const started = deps.clock.monotonic();
      const counts = { published: 0, failed: 0 };
      let made = 0;
      while (made < total && signal?.aborted !== true) {
        const due = Math.min(total, Math.ceil(((deps.clock.monotonic() - started) / 1000) * perSecond)) - made;
        if (due <= 0) {
          await deps.clock.sleep(20, signal);
          continue;
        }
        const batch = Math.min(due, 100);
        const told = await tellAll(batch, made);
        made += batch;
        counts.published += told.published;
        counts.failed += told.failed;
      }
      return counts;
    },

    lifecycle: (event, feed) =>
      graph?.lifecycle(event, feed) ??
      send(collection([lifecycleNotice(deps.tenant, subscriptionFor(deps.tenant, feed), event, deps.clock.now())])),
    probe: () => graph?.probe() ?? send({ value: [validationProbe(deps.ids.random())] }),
  };
}

const idOfChat = (tenant: SimulatedTenant, call: SimulatedCall) =>
  emergencyIdOf('chat', tenant.id, `${call.chatId}/${call.messageId}`);
const idOfEvents = (tenant: SimulatedTenant, call: SimulatedCall) => emergencyIdOf('events', tenant.id, call.callId);
const notTaken = (reason: string) => `the simulated hub did not take it: ${reason}`;

/** Tells the live subscriptions of a call. */
async function notifyLive(
  { tenant, clock }: TeamsDeps,
  graph: TeamsGraph,
  request: CallRequest,
  call: SimulatedCall,
): Promise<CallResult> {
  const cloudEvent = request.delivery === 'event-grid';
  const message: TeamsChange = {
    kind: 'message',
    changeType: 'created',
    message: chatMessageOf(call),
    members: [call.caller.id, tenant.serviceUserId],
    basic: request.basic,
    cloudEvent,
  };
  const event: TeamsChange = {
    kind: 'call',
    policy: call.site.policy,
    event: emergencyEventOf(call, tenant.id),
    cloudEvent,
  };
  const asked = [
    { feed: 'chat' as const, change: message, id: idOfChat(tenant, call) },
    { feed: 'events' as const, change: event, id: idOfEvents(tenant, call) },
  ].filter(({ feed }) => request.feed === 'both' || request.feed === feed);
  const told = await graph.happened(asked.map(({ change }) => change));
  const deliveries = told.flat();
  const unnotified = asked.filter((_, index) => (told[index] ?? []).length === 0).map(({ feed }) => feed);
  const made = { callId: call.callId, emergencyIds: asked.map(({ id }) => id), deliveries, unnotified };
  const failed = deliveries.find(({ outcome }) => outcome === 'failed');
  if (failed !== undefined) return { ok: false, detail: notTaken(failed.detail ?? 'no reason given'), ...made };
  return { ok: true, publishedAt: new Date(clock.now()).toISOString(), ...made };
}

/** Without simulated Graph: the seeded subscriptions are told. */
async function notifySeeded(
  deps: TeamsDeps,
  send: (body: JsonObject, contentType?: string) => Promise<PublishResult>,
  request: CallRequest,
  call: SimulatedCall,
): Promise<CallResult> {
  const { tenant } = deps;
  const now = deps.clock.now();
  const notices: { readonly notice: JsonObject; readonly emergencyId: string }[] = [];
  if (request.feed !== 'events') {
    const options = { rich: !request.basic, now };
    const notice = notification(tenant, subscriptionFor(tenant, 'chat'), chatMessageOf(call), options);
    notices.push({ notice, emergencyId: idOfChat(tenant, call) });
  }
  if (request.feed !== 'chat') {
    const subscription = subscriptionFor(tenant, 'events', call.site.policy);
    const notice = notification(tenant, subscription, emergencyEventOf(call, tenant.id), { rich: true, now });
    notices.push({ notice, emergencyId: idOfEvents(tenant, call) });
  }
  for (const { notice } of notices) {
    const result =
      request.delivery === 'direct'
        ? await send(collection([notice]))
        : await send(eventGridEvent(tenant, notice, deps.ids.random(), now), 'application/cloudevents+json');
    if (!result.ok) return { ok: false, detail: notTaken(`${result.reason}: ${result.detail}`) };
  }
  return {
    ok: true,
    callId: call.callId,
    emergencyIds: notices.map(({ emergencyId }) => emergencyId),
    publishedAt: new Date(deps.clock.now()).toISOString(),
  };
}

function encode(body: JsonObject): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(body));
}

function subscriptionFor(tenant: SimulatedTenant, feed: 'chat' | 'events', policy?: string): SeededSubscription {
  const found = tenant.subscriptions.find(
    (subscription) => subscription.feed === feed && (policy === undefined || subscription.policy === policy),
  );
  if (found === undefined) throw new Error(`the simulated tenant has no ${feed} subscription for ${policy ?? 'it'}`);
  return found;
}

function ordinaryNotice(deps: TeamsDeps): JsonObject {
  const subscription = subscriptionFor(deps.tenant, 'chat');
  return notification(deps.tenant, subscription, ordinaryMessage(deps), { rich: true, now: deps.clock.now() });
}
