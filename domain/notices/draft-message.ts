import { emergencyIdOf } from '#domain/names.ts';
import { draftCall } from '#domain/notices/draft-call.ts';
import {
  blobIdOf,
  boundedReference,
  type DraftParts,
  readable,
  tenantOf,
  typeOr,
  undecryptableParts,
  withClientState,
} from '#domain/notices/draft-parts.ts';
import { bytesOf, envelopeOf, messageEnvelopeOf } from '#domain/notices/envelope.ts';
import { clean, objectField, present, textField } from '#domain/notices/fields.ts';
import { chatTypeOf, type MessageIds, messageIdsOf, messageResource, plainId } from '#domain/notices/identify.ts';
import type { CallLocation, CallReport, DraftContext, Item, Opened } from '#domain/notices/item.ts';
import { callerKeysOf, digitsOf, type Person, subjectOf } from '#domain/notices/persons.ts';
import { canonicalJson } from '#domain/notices/read-json.ts';
import type { Reason } from '#domain/notices/reasons.ts';
import { isCallEvent } from '#domain/notices/recognise-call.ts';
import { type ChatJudgement, judgeChatMessage } from '#domain/notices/recognise-chat.ts';
import { believable } from '#domain/notices/times.ts';
import type { CloudEventType } from '#domain/notices/types.ts';
import { type PersonalValue, personal } from '#domain/personal.ts';
import type { JsonObject } from '#kernel/json.ts';

type ChatItem = Extract<Item, { kind: 'chat-message' }>;

const types = {
  created: 'Microsoft.Graph.ChatMessageCreated',
  updated: 'Microsoft.Graph.ChatMessageUpdated',
  deleted: 'Microsoft.Graph.ChatMessageDeleted',
} as const satisfies Record<ChatItem['change'], CloudEventType>;

/** How much of a message's text a report carries, characters; Graph allows 28 KB. The whole message stands in `data.content`. */
const textBound = 8192;

/** The event of a chat message: all of it, sealed, when it may be about an emergency; otherwise an envelope and a commitment to the rest. */
export function draftMessage(item: ChatItem, opened: Opened | undefined, context: DraftContext): DraftParts {
  const { notice } = item;
  const read = readable(item.content, opened);
  // A notice that did not say what it is about may turn out to be an event of the other feed: by its content, by its subscription, or because nobody can tell.
  const ofEvents = item.guessed && (read.state === 'unreadable' || context.feed === 'events');
  if (read.state === 'read' ? isCallEvent(read.resource) : ofEvents)
    return draftCall({ ...item, kind: 'emergency-call' }, opened, context);

  const resource = read.state === 'read' ? read.resource : undefined;
  const ids = messageIdsOf(notice, resource);
  const tenant = tenantOf(notice);
  const chatSubject = `chat:${tenant}/${ids.chatId ?? 'unknown'}`;
  const referred = read.state === 'referred';
  const messageId = plainId(ids.messageId, 64);
  const sender = senderOf(resource, tenant);
  const common = present({
    type: typeOr(types[item.change], context),
    subject: messageId && `messages/${messageId}`,
    time: believable(timeOf(item.change, resource) ?? notice.envelope?.time, context.enqueuedAt),
  });
  const data = {
    kind: item.kind,
    ...envelopeOf(notice),
    ...messageEnvelopeOf(resource),
    ...present({
      chatType: chatTypeOf(ids.chatId, resource),
      clientStateCheck: context.clientState,
      senderKind: resource && sender.kind,
      sender:
        sender.person.objectId === undefined
          ? undefined
          : personal(subjectOf(sender.person, context.eventId), sender.person.objectId),
      // What is referred to stands in `reference`, and the resource's path says no more than chat and message do.
      chat: ids.chatId === undefined || referred ? undefined : personal(chatSubject, ids.chatId),
      resource:
        notice.resource === undefined || referred || ids.chatId !== undefined
          ? undefined
          : personal(chatSubject, boundedReference(notice.resource) ?? ''),
    }),
  };
  switch (read.state) {
    case 'referred': {
      const path = notice.resource ?? textField(notice.resourceData, '@odata.id');
      // As a rule the path says what its ids say, word for word: said twice, it would make the event a sixth larger.
      const isSaid = path === messageResource(ids.chatId ?? '', ids.messageId ?? '');
      const named = present({ resource: isSaid ? undefined : boundedReference(path), ...ids });
      const reference = Object.keys(named).length > 0 ? personal(chatSubject, named as JsonObject) : undefined;
      const more = present({ reference, blobId: blobIdOf(read.content) });
      return { ...common, content: 'referred', data: { ...data, ...more, referred: read.content.why } };
    }
    case 'unreadable': {
      const kept = undecryptableParts(item, read.reason);
      return {
        ...common,
        ...kept,
        type: typeOr('tocsin.undecryptable', context),
        content: 'encrypted',
        data: { ...data, ...kept.data },
      };
    }
    case 'read': {
      const judgement = judgeChatMessage(read.resource, ids.chatId, context.phrases);
      if (!judgement.emergency)
        return { ...common, content: 'minimised', data, commitTo: bytesOf(canonicalJson(read.resource)) };
      const caller = callerOf(sender, judgement);
      const subject = subjectOf(caller, context.eventId);
      const announced = callerKeysOf(present({ name: judgement.announced }));
      return {
        ...common,
        content: 'inline',
        data: {
          ...data,
          call: withClientState(reportOf(item, read.resource, ids, judgement, caller, subject, context), context),
          content: personal(subject, read.resource),
        },
        callerKeys: [...new Set([...callerKeysOf(caller), ...announced])],
        ...(ids.chatId !== undefined && { chatKey: chatSubject.toLowerCase() }),
      };
    }
  }
}

function reportOf(
  item: ChatItem,
  message: JsonObject,
  ids: MessageIds,
  judgement: Extract<ChatJudgement, { emergency: true }>,
  caller: Person,
  subject: string,
  context: DraftContext,
): CallReport<PersonalValue> {
  const seal = (value: string | undefined) => (value === undefined ? undefined : personal(subject, value));
  const { details } = judgement;
  const callerFields = present({
    name: seal(clean(caller.name)),
    id: seal(caller.objectId),
    upn: seal(clean(caller.upn)),
    callbackNumber: seal(details.callbackNumber),
  });
  const reasons: Reason[] = [...judgement.reasons];
  if (item.change === 'deleted') reasons.push('message-deleted');
  // Not by `updated`: Graph says that of a reaction as well, and back-fill of whatever was posted before a gap.
  else if (believable(textField(message, 'lastEditedDateTime'), context.enqueuedAt) !== undefined)
    reasons.push('message-edited');
  return present({
    feed: 'chat' as const,
    emergencyId: emergencyIdOf('chat', tenantOf(item.notice), providerIdOf(ids, context)),
    confidence: judgement.confidence,
    reasons,
    // Chat alone cannot tell: a number in a text may be that of a house, and a test pages nobody.
    test: false,
    occurredAt: believable(textField(message, 'createdDateTime'), context.enqueuedAt),
    caller: Object.keys(callerFields).length > 0 ? callerFields : undefined,
    dialledNumber: details.dialledNumber,
    location: details.location && sealLocation(details.location, subject),
    text: seal(judgement.text.slice(0, textBound).toWellFormed()),
    language: judgement.language,
    callerTokens: [],
  });
}

/** A message is known by its chat and its id; one that lacks either is a call of its own. */
function providerIdOf({ chatId, messageId }: MessageIds, context: DraftContext): string {
  return chatId === undefined && messageId === undefined
    ? context.eventId
    : `${chatId ?? ''}/${messageId ?? context.eventId}`;
}

function sealLocation(location: CallLocation<string>, subject: string): CallLocation<PersonalValue> {
  return Object.fromEntries(Object.entries(location).map(([name, value]) => [name, personal(subject, value)]));
}

interface Sender {
  readonly kind: 'user' | 'application' | 'device' | 'none';
  readonly person: Person;
}

function senderOf(message: JsonObject | undefined, tenant: string): Sender {
  const from = objectField(message, 'from');
  const user = objectField(from, 'user');
  if (user === undefined) {
    const kind = objectField(from, 'application') ? 'application' : objectField(from, 'device') ? 'device' : 'none';
    return { kind, person: {} };
  }
  const objectId = plainId(textField(user, 'id'));
  return {
    kind: 'user',
    person: present({
      tenantId: plainId(textField(user, 'tenantId')) ?? tenant,
      objectId,
      upn: textField(user, 'userPrincipalName'),
      name: textField(user, 'displayName'),
    }),
  };
}

/** Teams posts the announcement as the user who called; where something else posted it, the text says who it was. */
function callerOf({ kind, person }: Sender, judgement: Extract<ChatJudgement, { emergency: true }>): Person {
  const number = digitsOf(judgement.details.callbackNumber);
  return present({ ...person, name: person.name ?? judgement.announced, ...(kind !== 'user' && { number }) });
}

function timeOf(change: ChatItem['change'], message: JsonObject | undefined): string | undefined {
  const created = textField(message, 'createdDateTime');
  if (change === 'created') return created;
  const changed = textField(message, 'lastModifiedDateTime') ?? created;
  return change === 'deleted' ? (textField(message, 'deletedDateTime') ?? changed) : changed;
}
