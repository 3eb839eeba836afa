import type { CloudEventType } from '#domain/notices/types.ts';
import type { Json, JsonObject } from '#kernel/json.ts';

/** A way in which notices of calls reach us. */
export type Feed = 'chat' | 'events';

/** What every notice may carry, whatever its shape; a field that was not sent is absent. */
export interface Notice {
  readonly delivery: 'direct' | 'event-grid' | 'comms' | 'recovered';
  /** The sender's own id of this notification; Graph rarely gives one. */
  readonly id?: string;
  readonly subscriptionId?: string;
  readonly tenantId?: string;
  readonly clientState?: string;
  readonly changeType?: string;
  readonly resource?: string;
  readonly resourceData?: JsonObject;
  readonly subscriptionExpiresAt?: string;
  /** The envelope it arrived in, when that was a CloudEvent. */
  readonly envelope?: {
    readonly id: string;
    readonly source: string;
    readonly type: string;
    readonly time?: string;
    readonly subject?: string;
  };
  /** What keeps the envelope from being a CloudEvent 1.0 (`cloudevent-time` …); nothing of it was taken then. */
  readonly envelopeFault?: string;
}

/** `encryptedContent` of a rich notification ("Set up change notifications that include resource data"); all but the thumbprint are base64 or ids. */
export interface EncryptedContent {
  readonly data: string;
  readonly dataSignature?: string;
  readonly dataKey: string;
  readonly encryptionCertificateId: string;
  readonly encryptionCertificateThumbprint?: string;
}

export type Content =
  | { readonly at: 'inline'; readonly resource: JsonObject }
  | { readonly at: 'encrypted'; readonly encrypted: EncryptedContent }
  /** Only named: it has to be fetched (`basic`: from Graph; `blob`: from the storage account of the subscription). */
  | { readonly at: 'referred'; readonly why: 'basic' }
  | { readonly at: 'referred'; readonly why: 'blob'; readonly blobId: string };

/** One item that a message held. */
export type Item =
  | {
      readonly kind: 'chat-message';
      readonly change: 'created' | 'updated' | 'deleted';
      /** Nothing says what it is about: it may be of the emergency feed as well. */
      readonly guessed?: true;
      readonly notice: Notice;
      readonly content: Content;
    }
  | { readonly kind: 'emergency-call'; readonly notice: Notice; readonly content: Content }
  | {
      readonly kind: 'lifecycle';
      readonly event: 'reauthorizationRequired' | 'subscriptionRemoved' | 'missed';
      readonly notice: Notice;
    }
  | { readonly kind: 'comms'; readonly notice: Notice; readonly resource: JsonObject }
  | { readonly kind: 'probe'; readonly notice: Notice }
  | { readonly kind: 'empty' }
  | { readonly kind: 'unrecognised'; readonly value: Json; readonly why: string; readonly notice?: Notice }
  | { readonly kind: 'undecodable'; readonly why: string };

/** What became of an encrypted item's content. */
export type Opened =
  | { readonly ok: true; readonly resource: JsonObject }
  | { readonly ok: false; readonly reason: 'key-unknown' | 'signature-wrong' | 'cannot-decrypt' };

/** What the surroundings know about an item, so that the draft can be made without asking anybody. */
export interface DraftContext {
  readonly eventId: string;
  /** When the hub got the message, milliseconds since 1970 UTC. */
  readonly enqueuedAt: number;
  /** The message's whole body, for what is kept of undecodable bytes and for commitments. */
  readonly body: Uint8Array;
  /** `mismatch`: values are known for subscriptions and this is none of them; `unchecked`: no value is known. */
  readonly clientState: 'match' | 'mismatch' | 'unchecked';
  /** What its subscription is of, where that is known: it is all that says so of a notice that names neither type nor resource. */
  readonly feed?: Feed;
  readonly testNumbers: readonly string[];
  readonly phrases: readonly Phrase[];
  /** Of what we fetched ourselves: id of the stored event that only referred to it, as its message says. Worth something only with a `match`. */
  readonly recoveredFrom?: string;
}

/** A text by which Teams announces an emergency call in one language; compared without case, accents and spacing. */
export interface Phrase {
  /** BCP 47 language tag. */
  readonly language: string;
  readonly text: string;
}

/** An event that is ready but for its seals. Nothing in it may be stored before the personal values are sealed. */
export interface EventDraft {
  readonly type: CloudEventType;
  /** A CloudEvent 1.0 in JSON, with personal values (domain/personal.ts) in it. */
  readonly cloudEvent: { readonly data: { readonly [name: string]: unknown }; readonly [attribute: string]: unknown };
  /** What `data.commitment` must commit to; absent where nothing was left out. */
  readonly commitTo?: Uint8Array;
  /** What must be sealed under the quarantine key into `data.quarantine` (already cut to the bound). */
  readonly quarantine?: Uint8Array;
  /** What identifies the caller, in the clear and canonical (`oid:`, `upn:`, `number:`, `name:`): `data.call.callerTokens` gets their tokens. */
  readonly callerKeys?: readonly string[];
  /** What identifies the chat of a call, in the clear and canonical (`chat:<tenant>/<chat id>`, lower case): `data.call.chatToken` gets its token. */
  readonly chatKey?: string;
}

/** `data.call` of an event that may be about an emergency; `P` marks what is personal. */
export interface CallReport<P> {
  readonly feed: Feed;
  /** Which emergency this is about, by the provider's own id of the call (domain/names.ts `emergencyIdOf`). */
  readonly emergencyId: string;
  /** The emergency that the notice was taken for while its content was not fetched and did not say which call it is. */
  readonly recoveredOf?: string;
  readonly confidence: 'high' | 'medium' | 'low';
  /** Words of a closed list (domain/notices/reasons.ts) that say why. */
  readonly reasons: readonly string[];
  readonly test: boolean;
  /** When Teams says that the call was, ISO 8601 UTC. */
  readonly occurredAt?: string;
  readonly caller?: { readonly name?: P; readonly id?: P; readonly upn?: P; readonly callbackNumber?: P };
  readonly dialledNumber?: string;
  readonly location?: CallLocation<P>;
  readonly policy?: string;
  /** The message's text, chat feed only. */
  readonly text?: P;
  readonly language?: string;
  readonly callEventType?: string;
  /** Keyed hashes of what identifies the caller; equal tokens are the same caller. */
  readonly callerTokens: readonly string[];
  /** Keyed hash of the chat that the message was in, chat feed only. */
  readonly chatToken?: string;
  /** Keyed hash of everything in the report in the clear: an edit has another one, a repetition the same. */
  readonly contentToken?: string;
}

/** The civic address and place that were sent; `latitude` and `longitude` in degrees (WGS 84). */
export interface CallLocation<P> {
  readonly street?: P;
  readonly additionalInfo?: P;
  readonly companyName?: P;
  readonly city?: P;
  readonly county?: P;
  readonly region?: P;
  readonly postalCode?: P;
  readonly country?: P;
  readonly floor?: P;
  readonly room?: P;
  readonly latitude?: P;
  readonly longitude?: P;
}
