import { cloudEventTypes } from '#domain/notices/types.ts';
import {
  accessRecordInterruptedV1,
  callerSearchedV1,
  emergencyViewedV1,
  recordExportedV1,
  recordViewedV1,
  sessionEndedV1,
  sessionStartedV1,
} from '#domain/schemas/schema-access.v1.ts';
import { cloudEventV1 } from '#domain/schemas/schema-cloud-event.v1.ts';
import {
  credentialCodeShownV1,
  credentialRefreshedV1,
  credentialRemindedV1,
  credentialRevokedV1,
  credentialSignedInV1,
  credentialSignInRequestedV1,
  credentialTroubledV1,
} from '#domain/schemas/schema-credential.v1.ts';
import { emergencyAcknowledgedV1 } from '#domain/schemas/schema-emergency-acknowledged.v1.ts';
import { emergencyEnrichedV1 } from '#domain/schemas/schema-emergency-enriched.v1.ts';
import { emergencyLinkedV1 } from '#domain/schemas/schema-emergency-linked.v1.ts';
import { emergencyRaisedV1 } from '#domain/schemas/schema-emergency-raised.v1.ts';
import { emergencyResolvedV1 } from '#domain/schemas/schema-emergency-resolved.v1.ts';
import { erasureRequestedV1, personErasedV1 } from '#domain/schemas/schema-erasure.v1.ts';
import { fetchDelayedV1, fetchResumedV1 } from '#domain/schemas/schema-fetch.v1.ts';
import { gapBackFilledV1 } from '#domain/schemas/schema-gap-back-filled.v1.ts';
import { keyStoreBoundV1 } from '#domain/schemas/schema-key-store-bound.v1.ts';
import { pagingAdvancedV1 } from '#domain/schemas/schema-paging-advanced.v1.ts';
import { quarantineRepublishedV1, republishingRequestedV1 } from '#domain/schemas/schema-quarantine.v1.ts';
import { resolveAdvancedV1 } from '#domain/schemas/schema-resolve-advanced.v1.ts';
import { responderPagedV1 } from '#domain/schemas/schema-responder-paged.v1.ts';
import {
  subscriptionAdoptedV1,
  subscriptionConfirmedV1,
  subscriptionCreatedV1,
  subscriptionLostV1,
  subscriptionRemovedV1,
  subscriptionRenewedV1,
  subscriptionTroubledV1,
} from '#domain/schemas/schema-subscription.v1.ts';
import { triageAdvancedV1 } from '#domain/schemas/schema-triage-advanced.v1.ts';
import { watchClosedV1, watchProvedV1 } from '#domain/schemas/schema-watch.v1.ts';
import type { JsonObject } from '#kernel/json.ts';

/** What is known of one version of one event type. */
export interface EventVersion {
  readonly type: string;
  readonly version: number;
  /** Streams that hold it, as patterns for people. */
  readonly streams: readonly string[];
  readonly description: string;
  readonly schema: {
    safeParse(
      data: unknown,
    ): { readonly success: true } | { readonly success: false; readonly error: { readonly message: string } };
  };
  /** Makes data of the next version of it; absent for the latest. */
  readonly upcast?: (data: JsonObject) => JsonObject;
}

const inbox = cloudEventTypes.map(
  (type): EventVersion => ({
    type,
    version: 1,
    streams: ['inbox-<hub>-<partition>'],
    description: 'A message of the hub, as a CloudEvent',
    schema: cloudEventV1(type),
  }),
);
const emergency = (type: string, description: string, schema: EventVersion['schema']): EventVersion => ({
  type,
  version: 1,
  streams: ['emergency-<uuid>'],
  description,
  schema,
});
const watch = (type: string, description: string, schema: EventVersion['schema']): EventVersion => ({
  type,
  version: 1,
  streams: ['watch-<feed>'],
  description,
  schema,
});
const credential = (type: string, description: string, schema: EventVersion['schema']): EventVersion => ({
  ...{ type, version: 1, streams: ['credential-chat', 'credential-events'], description, schema },
});
const subscription = (type: string, description: string, schema: EventVersion['schema']): EventVersion => ({
  ...{ type, version: 1, streams: ['subscription-chat', 'subscription-events-<policy>'], description, schema },
});
const access = (type: string, description: string, schema: EventVersion['schema']): EventVersion => ({
  ...{ type, version: 1, streams: ['access'], description, schema },
});
const quarantine = (type: string, description: string, schema: EventVersion['schema']): EventVersion => ({
  ...{ type, version: 1, streams: ['quarantine-<uuid>'], description, schema },
});
const subject = (type: string, description: string, schema: EventVersion['schema']): EventVersion => ({
  ...{ type, version: 1, streams: ['subject-<uuid>'], description, schema },
});

/** Every version of every event that Tocsin writes: the one table. */
export const eventRegistry: readonly EventVersion[] = [
  ...inbox,
  emergency('EmergencyRaised', 'A call became known', emergencyRaisedV1),
  emergency('EmergencyEnriched', 'A further notice of the same call', emergencyEnrichedV1),
  emergency('EmergencyLinked', 'It may have to do with another emergency', emergencyLinkedV1),
  emergency('EmergencyAcknowledged', 'Somebody took it', emergencyAcknowledgedV1),
  emergency('EmergencyResolved', 'Somebody closed it', emergencyResolvedV1),
  emergency('ResponderPaged', 'Responders were told of it, or it was tried', responderPagedV1),
  {
    type: 'PagingAdvanced',
    version: 1,
    streams: ['paging'],
    description: 'Everything up to a position was looked at for whom to page',
    schema: pagingAdvancedV1,
  },
  credential('CredentialSignInRequested', 'A sign-in was asked for', credentialSignInRequestedV1),
  credential('CredentialCodeShown', 'A code waits for a person', credentialCodeShownV1),
  credential('CredentialSignedIn', 'A new grant serves', credentialSignedInV1),
  credential('CredentialRefreshed', 'There is a new token', credentialRefreshedV1),
  credential('CredentialTroubled', 'There is no new token, and why', credentialTroubledV1),
  credential('CredentialSignInFailed', 'Nobody signed in; a grant from before goes on serving', credentialTroubledV1),
  credential('CredentialReminded', 'People were reminded that they have to act', credentialRemindedV1),
  credential('CredentialRevoked', 'The grant was forgotten', credentialRevokedV1),
  subscription('SubscriptionCreated', 'Graph made one for us', subscriptionCreatedV1),
  subscription('SubscriptionAdopted', 'Graph had one that is ours', subscriptionAdoptedV1),
  subscription('SubscriptionRenewed', 'Graph was given a new end or a new token', subscriptionRenewedV1),
  subscription('SubscriptionConfirmed', 'Graph was asked, and has it still', subscriptionConfirmedV1),
  subscription('SubscriptionTroubled', 'It cannot be made or renewed, and why', subscriptionTroubledV1),
  subscription('SubscriptionLost', 'Graph does not have it any more', subscriptionLostV1),
  {
    ...subscription('SubscriptionRemoved', 'We ended it', subscriptionRemovedV1),
    // Those that belonged to no entity are on record where the reconciler writes.
    streams: ['subscription-chat', 'subscription-events-<policy>', 'reconcile-<feed>'],
  },
  {
    type: 'TriageAdvanced',
    version: 1,
    streams: ['triage'],
    description: 'Every notice up to a position was judged',
    schema: triageAdvancedV1,
  },
  {
    type: 'ResolveAdvanced',
    version: 1,
    streams: ['resolve'],
    description: 'Every reference up to a position was looked at',
    schema: resolveAdvancedV1,
  },
  {
    type: 'FetchDelayed',
    version: 1,
    streams: ['fetch-<uuid>'],
    description: 'Notices waited too long for what they only referred to',
    schema: fetchDelayedV1,
  },
  {
    type: 'FetchResumed',
    version: 1,
    streams: ['fetch-<uuid>'],
    description: 'None of them waits any more',
    schema: fetchResumedV1,
  },
  {
    type: 'GapBackFilled',
    version: 1,
    streams: ['back-fill-<uuid>'],
    description: 'What came of a gap of a feed: what of it could be read later, and what could not',
    schema: gapBackFilledV1,
  },
  watch('WatchOpened', 'From here on the feed is provably watched', watchProvedV1),
  watch('WatchProved', 'The feed is still watched', watchProvedV1),
  watch('WatchClosed', 'From here on the feed is not watched, or it cannot be proved', watchClosedV1),
  access('EmergencyViewed', 'Somebody saw an emergency with its personal values', emergencyViewedV1),
  access('RecordViewed', 'Somebody read records that hold personal values', recordViewedV1),
  access('RecordExported', 'Records left the desk', recordExportedV1),
  access('CallerSearched', 'Somebody searched the record for a caller', callerSearchedV1),
  access('SessionStarted', 'Somebody signed in to the desk', sessionStartedV1),
  access('SessionEnded', 'Somebody signed out', sessionEndedV1),
  access('AccessRecordInterrupted', 'So many looks could not be recorded', accessRecordInterruptedV1),
  quarantine(
    'RepublishingRequested',
    'Somebody wants bytes that nobody could read to be read again',
    republishingRequestedV1,
  ),
  quarantine('QuarantineRepublished', 'What came of it', quarantineRepublishedV1),
  subject('ErasureRequested', 'Somebody wants a person to be erased', erasureRequestedV1),
  subject('PersonErased', 'The keys of that person are destroyed', personErasedV1),
  {
    type: 'KeyStoreBound',
    version: 1,
    streams: ['keys'],
    description: 'Which key store seals the log',
    schema: keyStoreBoundV1,
  },
];

const byTypeAndVersion = new Map(eventRegistry.map((row) => [`${row.type}@${row.version}`, row]));

export type ReadEvent =
  | { readonly ok: true /** Of the latest version of its type. */; readonly data: JsonObject }
  | { readonly ok: false; readonly problem: string };

/** Checks stored data against the schema of its version and brings it to the latest one. Never throws. */
export function readEvent(type: string, version: number, data: JsonObject): ReadEvent {
  let current = data;
  for (let at = version; ; at++) {
    const row = byTypeAndVersion.get(`${type}@${at}`);
    if (row === undefined) return { ok: false, problem: `no version ${at} of ${type} is known` };
    const checked = row.schema.safeParse(current);
    if (!checked.success) return { ok: false, problem: `${type}@${at}: ${checked.error.message}` };
    if (row.upcast === undefined) return { ok: true, data: current };
    current = row.upcast(current);
  }
}

/** Data as its type's latest version has it, unchecked; what is not known stays as it is. For readers that look at every field they use. */
export function upcast(stored: {
  readonly type: string;
  readonly data: JsonObject;
  readonly metadata: JsonObject;
}): JsonObject {
  const { type, metadata } = stored;
  let { data } = stored;
  for (let at = typeof metadata['schemaVersion'] === 'number' ? metadata['schemaVersion'] : 1; ; at++) {
    const step = byTypeAndVersion.get(`${type}@${at}`)?.upcast;
    if (step === undefined) return data;
    data = step(data);
  }
}
