import fc from 'fast-check';
import type { JsonObject } from '#kernel/json.ts';
import {
  chatMessage,
  collection,
  eventGridEvent,
  lifecycleNotice,
  notification,
  validationProbe,
} from '#simulator/teams/notices.ts';
import type { SeededSubscription, SimulatedTenant } from '#simulator/teams/tenant.ts';
import { canaryKinds } from '#test/support/canaries.ts';

/** A message as it is handed to the vendor's client. */
export interface HubMessage {
  readonly body: Buffer;
  readonly contentType?: string;
  readonly properties?: Record<string, string>;
  /** Whether it arrives whole; what was cut or mutilated may be anything. */
  readonly whole: boolean;
}

const hex = (length: number) =>
  fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: length, maxLength: length });
const word = (kind: 'content' | 'name' | 'address') => hex(6).map((tail) => `${canaryKinds[kind]}${tail}`);
const userId = fc.tuple(hex(4), hex(12)).map(([a, b]) => `${canaryKinds.user}-9${a.slice(1)}-${b}`);
const chatId = fc.oneof(
  hex(16).map((tail) => `19:${canaryKinds.chat}${tail}@thread.v2`),
  hex(16).map((tail) => `19:meeting_${canaryKinds.chat}${tail}@thread.v2`),
  fc.tuple(userId, userId).map(([a, b]) => `19:${a}_${b}@unq.gbl.spaces`),
);
/** What people write: words of several scripts, mark-up and signs around the canaries. */
const prose = fc
  .tuple(
    fc.string({ unit: 'grapheme', maxLength: 20 }),
    word('content'),
    fc.constantFrom(
      'Lunch?',
      '<p>Bis später</p>',
      'こんにちは',
      '"quoted" \\ back',
      '🎉',
      '&lt;b&gt;',
      'tel:+14255550100',
    ),
    word('name'),
    word('address'),
  )
  .map(
    ([noise, content, saying, name, address]) =>
      `<div>${noise}${content} ${saying} ${name}, 12 ${address} Street</div>`,
  );

const message = fc
  .record({
    chatId,
    messageId: fc.bigInt({ min: 1_700_000_000_000n, max: 1_800_000_000_000n }).map(String),
    from: fc.record({ id: userId, name: word('name') }),
    content: prose,
    locale: fc.constantFrom('en-us', 'de-de', 'fr-fr', 'ja-jp', 'pt-br'),
    subject: fc.option(word('content')),
    mention: fc.option(word('name')),
    place: fc.option(word('address')),
    sender: fc.constantFrom('user', 'application', 'none'),
  })
  .map(({ from, subject, mention, place, sender, ...parts }) => {
    const person = {
      id: from.id,
      displayName: from.name,
      upn: `${from.name}@contoso.example`,
      phoneNumber: '',
      site: '',
    };
    const made = chatMessage({ ...parts, from: person, at: 1_795_000_000_000, importance: 'normal' });
    const identity = { id: person.id, displayName: person.displayName, userPrincipalName: person.upn };
    const froms = { user: { user: identity }, application: { application: identity }, none: null };
    return {
      ...made,
      from: froms[sender as keyof typeof froms],
      subject,
      mentions:
        mention === null
          ? []
          : [{ id: 0, mentionText: mention, mentioned: { user: { id: person.id, displayName: mention } } }],
      attachments:
        place === null
          ? []
          : [{ id: 'a', contentType: 'reference', name: place, contentUrl: `https://${place}.example/` }],
      webUrl: `https://teams.example/l/message/${encodeURIComponent(parts.chatId)}/${parts.messageId}`,
    } as JsonObject;
  });

type Form = 'rich' | 'basic' | 'inline' | 'unreadable';

/**
 * Messages of which none is an emergency, in every form in which Graph delivers them, whole, truncated and mutilated. The same for the same seed.
 */
export function ordinaryMessages(tenant: SimulatedTenant, count: number, seed: number): readonly HubMessage[] {
  const chat = tenant.subscriptions.find(({ feed }) => feed === 'chat');
  if (chat === undefined) throw new Error('the simulated tenant has no chat subscription');
  const now = 1_795_000_000_000;
  const notice = fc
    .record({
      message,
      form: fc.constantFrom<Form>('rich', 'rich', 'rich', 'basic', 'inline', 'unreadable'),
      changeType: fc.constantFrom('created', 'updated', 'deleted'),
      slashes: fc.boolean(),
      clientState: fc.constantFrom('right', 'right', 'right', 'wrong'),
    })
    .map(({ message: content, form, ...options }) => noticeOf(tenant, chat, content, form, options, now));
  const whole: fc.Arbitrary<HubMessage> = fc.oneof(
    { weight: 6, arbitrary: fc.array(notice, { minLength: 1, maxLength: 3 }).map((items) => json(collection(items))) },
    {
      weight: 3,
      arbitrary: fc
        .tuple(notice, fc.uuid())
        .map(([item, id]) => json(eventGridEvent(tenant, item, id, now), 'application/cloudevents+json')),
    },
    {
      weight: 2,
      arbitrary: fc.tuple(notice, fc.uuid()).map(([item, id]) => binaryMode(eventGridEvent(tenant, item, id, now))),
    },
    {
      weight: 1,
      arbitrary: fc
        .constantFrom('reauthorizationRequired' as const, 'subscriptionRemoved' as const, 'missed' as const)
        .map((event) => json(collection([lifecycleNotice(tenant, chat, event, now)]))),
    },
    { weight: 1, arbitrary: fc.uuid().map((id) => json({ value: [validationProbe(id)] })) },
    // Nobody knows these: JSON of some other shape, with people in it.
    { weight: 1, arbitrary: message.map((content) => json({ kind: 'export', message: content })) },
  );
  const any = fc.oneof(
    { weight: 6, arbitrary: whole },
    {
      weight: 2,
      arbitrary: fc.tuple(whole, fc.double({ min: 0, max: 1, noNaN: true })).map(([made, at]) => truncated(made, at)),
    },
    {
      weight: 2,
      arbitrary: fc
        .tuple(whole, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 6 }))
        .map(([made, changes]) => mutilated(made, changes)),
    },
  );
  return fc.sample(any, { numRuns: count, seed });
}

function noticeOf(
  tenant: SimulatedTenant,
  chat: SeededSubscription,
  content: JsonObject,
  form: Form,
  options: { readonly changeType: string; readonly slashes: boolean; readonly clientState: string },
  now: number,
): JsonObject {
  const made = notification(tenant, chat, content, {
    rich: form === 'rich' || form === 'unreadable',
    changeType: options.changeType,
    now,
  });
  const id = content['id'] as string;
  const path = options.slashes
    ? `chats/${encodeURIComponent(content['chatId'] as string)}/messages/${id}`
    : (made['resource'] as string);
  const encrypted = made['encryptedContent'] as JsonObject | undefined;
  return {
    ...made,
    resource: path,
    clientState: options.clientState === 'right' ? chat.clientState : 'somebody-else',
    ...(form === 'inline' ? { resourceData: { '@odata.type': '#Microsoft.Graph.chatMessage', ...content } } : {}),
    ...(form === 'unreadable' && encrypted !== undefined
      ? { encryptedContent: { ...encrypted, dataSignature: Buffer.alloc(32).toString('base64') } }
      : {}),
  };
}

function json(value: JsonObject, contentType = 'application/json'): HubMessage {
  return { body: Buffer.from(JSON.stringify(value)), contentType, whole: true };
}

/** CloudEvents' AMQP binding, binary mode: attributes as application properties. */
function binaryMode(event: JsonObject): HubMessage {
  const { data, datacontenttype: _, ...attributes } = event;
  const properties = Object.fromEntries(
    Object.entries(attributes).map(([name, value]) => [`cloudEvents:${name}`, String(value)]),
  );
  return { ...json(data as JsonObject), properties };
}

function truncated(message: HubMessage, at: number): HubMessage {
  return { ...message, body: message.body.subarray(0, Math.floor(at * message.body.length)), whole: false };
}

function mutilated(message: HubMessage, changes: readonly (readonly [number, number])[]): HubMessage {
  const body = Buffer.from(message.body);
  for (const [at, byte] of changes) body[at % body.length] = byte;
  return { ...message, body, whole: false };
}
