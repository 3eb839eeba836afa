import type { IdentityTroubleKind } from '#domain/identity/trouble.ts';

/** Milliseconds. Tests shorten them, nothing else does. */
export interface CredentialRules {
  /** A token is replaced when this share of its life is over. */
  readonly refreshShare: number;
  /** How long before the end of the grant people are told, longest first. */
  readonly foreseenMs: readonly number[];
  /** After how long each reminder follows the one before; the last one repeats. */
  readonly remindMs: readonly number[];
  /** The longest wait between two tries of what may be repaired from outside: in the first week, and later. */
  readonly healMs: readonly [number, number];
}

const hour = 3_600_000;
const day = 24 * hour;

export const credentialRules: CredentialRules = {
  refreshShare: 0.5,
  foreseenMs: [14 * day, 7 * day, 3 * day, day],
  remindMs: [0, hour, 4 * hour, 12 * hour, day],
  // Entra takes more than 15 equal requests in five minutes for a loop (AADSTS50196): with the jitter, which makes it up to a quarter sooner, these are ten.
  healMs: [40_000, 300_000],
};

/** How loud a reminder can get. */
const highestUrgency = 5;

/** What is known of a credential. Times are milliseconds since 1970 UTC. */
export interface HeldCredential {
  readonly signedIn: boolean;
  readonly permissions: readonly string[];
  /** When the present token was got. */
  readonly obtainedAt: number;
  readonly tokenExpiresAt?: number;
  readonly grantExpiresAt?: number;
  /** In [0, 1). */
  readonly jitter: number;
}

/** Trouble that a person has to end, and what they were told of it. */
export interface CredentialNeed {
  readonly kind: IdentityTroubleKind;
  readonly since: number;
  /** Not before then is it tried again. */
  readonly retryAt: number;
}

/** What was said to people about the present need, or about the end that is foreseen. */
export interface Reminded {
  readonly count: number;
  readonly at: number;
}

export type CredentialPlan =
  | { readonly do: 'refresh' }
  | { readonly do: 'remind'; readonly urgency: number }
  | { readonly do: 'foresee'; readonly urgency: number; readonly count: number }
  | { readonly do: 'wait'; readonly until: number; readonly next: 'refresh' | 'remind' | 'sign-in' };

/**
 * What to do about a credential now: a token is replaced at half of its life, people are reminded ever louder while they have to do something, and told days
 * before a grant ends. `quiet`: it was revoked on purpose, nobody is reminded.
 */
export function planCredential(
  known: {
    readonly held: HeldCredential | undefined;
    readonly need: CredentialNeed | undefined;
    readonly reminded: Reminded;
    readonly foreseen: number;
    readonly quiet: boolean;
  },
  rules: CredentialRules,
  now: number,
): CredentialPlan {
  const { held, need, reminded } = known;
  if (held === undefined) return { do: 'refresh' };
  if (known.quiet) return { do: 'wait', until: Number.POSITIVE_INFINITY, next: 'sign-in' };
  if (need !== undefined) {
    const remindAt = nextReminderAt(need, reminded, rules);
    if (remindAt <= now) return { do: 'remind', urgency: urgencyOf(reminded.count) };
    if (need.retryAt <= now) return { do: 'refresh' };
    return need.retryAt < remindAt
      ? { do: 'wait', until: need.retryAt, next: 'refresh' }
      : { do: 'wait', until: remindAt, next: 'remind' };
  }
  const foreseen = foreseenSteps(held.grantExpiresAt, rules, now);
  if (foreseen > known.foreseen) return { do: 'foresee', urgency: foreseen, count: foreseen };
  const refreshAt = refreshDueAt(held, rules);
  return refreshAt <= now ? { do: 'refresh' } : { do: 'wait', until: refreshAt, next: 'refresh' };
}

/** When a token is replaced: at half of its life, up to a tenth earlier. */
function refreshDueAt(held: HeldCredential, rules: CredentialRules): number {
  if (held.tokenExpiresAt === undefined) return held.obtainedAt;
  const life = Math.max(0, held.tokenExpiresAt - held.obtainedAt);
  return held.obtainedAt + life * rules.refreshShare * (1 - 0.1 * held.jitter);
}

/** When people are reminded again: only of what a person can end. */
export function nextReminderAt(need: CredentialNeed, reminded: Reminded, rules: CredentialRules): number {
  if (need.kind === 'back-off') return Number.POSITIVE_INFINITY;
  const after = rules.remindMs[Math.min(reminded.count, rules.remindMs.length - 1)] ?? 0;
  return (reminded.count === 0 ? need.since : reminded.at) + after;
}

/** How many of the marks before the end of a grant are passed: 0 for none. */
function foreseenSteps(grantExpiresAt: number | undefined, rules: CredentialRules, now: number): number {
  if (grantExpiresAt === undefined) return 0;
  return rules.foreseenMs.filter((before) => grantExpiresAt - before <= now).length;
}

function urgencyOf(count: number): number {
  return Math.min(highestUrgency, count + 1);
}
