/** What an operator asks about sign-in, subscriptions and the watch, and what can be done about them; the composition root satisfies it. Times are ISO 8601 UTC. */
export interface Subscribing {
  credentials(): Promise<readonly CredentialView[]>;
  subscriptions(): Promise<readonly SubscriptionView[]>;
  /** What is known of `[from, to)`; milliseconds since 1970 UTC. */
  watch(from: number, to: number): Promise<WatchReport>;
  /** Begins a sign-in and waits for what the person needs: a code, or an address. */
  signIn(id: string, method: SignInMethod | undefined): Promise<Started<PendingSignIn>>;
  /** Finishes a sign-in by browser; what becomes of it is in `credentials`. @param address secret: where the browser ended */
  completeSignIn(id: string, address: string): Promise<Started<undefined>>;
  /** Forgets the grant here; answers when that is on record, or says that it is still under way. */
  revoke(id: string, why: string): Promise<Started<RevocationView>>;
  renew(id: string): Promise<Started<RenewalView | undefined>>;
  /** Deletes it at Graph and makes a new one. */
  recreate(id: string): Promise<Started<undefined>>;
  /** Ends every subscription at Graph and forgets every sign-in: the tenant is given up. Repeated until `ended`. */
  leave(): Promise<Started<LeavingView>>;
}

/** A renewal that was asked for. */
export interface RenewalView {
  readonly started: true;
  /** When it comes; absent: at once. Graph does not allow it within ten minutes of the last time. */
  readonly at?: string;
}

/** A revocation that was asked for. */
export interface RevocationView {
  readonly started: true;
  /** False: something of it is still under way, as a sign-in that waits for somebody has to be called off first. */
  readonly recorded: boolean;
}

/** How far leaving has come. */
export interface LeavingView {
  readonly ended: boolean;
  /** What this request ended: ids. */
  readonly subscriptions: readonly string[];
  readonly credentials: readonly string[];
  /** What is still there, and why. */
  readonly waiting: readonly { readonly id: string; readonly what: string; readonly next: string }[];
}

export type SignInMethod = 'device-code' | 'browser';

export type Started<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly reason: 'not-found' }
  /** Temporal is off, away, or nobody works there. */
  | { readonly ok: false; readonly reason: 'workflows-away'; readonly detail: string }
  | { readonly ok: false; readonly reason: 'refused'; readonly detail: string };

/** What a person needs to sign in. */
export interface PendingSignIn {
  readonly method: SignInMethod;
  /** What is typed in; absent for a sign-in in the browser. */
  readonly userCode?: string;
  readonly verificationUri: string;
  readonly expiresAt: string;
}

export interface CredentialView {
  readonly id: string;
  readonly feed: string;
  readonly state: string;
  /** In plain words. */
  readonly word: string;
  readonly since?: string;
  /** What became of the last sign-in that was asked for, `waiting`, `worked` or `failed`; a grant from before serves meanwhile. */
  readonly signIn?: string;
  readonly signInAt?: string;
  /** Why it failed, and what to do then, in plain words. */
  readonly signInWord?: string;
  readonly lastProofAt?: string;
  readonly tokenExpiresAt?: string;
  /** When the sign-in ends if nothing is done. */
  readonly grantExpiresAt?: string;
  readonly next?: string;
  /** Microsoft's id of what went wrong last, for a support case. */
  readonly supportId?: string;
  /** How often people were reminded of what they have to do, how urgently the last time (1 to 5), and when. */
  readonly reminders?: number;
  readonly remindedUrgency?: number;
  readonly remindedAt?: string;
  readonly permissions: readonly PermissionView[];
  readonly pending?: PendingSignIn;
}

/** One permission: what it is for, whether it is there, and whether it should be. */
export interface PermissionView {
  readonly name: string;
  readonly granted: boolean;
  readonly needed: boolean;
  readonly reason: string;
}

export interface SubscriptionView {
  readonly id: string;
  readonly feed: string;
  readonly policy?: string;
  readonly state: string;
  readonly word: string;
  readonly since?: string;
  readonly lastProofAt?: string;
  readonly graphId?: string;
  readonly apiVersion?: string;
  readonly content?: string;
  readonly certificateId?: string;
  readonly expiresAt?: string;
  /** Until when Graph delivers without a new token. */
  readonly deliversUntil?: string;
  readonly next?: string;
  /** Graph's or Entra's id of what went wrong last, for a support case. */
  readonly supportId?: string;
}

/** When each feed was provably watched. */
export interface WatchReport {
  readonly from: string;
  readonly to: string;
  readonly feeds: readonly WatchedFeed[];
}

export interface WatchedFeed {
  readonly feed: string;
  readonly policy?: string;
  /** How it is now. */
  readonly watching: boolean;
  /** Nobody wants it watched any more, as a policy that the settings do not name: it is shown for the time before. */
  readonly left?: boolean;
  readonly lastProofAt?: string;
  /** Seconds of the time asked about, in which it was watched, was not, and of which there is no record. */
  readonly watchedSeconds: number;
  readonly gapSeconds: number;
  readonly unknownSeconds: number;
  /** Oldest first; each within the time asked about. */
  readonly spans: readonly WatchedSpan[];
}

export interface WatchedSpan {
  readonly watching: boolean;
  readonly from: string;
  readonly to: string;
  /** It goes on. */
  readonly open: boolean;
  readonly cause?: string;
  /** The cause in plain words. */
  readonly word?: string;
}
