import { type ActivityOptions, isCancellation, proxyActivities, proxyLocalActivities } from '@temporalio/workflow';
import type { SignInMethod } from '#domain/credentials/events.ts';
import type { PageOutcome } from '#domain/emergency/paging.ts';
import type { JsonObject } from '#kernel/json.ts';
import type { Feed, ReconcileReport, StateWord, SubscriptionSpec } from '#workflows/contract.ts';

/** Why an activity could not do it, in the words of the operator's list. */
export interface Trouble {
  readonly ok: false;
  readonly word: StateWord;
  /**
   * What that means for the workflow. `soon`: it passes by itself, the activity can wait for that (`patient`). `credential`: the credential has to be seen to
   * first. `later`: somebody has to do something, it is tried again every now and then. The others are for the caller to act on.
   */
  readonly kind: 'soon' | 'credential' | 'later' | 'gone' | 'conflict' | 'unknown-outcome';
  readonly code: string;
  readonly what: string;
  readonly next: string;
  /** Entra's class, where it is about a token. */
  readonly identity?: 'sign-in-again' | 'admin-must-act' | 'back-off' | 'our-fault';
  readonly retryAfterMs?: number;
  /** Graph's id of the subscription in the way. */
  readonly existingId?: string;
  /** Microsoft's id of the answer, for a support case: Graph's `request-id`, or Entra's correlation id. Nothing personal. */
  readonly supportId?: string;
}

/** The id alone, where there is one. */
export function supportIdOf({ supportId }: Pick<Trouble, 'supportId'>): Pick<Trouble, 'supportId'> {
  return supportId === undefined ? {} : { supportId };
}

/** A call that can be told to wait, inside the activity, for what passes by itself: no history grows meanwhile. */
export interface Patient {
  /** Code of the trouble that is waited out ({@link whatever} for any); another one is answered at once. */
  readonly patient?: string;
  /** The longest wait between two tries, milliseconds, of what only somebody elsewhere can repair; it was asked just before. */
  readonly everyMs?: number;
}

/** Waits out whatever passes by itself. */
export const whatever = '*';

/** One thing that was decided, on its way to the log. Its id is made of stream, run, number and type, so that repeating changes nothing. */
export interface Decision {
  /** The run that decided it: numbers begin anew after Temporal lost its history, or after an operator reset the workflow. */
  readonly run: string;
  /** 1 for the first of its type in that run. */
  readonly seq: number;
  /** When it was decided, milliseconds since 1970 UTC: the log may have been away since. */
  readonly at?: number;
  readonly type: string;
  readonly data: JsonObject;
}

export interface RecordInput {
  readonly stream: string;
  readonly decisions: readonly Decision[];
  /** The emergency that they belong to. */
  readonly emergencyId?: string;
}

/** What may be known of a credential outside the key store: nothing personal. Times are milliseconds since 1970 UTC. */
export interface CredentialFacts {
  readonly ok: true;
  readonly signedIn: boolean;
  readonly permissions: readonly string[];
  readonly tokenExpiresAt?: number;
  readonly grantExpiresAt?: number;
}

export interface SubscriptionCall extends Patient {
  readonly spec: SubscriptionSpec;
  /** How long a token must live that Graph is given. */
  readonly tokenLiveMs: number;
}

/** A subscription as Graph has it after a call. */
export interface LiveFacts {
  readonly ok: true;
  readonly graphId: string;
  readonly expiresAt: number;
  /** End of the token that Graph was given by this call. */
  readonly tokenExpiresAt?: number;
  readonly certificateId?: string;
  /** As in `HeldSubscription`. */
  readonly wider?: true;
}

export type Inspection =
  | { readonly ok: true; readonly found: 'none' }
  /** It stands in the way of ours and is not: another address, another content, a certificate whose key we lack. */
  | { readonly ok: true; readonly found: 'foreign'; readonly graphId: string; readonly why: string }
  | {
      readonly ok: true;
      readonly found: 'ours';
      readonly graphId: string;
      readonly expiresAt: number;
      readonly certificateId?: string;
      readonly wider?: true;
      /** What the log says of when Graph was last given a token for it. */
      readonly touchedAt?: number;
      readonly deliversUntil?: number;
    };

/**
 * All that workflows ask of the world. Arguments and results hold nothing personal and no secret but one: the address of `completeSignIn`, which serves once and for
 * minutes, and only with a verifier that never leaves the key store.
 */
export interface Activities {
  record(input: RecordInput): Promise<void>;

  refreshCredential(input: { readonly credential: Feed } & Patient): Promise<CredentialFacts | Trouble>;
  /** Runs until a person signed in, the code ran out, or it is cancelled. */
  signIn(input: {
    readonly credential: Feed;
    readonly method: SignInMethod;
    /** Told with its code: another sign-in may have been asked for meanwhile. */
    readonly signIn?: string;
  }): Promise<CredentialFacts | Trouble>;
  /** Finishes a `signIn` by browser that runs, wherever it does. */
  completeSignIn(input: { readonly credential: Feed; readonly address: string }): Promise<CredentialFacts | Trouble>;
  forgetCredential(input: { readonly credential: Feed } & Patient): Promise<{ readonly ok: true } | Trouble>;

  inspectSubscription(input: SubscriptionCall & { readonly graphId?: string }): Promise<Inspection | Trouble>;
  /** `creation` names this creation: repeated, it takes the same client state and certificate. */
  createSubscription(
    input: SubscriptionCall & {
      readonly creation: string;
      readonly lifeMs: number;
      readonly certificateId?: string;
      readonly wider?: boolean;
    },
  ): Promise<LiveFacts | Trouble>;
  renewSubscription(
    input: SubscriptionCall & { readonly graphId: string; readonly lifeMs: number; readonly certificateId?: string },
  ): Promise<LiveFacts | Trouble>;
  reauthoriseSubscription(
    input: SubscriptionCall & { readonly graphId: string },
  ): Promise<{ readonly ok: true; readonly tokenExpiresAt?: number } | Trouble>;
  deleteSubscription(
    input: { readonly credential: Feed; readonly graphId: string } & Patient,
  ): Promise<{ readonly ok: true } | Trouble>;
  /** Removes the client states of an entity that has ended. */
  forgetSubscription(input: { readonly id: string } & Patient): Promise<{ readonly ok: true } | Trouble>;

  /** One attempt to page over every channel, with or without the log; `not-needed` when that says that somebody acted. */
  page(input: {
    readonly emergencyId: string;
    readonly attempt: number;
    readonly urgency: number;
    /** This run knows of no attempt before it: `attempt` counts on from those on record, and is as loud. */
    readonly begins?: boolean;
    /** As last known, for a page while the log cannot be read. Absent, of a build before this one: then the log is waited for. */
    readonly test?: boolean;
  }): Promise<PageDone>;

  reconcileFeed(input: { readonly feed: Feed }): Promise<ReconcileReport>;
}

type PageDone =
  | { readonly kind: 'not-needed'; readonly status?: 'acknowledged' | 'resolved' }
  | {
      readonly kind: 'paged';
      readonly pages: readonly Page[];
      readonly test: boolean;
      /** Which one it was. */
      readonly attempt?: number;
      /** The log could not be read. */
      readonly unread?: true;
    };

/** One attempt over one channel. */
export interface Page {
  readonly channel: string;
  readonly outcome: PageOutcome;
  /** For operators: `HTTP 503`, `timeout`. Nothing personal. */
  readonly detail: string;
}

/** A worker that died is noticed by the missing heartbeat: every activity beats every few seconds. */
const heartbeatTimeout = '10s';

/** What is called once: it is tried again only when its worker died, or a surprise was thrown. */
const once: ActivityOptions = {
  startToCloseTimeout: '2m',
  heartbeatTimeout,
  retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '15s' },
};
const proxied = proxyActivities<Pick<Activities, keyof Activities>>(once);

/** Calls an activity under a summary that the history shows. */
export function activity<Name extends keyof Activities>(
  name: Name,
  summary: string,
  input: Parameters<Activities[Name]>[0],
  options: ActivityOptions = {},
): ReturnType<Activities[Name]> {
  const call = proxied[name] as unknown as {
    executeWithOptions(options: ActivityOptions, args: readonly unknown[]): ReturnType<Activities[Name]>;
  };
  return call.executeWithOptions({ ...once, ...options, summary }, [input]);
}

/** Longer than a log takes that is there; a workflow hears nothing else meanwhile. */
const local = proxyLocalActivities<Pick<Activities, 'record'>>({
  startToCloseTimeout: '3s',
  retry: { maximumAttempts: 1 },
});

/**
 * Puts decisions on record within the workflow's own step, which spares Temporal a task and three events for each; where the log does not answer at once, by an activity
 * that tries until it does. A step that is lost with its worker records them again, under the same ids.
 */
export async function record(summary: string, input: RecordInput): Promise<void> {
  try {
    await local.record.executeWithOptions({ summary }, [input]);
  } catch (error) {
    // What a local activity failed of is thrown as it is, not as an ActivityFailure.
    if (isCancellation(error)) throw error;
    await activity('record', summary, input);
  }
}

/** Waits inside the activity, which is tried again every few seconds; given up after `forMs` so that the workflow can think again. */
export function patience(forMs: number): ActivityOptions {
  return { scheduleToCloseTimeout: Math.max(1_000, Math.round(forMs)) };
}

/** Runs as long as a person needs; a new code is asked for when its worker died. Cancelled, it is over only when nobody polls for a grant any more. */
export const waitsForPerson: ActivityOptions = {
  startToCloseTimeout: '2h',
  cancellationType: 'WAIT_CANCELLATION_COMPLETED',
};
