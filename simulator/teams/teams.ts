import { emergencyIdOf } from '#domain/names.ts';
import type { JsonObject } from '#kernel/json.ts';
import type { Clock } from '#ports/clock.ts';
import type { EventPublisher, PublishResult } from '#ports/event-publisher.ts';
import type { Ids } from '#ports/ids.ts';
import { findOrInvent, people, siteOf } from '#simulator/teams/directory.ts';
import {
  chatMessage,
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

export interface TeamsDeps {
  readonly tenant: SimulatedTenant;
  readonly publisher: EventPublisher;
  readonly clock: Clock;
  readonly ids: Ids;
  /** By language tag or its first part: what Teams writes behind the caller's name. */
  readonly phraseFor: (language: string) => string;
  readonly testNumber: string;
}

export interface CallRequest {
  readonly caller?: string;
  readonly number?: string;
  readonly street?: string;
  readonly floor?: string;
  readonly language?: string;
  readonly feed: 'chat' | 'events' | 'both';
  readonly delivery: 'direct' | 'event-grid';
  readonly test: boolean;
  /** Chat feed: without content, as a basic subscription gets it. */
  readonly basic: boolean;
}

export type CallResult =
  | {
      readonly ok: true;
      readonly callId: string /** The emergency has one of these ids, whichever notice is judged first. */;
      readonly emergencyIds: readonly string[] /** ISO 8601 UTC. */;
      readonly publishedAt: string;
    }
  | { readonly ok: false; readonly detail: string };

/** Simulated Teams: people who dial and people who chat; what Graph would send of it goes to the hub through the vendor's client. */
export interface SimulatedTeams {
  call(request: CallRequest): Promise<CallResult>;
  /** Ordinary messages at a rate for a time; resolves with how many the hub took. */
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
  const send = (body: JsonObject | readonly JsonObject[], contentType = 'application/json') =>
    deps.publisher.publish([{ body: encode(body), contentType }]);

  return {
    async call(request) {
      const call = makeCall(deps, request);
      const notices: { readonly notice: JsonObject; readonly emergencyId: string }[] = [];
      const now = deps.clock.now();
      if (request.feed !== 'events') {
        const message = chatMessageOf(call);
        const emergencyId = emergencyIdOf('chat', deps.tenant.id, `${call.chatId}/${call.messageId}`);
        notices.push({
          notice: notification(deps.tenant, subscriptionFor(deps.tenant, 'chat'), message, {
            rich: !request.basic,
            now,
          }),
          emergencyId,
        });
      }
      if (request.feed !== 'chat') {
        const event = emergencyEventOf(call, deps.tenant.id);
        const subscription = subscriptionFor(deps.tenant, 'events', call.site.policy);
        notices.push({
          notice: notification(deps.tenant, subscription, event, { rich: true, now }),
          emergencyId: emergencyIdOf('events', deps.tenant.id, call.callId),
        });
      }
      for (const { notice } of notices) {
        const result =
          request.delivery === 'direct'
            ? await send(collection([notice]))
            : await send(eventGridEvent(deps.tenant, notice, deps.ids.random(), now), 'application/cloudevents+json');
        if (!result.ok)
          return { ok: false, detail: `the simulated hub did not take it: ${result.reason}: ${result.detail}` };
      }
      return {
        ok: true,
        callId: call.callId,
        emergencyIds: notices.map(({ emergencyId }) => emergencyId),
        publishedAt: new Date(deps.clock.now()).toISOString(),
      };
    },

    async chatter(perSecond, seconds, signal) {
      const total = Math.round(perSecond * seconds);
      const started = deps.clock.monotonic();
      let published = 0;
      let failed = 0;
      while (published + failed < total && signal?.aborted !== true) {
        const due =
          Math.min(total, Math.ceil(((deps.clock.monotonic() - started) / 1000) * perSecond)) - published - failed;
        if (due <= 0) {
          await deps.clock.sleep(20, signal);
          continue;
        }
        const batch = Math.min(due, 100);
        const result = await deps.publisher.publish(
          Array.from({ length: batch }, () => ({
            body: encode(collection([ordinaryNotice(deps)])),
            contentType: 'application/json',
          })),
        );
        if (result.ok) published += batch;
        else failed += batch;
      }
      return { published, failed };
    },

    lifecycle: (event, feed) =>
      send(collection([lifecycleNotice(deps.tenant, subscriptionFor(deps.tenant, feed), event, deps.clock.now())])),
    probe: () => send({ value: [validationProbe(deps.ids.random())] }),
  };
}

function encode(body: JsonObject | readonly JsonObject[]): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(body));
}

function makeCall(deps: TeamsDeps, request: CallRequest): SimulatedCall {
  const caller = findOrInvent(request.caller, deps.ids.random, deps.ids.fraction);
  const site = siteOf(caller);
  const place = site.places[Math.floor(deps.ids.fraction() * site.places.length)] ?? { floor: '', room: '' };
  const at = deps.clock.now();
  const [, houseNumber, street] = /^(\d\S*)\s+(.+)$/.exec(request.street ?? '') ?? [
    undefined,
    request.street === undefined ? site.houseNumber : '',
    request.street ?? site.street,
  ];
  return {
    callId: deps.ids.random(),
    caller,
    site: request.street === undefined ? site : withoutSuffix(site),
    number: request.test
      ? deps.testNumber
      : (request.number ?? (request.caller === undefined ? '911' : site.emergencyNumber)),
    floor: request.floor ?? place.floor,
    room: place.room,
    street: street ?? '',
    houseNumber: houseNumber ?? '',
    at,
    chatId: `19:${deps.ids.random().replaceAll('-', '')}@thread.v2`,
    messageId: String(at),
    phrase: deps.phraseFor(request.language ?? site.language),
  };
}

function withoutSuffix(site: ReturnType<typeof siteOf>): ReturnType<typeof siteOf> {
  const { streetSuffix: _, ...rest } = site;
  return rest;
}

function subscriptionFor(tenant: SimulatedTenant, feed: 'chat' | 'events', policy?: string): SeededSubscription {
  const found = tenant.subscriptions.find(
    (subscription) => subscription.feed === feed && (policy === undefined || subscription.policy === policy),
  );
  if (found === undefined) throw new Error(`the simulated tenant has no ${feed} subscription for ${policy ?? 'it'}`);
  return found;
}

const smallTalk = [
  'Lunch at twelve?',
  'The slides are in the shared folder.',
  'Can we move the review to Thursday?',
  'Merci, à demain !',
  'Der Drucker im zweiten Stock klemmt wieder.',
  '会議は3時からです。',
  'Build is green again 🎉',
  'See you on Monday.',
];

function ordinaryNotice(deps: TeamsDeps): JsonObject {
  const pick = <T>(from: readonly T[]): T => from[Math.floor(deps.ids.fraction() * from.length)] as T;
  const from = pick(people);
  const now = deps.clock.now();
  const message = chatMessage({
    chatId: `19:${deps.ids.random().replaceAll('-', '')}@thread.v2`,
    messageId: String(now * 1000 + Math.floor(deps.ids.fraction() * 1000)),
    from,
    at: now,
    importance: 'normal',
    content: `<p>${pick(smallTalk)}</p>`,
    locale: siteOf(from).language.toLowerCase(),
  });
  return notification(deps.tenant, subscriptionFor(deps.tenant, 'chat'), message, { rich: true, now });
}
