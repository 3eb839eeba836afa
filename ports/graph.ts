import type { JsonObject } from '#kernel/json.ts';
import type { IdentityFailure } from '#ports/identity.ts';

/** What Tocsin asks of Microsoft Graph, with one credential. Every call has a timeout, retries what may be retried, and says what came of it. */
export interface Graph {
  createSubscription(request: SubscriptionRequest): Promise<GraphResult<GraphSubscription>>;
  /** PATCH: renews and reauthorises at once. Never within ten minutes of `reauthorizeSubscription`. */
  renewSubscription(id: string, change: SubscriptionChange): Promise<GraphResult<GraphSubscription>>;
  /** POST …/reauthorize: a new token without a new end. */
  reauthorizeSubscription(id: string): Promise<GraphResult<undefined>>;
  /** Fine where it is gone already. */
  deleteSubscription(id: string): Promise<GraphResult<undefined>>;
  getSubscription(id: string): Promise<GraphResult<GraphSubscription>>;
  /** Of this application, all pages. */
  listSubscriptions(): Promise<GraphResult<readonly GraphSubscription[]>>;
  /** The signed-in user; delegated only. */
  me(): Promise<GraphResult<{ readonly id: string; readonly userPrincipalName: string }>>;
  /** Chats of the signed-in user that had a message at or after `since` (milliseconds since 1970 UTC), newest first. Delegated only. */
  chats(since: number): Promise<GraphResult<readonly { readonly id: string; readonly lastMessageAt?: string }[]>>;
  /** Messages of one chat with `since <= createdDateTime or lastModifiedDateTime < until`, as Graph gives them. */
  messages(chatId: string, since: number, until: number): Promise<GraphResult<readonly JsonObject[]>>;
  /** One message, as Graph gives it. */
  message(chatId: string, messageId: string): Promise<GraphResult<JsonObject>>;
}

export interface SubscriptionRequest {
  /** Comma separated, such as `created,updated`. */
  readonly changeType: string;
  readonly resource: string;
  readonly notificationUrl: string;
  readonly lifecycleNotificationUrl: string;
  /** At most 128 characters. Secret. */
  readonly clientState: string;
  /** Milliseconds since 1970 UTC. */
  readonly expiresAt: number;
  /** Rich notifications only. */
  readonly encryption?: EncryptionCertificate;
  /** Of a vault's secret with a storage account's connection string: there Graph puts what is too large for the hub. */
  readonly blobStoreUrl?: string;
}

export interface EncryptionCertificate {
  /** At most 128 characters; comes back as `encryptionCertificateId`. */
  readonly id: string;
  /** Base64 of the X.509 certificate in DER, public part only. */
  readonly certificate: string;
}

export interface SubscriptionChange {
  readonly expiresAt: number;
  readonly encryption?: EncryptionCertificate;
  readonly notificationUrl?: string;
}

export interface GraphSubscription {
  readonly id: string;
  readonly resource: string;
  readonly changeType: string;
  readonly notificationUrl: string;
  readonly lifecycleNotificationUrl?: string;
  readonly includeResourceData: boolean;
  readonly encryptionCertificateId?: string;
  /** Milliseconds since 1970 UTC. */
  readonly expiresAt: number;
  readonly applicationId?: string;
}

export type GraphResult<T> =
  | { readonly ok: true; readonly value: T /** Graph's `request-id`. */; readonly requestId?: string }
  | GraphFailure;

/** `detail` is for operators: Graph's own message without anything personal or secret in it. */
export type GraphFailure =
  | IdentityFailure
  | (GraphFailureContext & {
      readonly reason: /** 401: the token is not taken. */
        | 'unauthorised'
        /** 403: a permission is missing. */
        | 'forbidden'
        /** 403 with a limit in its message. */
        | 'quota'
        /** 404, 410. */
        | 'not-found'
        /** 400 and other refusals: the same again would be refused again. */
        | 'rejected'
        /** 5xx after sending, network, timeout of a call that may have been carried out. */
        | 'unknown-outcome';
    })
  | (GraphFailureContext & {
      readonly reason: 'conflict' /** Of the subscription that is there, where Graph says it. */;
      readonly existingId?: string;
    })
  | (GraphFailureContext & {
      readonly reason: 'throttled' /** 5xx, network, our timeout, for a call that is safe to repeat. */ | 'unavailable';
      /** As Graph asks, where it does. */
      readonly retryAfterMs?: number;
    });

interface GraphFailureContext {
  readonly ok: false;
  readonly detail: string;
  /** HTTP status, where there was an answer. */
  readonly status?: number;
  /** Graph's `error.code`. */
  readonly code?: string;
  readonly requestId?: string;
}
