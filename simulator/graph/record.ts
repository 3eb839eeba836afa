/** What a subscription is for ("Change notifications overview", supported resources). */
export type Target =
  | { readonly kind: 'user-chats'; readonly userId: string }
  | { readonly kind: 'chat'; readonly chatId: string }
  | { readonly kind: 'all-chats' }
  | { readonly kind: 'emergency'; readonly policy: string };

export type LifecycleEvent = 'reauthorizationRequired' | 'subscriptionRemoved' | 'missed';

/** A subscription as simulated Graph keeps it. Times are milliseconds since 1970 UTC. */
export interface SubscriptionRecord {
  readonly id: string;
  /** Application that made it: nobody else sees it. */
  readonly applicationId: string;
  /** Object id of the signed-in user, or id of the application. */
  readonly creatorId: string;
  /** Signed-in user of a delegated token. */
  readonly userId?: string;
  readonly apiVersion: 'v1.0' | 'beta';
  /** As it was asked for. */
  readonly resource: string;
  /** The same in one spelling, with query: what duplicates are told by. */
  readonly canonical: string;
  readonly target: Target;
  readonly changeTypes: readonly string[];
  readonly notificationUrl: string;
  readonly lifecycleNotificationUrl?: string;
  readonly clientState?: string;
  readonly includeResourceData: boolean;
  readonly encryptionCertificate?: string;
  readonly encryptionCertificateId?: string;
  readonly latestSupportedTlsVersion: string;
  /** Secret in a vault with the connection string of the storage for what is too large. Kept, never shown, and nothing is put there. */
  readonly blobStoreUrl?: string;
  readonly createdAt: number;
  readonly expiresAt: number;
  /** End of the token that came with the last creation, renewal or reauthorisation: until then it is delivered. */
  readonly tokenExpiresAt: number;
  readonly renewedAt?: number;
  readonly reauthorizedAt?: number;
  /** Not before then another lifecycle notice. */
  readonly nextLifecycleAt?: number;
  /** Since when delivery pauses. */
  readonly pausedAt?: number;
  /** When it ended and why; such a record is only remembered, for the fault that lists it. */
  readonly gone?: { readonly at: number; readonly cause: 'expired' | 'deleted' | 'removed' | 'vanished' };
}

export function feedOf(target: Target): 'chat' | 'events' {
  return target.kind === 'emergency' ? 'events' : 'chat';
}

/** Longest life: chat messages 4,320 minutes ("Change notifications overview"), emergency events one day (their own page). */
export function longestLife(target: Target): number {
  return (target.kind === 'emergency' ? 1_440 : 4_320) * 60_000;
}
