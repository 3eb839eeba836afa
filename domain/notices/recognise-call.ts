import { type ReadLocation, readLocation } from '#domain/notices/call-location.ts';
import { clean, field, objectField, present, textField } from '#domain/notices/fields.ts';
import { policyOf } from '#domain/notices/identify.ts';
import { dialledOf, digitsOf, type Person } from '#domain/notices/persons.ts';
import type { Reason } from '#domain/notices/reasons.ts';
import type { JsonObject } from '#kernel/json.ts';

/** What an event of the emergency feed says, in the clear. */
interface CallJudgement {
  readonly confidence: 'high' | 'medium' | 'low';
  readonly reasons: readonly Reason[];
  /** The provider's id of the call. */
  readonly callId?: string;
  readonly eventDateTime?: string;
  readonly caller: Person;
  readonly callbackNumber?: string;
  readonly dialledNumber?: string;
  readonly location?: ReadLocation;
  readonly policy?: string;
  readonly callEventType?: string;
}

const eventTypes = ['callStarted', 'callEnded', 'rosterUpdated', 'unknownFutureValue'] as const;

/** True for a decrypted resource that is an event of the emergency feed, nested or flat. */
export function isCallEvent(resource: JsonObject): boolean {
  return (
    textField(resource, '@odata.type')?.toLowerCase().endsWith('graph.emergencycallevent') === true ||
    objectField(resource, 'emergencyCallEvent') !== undefined ||
    (field(resource, 'callEventType') !== undefined && field(resource, 'emergencyNumberDialed') !== undefined)
  );
}

/**
 * Reads `emergencyCallEvent` ("Get change notifications for Microsoft Teams emergency call event updates"), as documented with one level more, or flat. Nothing
 * in it is required: whatever comes on this feed is an emergency, and what is missing becomes a reason.
 * @param subscribed resource of the notice, which names the policy
 */
export function judgeCallEvent(resource: JsonObject, subscribed: string | undefined): CallJudgement {
  const event = objectField(resource, 'emergencyCallEvent') ?? resource;
  const info = objectField(event, 'callerInfo') ?? objectField(resource, 'callerInfo');
  const location = readLocation(field(info, 'location'));
  const number = textField(info, 'phoneNumber');
  const caller: Person = present({
    tenantId: textField(info, 'tenantId'),
    objectId: textField(info, 'userId') ?? textField(info, 'id'),
    upn: textField(info, 'upn') ?? textField(info, 'userPrincipalName'),
    number: digitsOf(number),
    name: textField(info, 'displayName'),
  });
  const sent = textField(event, 'callEventType');
  const type = eventTypes.find((known) => known.toLowerCase() === sent?.toLowerCase());
  const known = info !== undefined || sent !== undefined || textField(event, 'emergencyNumberDialed') !== undefined;
  const reasons: Reason[] = ['emergency-event'];
  if (!known) reasons.push('shape-unknown');
  else if (type === 'callEnded') reasons.push('call-ended');
  else if (type === 'rosterUpdated') reasons.push('roster-updated');
  else if (type !== 'callStarted') reasons.push('event-type-unknown');
  if (
    caller.upn === undefined &&
    caller.name === undefined &&
    caller.number === undefined &&
    caller.objectId === undefined
  )
    reasons.push('caller-missing');
  if (location === undefined) reasons.push('location-missing');
  return present({
    confidence: !known ? 'low' : reasons.includes('event-type-unknown') ? 'medium' : 'high',
    reasons,
    callId: textField(event, 'id') ?? textField(resource, 'id'),
    eventDateTime: textField(event, 'eventDateTime') ?? textField(resource, 'eventDateTime'),
    caller,
    callbackNumber: clean(number, 64),
    dialledNumber: dialledOf(textField(event, 'emergencyNumberDialed')),
    location,
    policy: clean(textField(event, 'policyName')) ?? policyOf(subscribed),
    callEventType:
      type ?? (sent === undefined ? undefined : /^[A-Za-z]{1,64}$/.test(sent) ? sent : 'unknownFutureValue'),
  } satisfies { [K in keyof CallJudgement]: CallJudgement[K] | undefined });
}

/** True when a dialled number is one that makes a test call. */
export function isTestNumber(dialled: string | undefined, testNumbers: readonly string[]): boolean {
  const plain = dialledOf(dialled);
  return plain !== undefined && testNumbers.some((number) => dialledOf(number) === plain);
}
