import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { SignInMethod } from '#domain/credentials/events.ts';
import type { CredentialRules, HeldCredential } from '#domain/credentials/plan.ts';
import type { PageOutcome, PagingRules } from '#domain/emergency/paging.ts';
import type { HeldSubscription, SubscriptionRules } from '#domain/subscriptions/plan.ts';

// What clients and workflows say to each other. Names of ids, types, signals, updates, queries and search attributes are stored in the clear by Temporal: nothing
// personal or secret may be in any of them.

export const taskQueue = 'tocsin';

/** Names of the workflow types. */
export const workflowTypes = {
  credential: 'credential',
  subscription: 'subscription',
  escalation: 'escalation',
  reconcile: 'reconcile',
} as const;

export type Feed = 'chat' | 'events';

export const reconcileWorkflowId = 'reconcile';

export function credentialWorkflowId(credential: Feed): string {
  return `credential/${credential}`;
}

/** @param id `chat`, or `events/<slug of the policy>` */
export function subscriptionWorkflowId(id: string): string {
  return `subscription/${id}`;
}

export function escalationWorkflowId(emergencyId: string): string {
  return `escalation/${emergencyId}`;
}

/** The entity's stream in the event log: its workflow id with `-` for `/`. */
export function streamOf(workflowId: string): string {
  return workflowId.replaceAll('/', '-');
}

/** What an operator reads in the list of Temporal's pages. */
export const stateWords = [
  'ok',
  'renewing',
  'waiting-for-sign-in',
  'sign-in-again',
  'admin-must-act',
  'graph-away',
  'key-store-away',
  'throttled',
  'quota',
  'gone',
  'our-fault',
  'retiring',
  'retired',
  'paging',
  'acknowledged',
  'resolved',
  'over',
] as const;
export type StateWord = (typeof stateWords)[number];

/** Search attributes; registered by the worker. They are stored in the clear. */
export const searchAttributes = {
  state: defineSearchAttributeKey('TocsinState', SearchAttributeType.KEYWORD),
  expiresAt: defineSearchAttributeKey('TocsinExpiresAt', SearchAttributeType.DATETIME),
  feed: defineSearchAttributeKey('TocsinFeed', SearchAttributeType.KEYWORD),
  kind: defineSearchAttributeKey('TocsinKind', SearchAttributeType.KEYWORD),
} as const;

/** Is it well, until when, what next: what details, queries and pages show. Times are milliseconds since 1970 UTC. */
export interface Status {
  readonly state: StateWord;
  /** Since when it is in that state. */
  readonly since: number;
  readonly what: string;
  readonly next: string;
  /** Until when it works as things are. */
  readonly until?: number;
}

// --- Credential --------------------------------------------------------------------------------------------------------------------------

export interface CredentialSpec {
  readonly id: Feed;
  readonly kind: 'delegated' | 'application';
  /** How it signs in when nobody says otherwise. */
  readonly method: SignInMethod;
  /** Workflow ids of the subscriptions that use it: they are told when it works again. */
  readonly dependents: readonly string[];
  readonly rules?: Partial<CredentialRules>;
  readonly maxHistory?: number;
}

/** A code that waits for a person. The code of a browser sign-in is empty: the address is all. */
export interface PendingCode {
  readonly method: 'device-code' | 'browser';
  readonly userCode: string;
  readonly verificationUri: string;
  readonly expiresAt: number;
}

/** As it is told by the activity of a sign-in. */
export interface ShownCode extends PendingCode {
  /** Which sign-in it belongs to; absent, of a build before this one: the one that runs. */
  readonly signIn?: string;
}

export interface CredentialView extends Status {
  readonly spec: CredentialSpec;
  readonly held?: HeldCredential;
  readonly pending?: PendingCode;
  readonly signingIn: boolean;
}

export const configureCredential = defineSignal<[CredentialSpec]>('configureCredential');
export const codeShown = defineSignal<[ShownCode]>('codeShown');
export const requestSignIn = defineUpdate<
  void,
  [{ readonly method?: 'device-code' | 'browser'; readonly why: string }]
>('requestSignIn');
/** `address`: secret, where the browser ended at the end of a sign-in. Refused, and then in no history, where it is not that of the sign-in that waits. */
export const completeSignIn = defineUpdate<void, [{ readonly address: string }]>('completeSignIn');
export const cancelSignIn = defineUpdate<void>('cancelSignIn');
export const refreshNow = defineUpdate<void>('refreshNow');
/** A subscription got no token: sent by its activity, as the credential itself looks only at half of a token's life. */
export const tokenRefused = defineSignal('tokenRefused');
export const revokeCredential = defineUpdate<void, [{ readonly why: string }]>('revokeCredential');
export const retireCredential = defineUpdate<void>('retireCredential');
export const credentialView = defineQuery<CredentialView>('credentialView');

// --- Subscription ------------------------------------------------------------------------------------------------------------------------

export interface SubscriptionSpec {
  /** `chat`, or `events/<slug>`. */
  readonly id: string;
  readonly feed: Feed;
  /** Name of the Teams emergency calling policy; events feed only. */
  readonly policy?: string;
  readonly credential: Feed;
  readonly apiVersion: 'v1.0' | 'beta';
  readonly content: 'rich' | 'basic';
  readonly rules?: Partial<SubscriptionRules>;
  readonly maxHistory?: number;
}

export interface SubscriptionView extends Status {
  readonly spec: SubscriptionSpec;
  readonly held?: HeldSubscription;
  /** Until when Graph delivers. */
  readonly deliversUntil?: number;
  /** What comes next when nothing happens, and when. */
  readonly plan?: { readonly do: string; readonly at: number };
  /** True while something is being done about it. */
  readonly busy: boolean;
}

/** A lifecycle notice of Graph; `at` is when the hub got it. */
export interface LifecycleNotice {
  readonly kind: 'reauthorizationRequired' | 'subscriptionRemoved' | 'missed';
  /** Absent where the notice did not say which subscription it is about. */
  readonly graphId?: string;
  readonly at: number;
}

export type RetireCause = 'policy-gone' | 'shutdown';

/** What came of a command: done, or when Graph's ten-minute rule allows it. */
export interface Accepted {
  readonly at: number;
}

export const configureSubscription = defineSignal<[SubscriptionSpec]>('configureSubscription');
export const lifecycleNotice = defineSignal<[LifecycleNotice]>('lifecycleNotice');
export const credentialReady = defineSignal('credentialReady');
export const checkNow = defineSignal('checkNow');
export const renewNow = defineUpdate<Accepted>('renewNow');
export const recreateNow = defineUpdate<Accepted>('recreateNow');
export const retireSubscription = defineUpdate<void, [{ readonly cause: RetireCause }]>('retireSubscription');
export const subscriptionView = defineQuery<SubscriptionView>('subscriptionView');

// --- Escalation --------------------------------------------------------------------------------------------------------------------------

export interface EscalationInput {
  readonly emergencyId: string;
  /** A test call is paged once, marked. */
  readonly test: boolean;
  readonly rules?: Partial<PagingRules>;
  /** How long one attempt is repeated before the next one is made: milliseconds. */
  readonly attemptMs?: number;
  readonly maxHistory?: number;
  /** Carried from one run to the next. */
  readonly carried?: { readonly began: number; readonly attempt: number; readonly last?: PageOutcome };
}

export interface EscalationView extends Status {
  readonly emergencyId: string;
  readonly attempts: number;
  readonly last?: PageOutcome;
}

export const acknowledged = defineSignal('acknowledged');
export const resolved = defineSignal('resolved');
/** A further report says that what looked like a test call is a real one. */
export const turnedReal = defineSignal('turnedReal');
export const escalationView = defineQuery<EscalationView>('escalationView');

// --- Reconcile ---------------------------------------------------------------------------------------------------------------------------

/** What one round found and did. */
export interface ReconcileReport {
  /** Graph's ids of subscriptions of ours that nobody knew, now deleted. */
  readonly removed: readonly string[];
  /** Ids of entities that were told to look, because Graph does not list what they hold. */
  readonly told: readonly string[];
  /** Ids of entities without a live subscription. */
  readonly uncovered: readonly string[];
  /** Why a feed could not be looked at. */
  readonly failed: readonly { readonly feed: Feed; readonly what: string }[];
}

export const reconcileReport = defineQuery<ReconcileReport | undefined>('reconcileReport');

/** What each handler is for: shown on the pages of Temporal. */
export const descriptions = {
  configureCredential: { description: 'The settings say how this credential is got and who uses it.' },
  codeShown: { description: 'A code waits for a person (sent by the activity that asked for it).' },
  requestSignIn: {
    description: 'Start a sign-in. The code appears in the details and in the query.',
  },
  completeSignIn: { description: 'Here is the address at which the browser of a sign-in by browser ended.' },
  cancelSignIn: { description: 'End the sign-in that is under way.' },
  tokenRefused: { description: 'A subscription got no token: look now (sent by its activity).' },
  refreshNow: { description: 'Get a new token now.' },
  revokeCredential: { description: 'Forget the grant, so that it is never used again.' },
  retireCredential: { description: 'Forget the grant and end: this feed is no longer wanted.' },
  credentialView: { description: 'Is it well, until when, what next; and the code that waits.' },
  configureSubscription: { description: 'The settings say what this subscription is of.' },
  lifecycleNotice: { description: 'Graph says that it wants a token, or that the subscription is gone.' },
  credentialReady: { description: 'The credential works again, or is another one: try now.' },
  checkNow: { description: 'Look at Graph whether it is still there.' },
  renewNow: { description: 'Renew now, or as soon as Graph allows it (never twice within ten minutes); answers when.' },
  recreateNow: { description: 'Delete it at Graph and create it anew, with a new client state.' },
  retireSubscription: { description: 'Delete it at Graph and end: it is no longer wanted.' },
  subscriptionView: { description: 'Is it well, until when, what next.' },
  acknowledged: { description: 'Somebody took the emergency: page no more.' },
  resolved: { description: 'Somebody closed the emergency: page no more.' },
  turnedReal: { description: 'It is no test call: page as for a real one, now.' },
  escalationView: { description: 'How often was paged, how that ended, what comes next.' },
  reconcileReport: { description: 'What this round found and did so far.' },
} as const;
