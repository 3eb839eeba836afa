import type { JsonObject } from '#kernel/json.ts';
import type { Clock } from '#ports/clock.ts';
import type { Ids } from '#ports/ids.ts';
import { findOrInvent, people, siteOf } from '#simulator/teams/directory.ts';
import type { TeamsChange } from '#simulator/teams/live.ts';
import { chatMessage, type SimulatedCall } from '#simulator/teams/notices.ts';
import type { SimulatedTenant } from '#simulator/teams/tenant.ts';

export interface MakeDeps {
  readonly tenant: SimulatedTenant;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly phraseFor: (language: string) => string;
  readonly testNumber: string;
}

export interface CallRequest {
  readonly caller?: string;
  readonly number?: string;
  readonly street?: string;
  readonly floor?: string;
  readonly language?: string;
  /** Emergency calling policy of the caller; default: that of the caller's site. */
  readonly policy?: string;
  readonly feed: 'chat' | 'events' | 'both';
  readonly delivery: 'direct' | 'event-grid';
  readonly test: boolean;
  /** Chat feed: without content, as a basic subscription gets it. */
  readonly basic: boolean;
}

/** Lets somebody dial. */
export function makeCall(deps: MakeDeps, request: CallRequest): SimulatedCall {
  const caller = findOrInvent(request.caller, deps.ids.random, deps.ids.fraction);
  const home = siteOf(caller);
  const site = request.policy === undefined ? home : { ...home, policy: request.policy };
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

/** Something that somebody says in a chat of its own. */
export function ordinaryMessage(deps: MakeDeps): JsonObject {
  const { from, content, now } = said(deps);
  return chatMessage({
    chatId: `19:${deps.ids.random().replaceAll('-', '')}@thread.v2`,
    messageId: String(now * 1000 + Math.floor(deps.ids.fraction() * 1000)),
    from,
    at: now,
    importance: 'normal',
    content,
  });
}

/** Something that somebody says to the service user, in the chat that the two have. @param n counts the messages, so that no two of a moment have one id */
export function messageToServiceUser(deps: MakeDeps, n: number): TeamsChange {
  const { from, content, now } = said(deps);
  const message = chatMessage({
    chatId: `19:${from.id}_${deps.tenant.serviceUserId}@unq.gbl.spaces`,
    messageId: String(now * 1000 + (n % 1000)),
    from,
    at: now,
    importance: 'normal',
    content,
  });
  return { kind: 'message', changeType: 'created', message, members: [from.id, deps.tenant.serviceUserId] };
}

function said(deps: MakeDeps) {
  const pick = <T>(from: readonly T[]): T => from[Math.floor(deps.ids.fraction() * from.length)] as T;
  return { from: pick(people), content: `<p>${pick(smallTalk)}</p>`, now: deps.clock.now() };
}
