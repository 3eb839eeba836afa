import { callOfUnknownForm, draftCall } from '#domain/notices/draft-call.ts';
import { draftMessage } from '#domain/notices/draft-message.ts';
import { type DraftParts, typeOr } from '#domain/notices/draft-parts.ts';
import { bytesOf, envelopeOf, idOf, oneOf, sourceOf, toQuarantine, withoutSecrets } from '#domain/notices/envelope.ts';
import { present, textField } from '#domain/notices/fields.ts';
import { plainId } from '#domain/notices/identify.ts';
import type { DraftContext, EventDraft, Item, Notice, Opened } from '#domain/notices/item.ts';
import { canonicalJson } from '#domain/notices/read-json.ts';
import { believable, isoTime } from '#domain/notices/times.ts';
import type { CloudEventType } from '#domain/notices/types.ts';
import { assertNever } from '#kernel/assert-never.ts';

/**
 * The event that one item becomes: a CloudEvent 1.0 of a type of the closed table, of which everything personal is marked to be sealed and everything that
 * must not be kept is left out. Never throws, and gives the same for the same arguments.
 * @param opened what became of the content of an encrypted item; undefined for all others
 */
export function draftEvent(item: Item, opened: Opened | undefined, context: DraftContext): EventDraft {
  const parts = partsOf(item, opened, context);
  const { type, content, data, subject, time, ...rest } = parts;
  const notice = 'notice' in item ? item.notice : undefined;
  return {
    ...rest,
    type,
    cloudEvent: present({
      specversion: '1.0',
      id: idOf(notice, context),
      source: sourceOf(notice),
      type,
      subject,
      time: time ?? believable(notice?.envelope?.time, context.enqueuedAt) ?? isoTime(context.enqueuedAt),
      datacontenttype: 'application/json',
      tocsincontent: content,
      tocsinrecovered: notice?.delivery === 'recovered' ? true : undefined,
      data,
    }),
  };
}

const lifecycleTypes = {
  reauthorizationRequired: 'Microsoft.Graph.SubscriptionReauthorizationRequired',
  subscriptionRemoved: 'Microsoft.Graph.SubscriptionRemoved',
  missed: 'Microsoft.Graph.SubscriptionMissed',
} as const satisfies Record<Extract<Item, { kind: 'lifecycle' }>['event'], CloudEventType>;

function partsOf(item: Item, opened: Opened | undefined, context: DraftContext): DraftParts {
  switch (item.kind) {
    case 'chat-message':
      return draftMessage(item, opened, context);
    case 'emergency-call':
      return draftCall(item, opened, context);
    case 'lifecycle':
      return {
        type: typeOr(lifecycleTypes[item.event], context),
        content: 'inline',
        data: {
          kind: item.kind,
          lifecycleEvent: item.event,
          ...envelopeOf(item.notice),
          clientStateCheck: context.clientState,
        },
      };
    case 'probe':
      return {
        type: 'tocsin.probe',
        content: 'inline',
        data: { kind: item.kind, ...envelopeOf(item.notice), ...requestOf(item.notice) },
      };
    case 'comms':
      return draftComms(item);
    case 'empty':
      return { type: 'tocsin.empty', content: 'inline', data: { kind: item.kind, bytes: context.body.length } };
    case 'unrecognised':
      return draftUnrecognised(item, context);
    case 'undecodable':
      return {
        type: 'tocsin.undecodable',
        content: 'minimised',
        data: { kind: item.kind, why: item.why, bytes: context.body.length },
        commitTo: context.body,
        quarantine: toQuarantine(context.body),
      };
    default:
      return assertNever(item);
  }
}

/** What no decoder knows. Of a subscription of the emergency feed it is a call all the same: whatever comes there is one. */
function draftUnrecognised(item: Extract<Item, { kind: 'unrecognised' }>, context: DraftContext): DraftParts {
  const { kind, why, notice } = item;
  const bytes = bytesOf(canonicalJson(withoutSecrets(item.value)));
  const isCall = context.feed === 'events' && notice !== undefined && why !== 'unknown-lifecycle-event';
  return {
    type: 'tocsin.unrecognised',
    content: 'minimised',
    data: {
      ...{ kind, why, bytes: bytes.length, ...envelopeOf(notice) },
      // Published again, it is no more to be trusted than it was.
      ...(notice === undefined ? {} : { clientStateCheck: context.clientState }),
      ...(isCall ? { call: callOfUnknownForm(notice, context) } : {}),
    },
    commitTo: bytes,
    quarantine: toQuarantine(bytes),
    ...(isCall ? { callerKeys: [] } : {}),
  };
}

/** A notification of the calling API: that a call changed, its state, and nothing of who takes part. */
function draftComms(item: Extract<Item, { kind: 'comms' }>): DraftParts {
  const callId = plainId(/\/calls\/([^/?]+)/i.exec(item.notice.resource ?? '')?.[1]);
  return present({
    type: 'Microsoft.Graph.CommsNotification' as const,
    content: 'minimised' as const,
    subject: callId && `calls/${callId}`,
    data: {
      kind: item.kind,
      ...envelopeOf(item.notice),
      ...present({ state: oneOf(textField(item.resource, 'state'), callStates) }),
    },
    commitTo: bytesOf(canonicalJson(item.resource)),
  });
}

/** `callState` ("call resource type" of the cloud communications API). */
const callStates = [
  'incoming',
  'establishing',
  'ringing',
  'established',
  'hold',
  'transferring',
  'transferAccepted',
  'redirecting',
  'terminating',
  'terminated',
  'unknownFutureValue',
];

/** The id of the request that created the subscription, at the end of a probe's text: it says which one the hub can be reached for. */
function requestOf({ changeType }: Notice): { readonly requestId?: string } {
  return present({ requestId: /request-id:\s*([0-9a-f-]{36})\b/i.exec(changeType ?? '')?.[1]?.toLowerCase() });
}
