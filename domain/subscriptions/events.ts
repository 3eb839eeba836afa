/** What is on record of a subscription at Graph, in `subscription-<id>`. The id is ours and stays when Graph's changes. Times are ISO 8601 UTC. */
export type SubscriptionEvent =
  | { readonly type: 'SubscriptionCreated'; readonly data: LiveSubscription & { readonly why: string } }
  /** It was there already, and it is ours. */
  | { readonly type: 'SubscriptionAdopted'; readonly data: LiveSubscription }
  | {
      readonly type: 'SubscriptionRenewed';
      readonly data: LiveSubscription & { readonly by: 'renewal' | 'reauthorisation' };
    }
  /** Graph was asked, and has it still; no new token was given. */
  | { readonly type: 'SubscriptionConfirmed'; readonly data: LiveSubscription }
  | {
      /** Written when trouble begins or changes, not at every attempt. */
      readonly type: 'SubscriptionTroubled';
      readonly data: SubscriptionIdentity & {
        readonly code: string;
        readonly what: string;
        readonly next: string;
      };
    }
  /** Graph does not have it any more, or said that it will not deliver. */
  | {
      readonly type: 'SubscriptionLost';
      readonly data: SubscriptionIdentity & {
        readonly graphId: string;
        readonly cause: 'expired' | 'removed' | 'not-found' | 'replaced';
      };
    }
  /** We ended it. */
  | {
      readonly type: 'SubscriptionRemoved';
      readonly data: SubscriptionIdentity & {
        readonly graphId: string;
        readonly cause: 'orphan' | 'policy-gone' | 'shutdown' | 'replaced' | 'recreated';
      };
    };

export interface SubscriptionIdentity {
  readonly feed: 'chat' | 'events';
  /** Name of the Teams emergency calling policy; events feed only. */
  readonly policy?: string;
}

export interface LiveSubscription extends SubscriptionIdentity {
  /** Graph's id. */
  readonly graphId: string;
  readonly apiVersion: 'v1.0' | 'beta';
  readonly content: 'rich' | 'basic';
  readonly expiresAt: string;
  /** Until when Graph delivers: the end of the token that it was given, or of the subscription. */
  readonly deliversUntil: string;
  readonly encryptionCertificateId?: string;
}
