import { emergencyIdOf } from '#domain/names.ts';
import type { ReadLocation } from '#domain/notices/call-location.ts';
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
import { envelopeOf } from '#domain/notices/envelope.ts';
import { clean, present, textField } from '#domain/notices/fields.ts';
import { plainId, policyOf } from '#domain/notices/identify.ts';
import type { CallLocation, CallReport, DraftContext, Item, Notice, Opened } from '#domain/notices/item.ts';
import { callerKeysOf, subjectOf } from '#domain/notices/persons.ts';
import type { Reason } from '#domain/notices/reasons.ts';
import { isTestNumber, judgeCallEvent } from '#domain/notices/recognise-call.ts';
import { believable } from '#domain/notices/times.ts';
import { type PersonalValue, personal } from '#domain/personal.ts';
import type { JsonObject } from '#kernel/json.ts';

type CallItem = Extract<Item, { kind: 'emergency-call' }>;

/** The event of a notice of the emergency feed: always a call, whatever could be read of it. */
export function draftCall(item: CallItem, opened: Opened | undefined, context: DraftContext): DraftParts {
  const { notice } = item;
  const read = readable(item.content, opened);
  const data = { kind: item.kind, ...envelopeOf(notice), clientStateCheck: context.clientState };
  if (read.state === 'read') return draftRead(notice, read.resource, data, context);

  const named = textField(notice.resourceData, 'id');
  const call = withClientState(
    unknownCall(notice, named, read.state === 'referred' ? 'content-not-sent' : 'cannot-be-read', context),
    context,
  );
  const common = present({
    subject: subjectFor(named),
    time: believable(notice.envelope?.time, context.enqueuedAt),
    callerKeys: [] as readonly string[],
  });
  if (read.state === 'referred') {
    const reference = personal(
      `emergency:${context.eventId}`,
      present({ resource: boundedReference(notice.resource), callId: boundedReference(named) }) as JsonObject,
    );
    const blobId = blobIdOf(read.content);
    return {
      ...common,
      type: typeOr('Microsoft.Graph.EmergencyCallEvent', context),
      content: 'referred',
      data: { ...data, call, reference, ...present({ blobId }), referred: read.content.why },
    };
  }
  const kept = undecryptableParts(item, read.reason);
  return {
    ...common,
    ...kept,
    type: typeOr('tocsin.undecryptable', context),
    content: 'encrypted',
    data: { ...data, ...kept.data, call },
  };
}

function draftRead(notice: Notice, resource: JsonObject, data: object, context: DraftContext): DraftParts {
  const judged = judgeCallEvent(resource, notice.resource);
  const callId = judged.callId ?? textField(notice.resourceData, 'id');
  const tenantId = plainId(notice.tenantId) ?? plainId(judged.caller.tenantId);
  const person = present({ ...judged.caller, tenantId: plainId(judged.caller.tenantId) ?? tenantId });
  const subject = subjectOf(person, context.eventId);
  const seal = (value: string | undefined) => (value === undefined ? undefined : personal(subject, value));
  const caller = present({
    name: seal(clean(person.name)),
    id: seal(clean(person.objectId)),
    upn: seal(clean(person.upn)),
    callbackNumber: seal(judged.callbackNumber),
  });
  const call: CallReport<PersonalValue> = present({
    feed: 'events' as const,
    emergencyId: emergencyIdOf('events', tenantId ?? 'unknown', callId ?? context.eventId),
    confidence: judged.confidence,
    reasons: judged.reasons,
    test: isTestNumber(judged.dialledNumber, context.testNumbers),
    occurredAt: believable(judged.eventDateTime, context.enqueuedAt),
    caller: Object.keys(caller).length > 0 ? caller : undefined,
    dialledNumber: judged.dialledNumber,
    location: judged.location && sealLocation(judged.location, subject),
    policy: judged.policy,
    callEventType: judged.callEventType,
    recoveredOf:
      context.recoveredFrom === undefined || context.clientState !== 'match'
        ? undefined
        : emergencyIdOf('events', tenantOf(notice), context.recoveredFrom),
    callerTokens: [],
  });
  return present({
    type: typeOr('Microsoft.Graph.EmergencyCallEvent', context),
    content: 'inline' as const,
    data: { ...data, call: withClientState(call, context), content: personal(subject, resource) },
    callerKeys: callerKeysOf(person),
    subject: subjectFor(callId),
    time: believable(judged.eventDateTime ?? notice.envelope?.time, context.enqueuedAt),
  });
}

/** The call that a notice of the emergency feed stands for whose form nobody knows. */
export function callOfUnknownForm(notice: Notice, context: DraftContext): CallReport<PersonalValue> {
  const named = textField(notice.resourceData, 'id');
  return withClientState(unknownCall(notice, named, 'shape-unknown', context), context);
}

/** A call of which nothing is known but that it happened; the notice's own id makes it the same call as a later notice that can be read. */
function unknownCall(
  notice: Notice,
  callId: string | undefined,
  reason: Reason,
  context: DraftContext,
): CallReport<PersonalValue> {
  return present({
    feed: 'events' as const,
    emergencyId: emergencyIdOf('events', tenantOf(notice), callId ?? context.eventId),
    confidence: 'low' as const,
    reasons: [reason],
    test: false,
    policy: policyOf(notice.resource),
    callerTokens: [],
  });
}

function sealLocation(location: ReadLocation, subject: string): CallLocation<PersonalValue> {
  return Object.fromEntries(Object.entries(location).map(([name, value]) => [name, personal(subject, value)]));
}

function subjectFor(callId: string | undefined): string | undefined {
  const id = plainId(callId);
  return id && `calls/${id}`;
}
