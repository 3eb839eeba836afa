import { ApplicationFailure, Context } from '@temporalio/activity';
import { healsFromOutside } from '#domain/credentials/retry.ts';
import type { IdentityTrouble } from '#domain/identity/trouble.ts';
import { assertNever } from '#kernel/assert-never.ts';
import type { GraphFailure } from '#ports/graph.ts';
import type { IdentityFailure } from '#ports/identity.ts';
import type { Ids } from '#ports/ids.ts';
import type { KeyStoreFailure } from '#ports/key-store.ts';
import { type Patient, type Trouble, whatever } from '#workflows/definitions/activities.ts';

type Failure = GraphFailure | IdentityFailure | KeyStoreFailure;

const longestRetryMs = 15_000;
const adminRetryMs = 40_000;

/** What a failure means for a workflow and for operators. @param of `graph` for failures of calls to Graph: an `unavailable` is then Graph's */
export function troubleOf(failure: Failure, of: 'graph' | 'key-store'): Trouble {
  return { ...meaningOf(failure, of), ...supportedBy('requestId' in failure ? failure.requestId : undefined) };
}

function meaningOf(failure: Failure, of: 'graph' | 'key-store'): Trouble {
  switch (failure.reason) {
    case 'identity':
      return identityTrouble(failure.trouble, of === 'graph');
    case 'unauthorised':
      return {
        ...make(
          'sign-in-again',
          // A new token was tried: nobody may ever say that the credential works again, as where a clock is wrong it never ceased to.
          'later',
          failure.code ?? '401',
          `Graph does not take the token: ${failure.detail}.`,
        ),
        next: 'It is tried with a new token within a minute; if that does not help, check the clock of this machine, then sign in again: `tocsin sign-in`.',
      };
    case 'forbidden':
      return {
        ...make('admin-must-act', 'later', failure.code ?? '403', `Graph refuses it: ${failure.detail}.`),
        next: 'An administrator has to consent to the permissions (Entra admin center › Enterprise applications › Permissions).',
      };
    case 'quota':
      return {
        ...make('quota', 'later', failure.code ?? 'quota', `A limit of Graph is reached: ${failure.detail}.`),
        next: 'Delete subscriptions that nobody needs (10 per user for all chats, 10,000 per organisation); it is tried again within a minute.',
      };
    case 'throttled':
      return {
        ...make('throttled', 'soon', failure.code ?? '429', `Graph asks to slow down: ${failure.detail}.`),
        next: 'Nothing: it is tried again by itself.',
        ...retryAfterOf(failure),
      };
    case 'not-found':
      return { ...make('gone', 'gone', failure.code ?? '404', 'Graph does not have it.'), next: 'It is made anew.' };
    case 'conflict':
      return {
        ...make('renewing', 'conflict', failure.code ?? '409', 'Graph has one for this resource already.'),
        next: 'It is looked at.',
        ...(failure.existingId === undefined ? {} : { existingId: failure.existingId }),
      };
    case 'rejected':
      return {
        ...make('our-fault', 'later', failure.code ?? '400', `Graph does not accept the request: ${failure.detail}.`),
        next: 'Check the notification URL, the policy name and the certificate (`tocsin doctor`); it is tried again within a minute.',
      };
    case 'unavailable':
      return of === 'graph'
        ? {
            ...make('graph-away', 'soon', 'graph-away', `Microsoft Graph does not answer: ${failure.detail}.`),
            next: 'Nothing: it is tried again by itself.',
            ...retryAfterOf(failure),
          }
        : {
            ...make('key-store-away', 'soon', 'key-store-away', `The key store does not answer: ${failure.detail}.`),
            next: 'See to the key store; it is tried again by itself.',
          };
    case 'unknown-outcome':
      return {
        ...make(
          'graph-away',
          'unknown-outcome',
          'unknown-outcome',
          `Nobody knows whether Graph did it: ${failure.detail}.`,
        ),
        next: 'It is looked at.',
      };
    default:
      return assertNever(failure);
  }
}

function retryAfterOf(failure: { readonly retryAfterMs?: number } | KeyStoreFailure): Pick<Trouble, 'retryAfterMs'> {
  return 'retryAfterMs' in failure && failure.retryAfterMs !== undefined ? { retryAfterMs: failure.retryAfterMs } : {};
}

/** Of a call that is not about one subscription: what Graph does not have is what was to be watched, or who asks. */
export function withoutTarget(failure: GraphFailure): Trouble {
  const trouble = troubleOf(failure, 'graph');
  if (failure.reason !== 'not-found') return trouble;
  return {
    ...trouble,
    ...{
      word: 'admin-must-act',
      kind: 'later',
      what: 'Graph does not know the emergency calling policy, or the user.',
    },
    next: 'Check the name of the policy and that the service user exists; it is tried again within a minute.',
  };
}

/** What Graph refuses may be a topic that it may not make: nobody has documented how it says so, so that is looked at as well. */
export function withoutTopic({ reason }: GraphFailure, trouble: Trouble): Trouble {
  if (reason !== 'forbidden' && reason !== 'rejected' && reason !== 'not-found') return trouble;
  const look =
    'See too whether Graph is still authorised as a partner of Event Grid in the resource group (`eventGridUntil` of the stack).';
  return { ...trouble, next: `${trouble.next} ${look}` };
}

/** @param held true where the token was asked for on the way to Graph: then the credential sees to it, and says when it works again */
export function identityTrouble(trouble: IdentityTrouble, held = false): Trouble {
  const { kind, code, what, next, retryAfterMs, correlationId, traceId } = trouble;
  const passes = kind === 'back-off' || kind === 'admin-must-act';
  return {
    ok: false,
    word: kind === 'back-off' ? (/429|90055|throttl/i.test(code) ? 'throttled' : 'graph-away') : kind,
    kind: kind === 'back-off' ? 'soon' : held ? 'credential' : passes ? 'soon' : 'later',
    ...{ code, what, next, identity: kind },
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    ...supportedBy(correlationId ?? traceId),
  };
}

/** Of a credential's own calls: what may heal from outside is tried again, as what passes by itself is. */
export function maybeHealing(trouble: Trouble): Trouble {
  const { identity: kind, code } = trouble;
  return kind !== undefined && healsFromOutside({ kind, code }) ? { ...trouble, kind: 'soon' } : trouble;
}

/** It comes from outside and goes on record: what is no id is left out. */
function supportedBy(id: string | undefined): Pick<Trouble, 'supportId'> {
  return id !== undefined && /^[\w.:-]{1,128}$/.test(id) ? { supportId: id } : {};
}

function make(word: Trouble['word'], kind: Trouble['kind'], code: string, what: string) {
  // What others say of a failure may end in a full stop of its own.
  return { ok: false as const, word, kind, code, what: what.replace(/\.+$/, '.') };
}

/**
 * Hands a trouble to the workflow, or waits it out: throws so that Temporal calls the activity again, later and later, which costs no history. Graph's own
 * `Retry-After` is kept.
 */
export function answerOrWait(ids: Ids, { patient, everyMs }: Patient, trouble: Trouble): Trouble {
  if (trouble.kind !== 'soon' || (patient !== whatever && patient !== trouble.code)) return trouble;
  const { attempt } = Context.current().info;
  const backOffMs = Math.min(longestRetryMs, 500 * 2 ** Math.min(attempt, 10));
  const regular =
    trouble.identity === 'back-off'
      ? backOffMs
      : (everyMs ?? (trouble.identity === undefined ? backOffMs : adminRetryMs));
  throw again(ids, trouble.what, trouble.code, regular, trouble.retryAfterMs);
}

/** The first try of one that is to be asked every now and then, and was asked just before: it waits first. */
export function waitFirst(ids: Ids, { patient, everyMs }: Patient): void {
  if (everyMs === undefined || patient === undefined || Context.current().info.attempt > 1) return;
  throw again(ids, 'It was asked a moment ago.', patient, everyMs);
}

function again(ids: Ids, message: string, type: string, regularMs: number, atLeastMs = 0): ApplicationFailure {
  const nextRetryDelay = Math.max(atLeastMs, regularMs) * (0.75 + ids.fraction() / 4);
  return ApplicationFailure.create({
    ...{ message, type, nonRetryable: false },
    nextRetryDelay: Math.max(atLeastMs, Math.round(nextRetryDelay)),
  });
}
