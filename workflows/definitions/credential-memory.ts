import type { SignInMethod } from '#domain/credentials/events.ts';
import {
  type CredentialNeed,
  type CredentialPlan,
  type CredentialRules,
  credentialRules,
  type HeldCredential,
  nextReminderAt,
  planCredential,
  type Reminded,
} from '#domain/credentials/plan.ts';
import { retryEveryMs } from '#domain/credentials/retry.ts';
import type { CredentialSpec, PendingCode, StateWord, Status } from '#workflows/contract.ts';
import { type CredentialFacts, supportIdOf, type Trouble } from '#workflows/definitions/activities.ts';
import { supportLines, time } from '#workflows/definitions/board.ts';
import type { Outbox } from '#workflows/definitions/outbox.ts';

/** What a credential's workflow knows; carried from run to run. */
export interface CredentialMemory {
  readonly held?: HeldCredential;
  readonly trouble?: CredentialNeed & Pick<Trouble, 'code' | 'what' | 'next' | 'word' | 'supportId'>;
  readonly reminded: Reminded;
  readonly foreseen: number;
  /** Revoked on purpose. */
  readonly quiet: boolean;
  readonly ending?: 'retiring' | 'retired';
  readonly word: { readonly state: StateWord; readonly since: number };
}

/** Keeps what is known of a credential, and puts on record what changes. */
export interface MemoryOfCredential {
  state(): CredentialMemory;
  held(): HeldCredential | undefined;
  isWell(): boolean;
  plan(now: number): CredentialPlan;
  status(pending: PendingCode | undefined): Status;
  /** Notes since when it is in the state that it is in now. */
  settle(pending: PendingCode | undefined, now: number): void;
  /** For the details. */
  lines(): readonly string[];
  /** Milliseconds until people are reminded next. */
  reminderInMs(now: number): number;
  /** Milliseconds between two tries of what somebody elsewhere has to repair. */
  healEveryMs(now: number): number;
  refreshed(facts: CredentialFacts, now: number): void;
  signedIn(facts: CredentialFacts, method: SignInMethod, now: number): void;
  signInFailed(trouble: Trouble, now: number): void;
  troubled(trouble: Trouble, now: number): void;
  reminded(plan: Extract<CredentialPlan, { do: 'remind' | 'foresee' }>, now: number): void;
  revoked(why: string, now: number): void;
  retiring(now: number): void;
  retired(now: number): void;
}

/** Milliseconds until it is tried again though nobody said that anything changed. What may heal from outside (`soon`) never waits as long as what surely does not. */
const retryMs = { 'sign-in-again': 3_600_000, 'admin-must-act': 30_000, 'back-off': 5_000, 'our-fault': 3_600_000 };

const soonMs = ({ kind }: Trouble, { healMs }: CredentialRules) =>
  kind === 'soon' ? healMs[0] * 0.75 : Number.POSITIVE_INFINITY;

const never: Reminded = { count: 0, at: 0 };

export function createCredentialMemory(
  spec: () => CredentialSpec,
  outbox: Outbox,
  carried?: CredentialMemory,
): MemoryOfCredential {
  let memory: CredentialMemory = carried ?? {
    ...{ reminded: never, foreseen: 0, quiet: false },
    word: { state: 'renewing', since: Date.now() },
  };
  const rules = (): CredentialRules => ({ ...credentialRules, ...spec().rules });

  function hold(facts: CredentialFacts, now: number): HeldCredential {
    return {
      ...{ signedIn: facts.signedIn, permissions: facts.permissions, obtainedAt: now, jitter: Math.random() },
      ...(facts.tokenExpiresAt === undefined ? {} : { tokenExpiresAt: facts.tokenExpiresAt }),
      ...(facts.grantExpiresAt === undefined ? {} : { grantExpiresAt: facts.grantExpiresAt }),
    };
  }

  function well(facts: CredentialFacts, now: number): void {
    const { trouble: _, ...rest } = memory;
    const held = hold(facts, now);
    // A grant that lasts longer than the one before begins its warnings anew.
    const renewed = (held.grantExpiresAt ?? 0) > (memory.held?.grantExpiresAt ?? 0);
    memory = { ...rest, held, reminded: never, foreseen: renewed ? 0 : rest.foreseen, quiet: false };
  }

  const dates = (facts: CredentialFacts) => ({
    feed: spec().id,
    permissions: [...facts.permissions],
    tokenExpiresAt: new Date(facts.tokenExpiresAt ?? 0).toISOString(),
    ...(facts.grantExpiresAt === undefined ? {} : { grantExpiresAt: new Date(facts.grantExpiresAt).toISOString() }),
  });

  const recorded = ({ identity, code, what, next, ...about }: Trouble) => ({
    ...{ kind: identity ?? ('back-off' as const), code, what, next },
    ...supportIdOf(about),
  });

  /** @param again on record also when it is the same as before: a sign-in has been shown meanwhile */
  function troubled(trouble: Trouble, now: number, again = false): void {
    const { kind } = recorded(trouble);
    const before = memory.trouble;
    const same = before !== undefined && before.kind === kind && before.code === trouble.code;
    if (!same || again) outbox.add('CredentialTroubled', { feed: spec().id, trouble: recorded(trouble) });
    const { code, what, next, word } = trouble;
    memory = {
      ...memory,
      held: memory.held ?? { signedIn: false, permissions: [], obtainedAt: now, jitter: Math.random() },
      trouble: {
        ...{ kind, code, what, next, word, since: same ? before.since : now },
        ...supportIdOf(trouble),
        retryAt: now + Math.max(trouble.retryAfterMs ?? 0, Math.min(retryMs[kind], soonMs(trouble, rules()))),
      },
      reminded: before?.kind === kind ? memory.reminded : never,
    };
  }

  return {
    state: () => memory,
    held: () => memory.held,
    isWell: () => memory.held?.signedIn === true && memory.trouble === undefined,
    plan: (now) => planCredential({ ...memory, held: memory.held, need: memory.trouble }, rules(), now),
    status: (pending) => ({ ...describe(memory, spec(), pending), since: memory.word.since }),
    settle(pending, now) {
      const { state } = describe(memory, spec(), pending);
      if (memory.word.state !== state) memory = { ...memory, word: { state, since: now } };
    },
    lines: () => supportLines(memory.trouble?.supportId),
    reminderInMs(now) {
      const { trouble } = memory;
      return trouble === undefined
        ? Number.POSITIVE_INFINITY
        : Math.max(1_000, nextReminderAt(trouble, memory.reminded, rules()) - now);
    },
    healEveryMs: (now) => retryEveryMs(rules(), now - (memory.trouble?.since ?? now)),
    refreshed(facts, now) {
      const first = memory.held?.signedIn !== true && spec().kind === 'application';
      well(facts, now);
      if (first) outbox.add('CredentialSignedIn', { ...dates(facts), method: spec().method });
      else outbox.add('CredentialRefreshed', dates(facts));
    },
    signedIn(facts, method, now) {
      well(facts, now);
      outbox.add('CredentialSignedIn', { ...dates(facts), method });
    },
    signInFailed(trouble, now) {
      outbox.add('CredentialSignInFailed', { feed: spec().id, trouble: recorded(trouble) });
      // The old grant may still serve: a sign-in that failed is only trouble where there is nothing else.
      if (memory.held?.signedIn !== true || memory.trouble !== undefined) troubled(trouble, now, true);
    },
    troubled: (trouble, now) => troubled(trouble, now),
    reminded(plan, now) {
      const what =
        plan.do === 'remind'
          ? `${memory.trouble?.what ?? ''} ${memory.trouble?.next ?? ''}`.trim()
          : `The sign-in of the ${spec().id} feed ends at ${time(memory.held?.grantExpiresAt ?? now)}: sign in again before that.`;
      outbox.add('CredentialReminded', { what, urgency: plan.urgency });
      memory =
        plan.do === 'remind'
          ? { ...memory, reminded: { count: memory.reminded.count + 1, at: now } }
          : { ...memory, foreseen: plan.count };
    },
    revoked(why, now) {
      outbox.add('CredentialRevoked', { why });
      const { trouble: _, ...rest } = memory;
      memory = { ...rest, quiet: true, held: { signedIn: false, permissions: [], obtainedAt: now, jitter: 0 } };
    },
    retiring() {
      memory = { ...memory, ending: 'retiring' };
    },
    retired() {
      memory = { ...memory, ending: 'retired' };
    },
  };
}

function describe(
  memory: CredentialMemory,
  spec: CredentialSpec,
  pending: PendingCode | undefined,
): Omit<Status, 'since'> {
  const { held, trouble } = memory;
  const until = held?.signedIn === true ? held.tokenExpiresAt : undefined;
  const ends = until === undefined ? {} : { until };
  if (memory.ending !== undefined)
    return { state: memory.ending, what: 'This feed is no longer wanted.', next: 'Nothing.' };
  const next =
    pending?.method === 'browser'
      ? 'Open the address, sign in, and paste the address where the browser ends into the admin page.'
      : 'Open the address and enter the code.';
  const waiting = { what: 'A sign-in waits for a person.', next };
  if (pending !== undefined && (held?.signedIn !== true || trouble !== undefined))
    return { state: 'waiting-for-sign-in', ...waiting, ...ends };
  if (memory.quiet)
    return {
      ...{ state: 'waiting-for-sign-in', what: 'The grant was revoked here.' },
      next: `Sign in when the feed is wanted again: \`tocsin sign-in --feed ${spec.id}\`.`,
    };
  if (trouble !== undefined) return { state: trouble.word, what: trouble.what, next: trouble.next, ...ends };
  if (held === undefined) return { state: 'renewing', what: 'Just started.', next: 'A token is asked for.' };
  // Nobody has to hurry.
  if (pending !== undefined)
    return { state: 'ok', what: `The sign-in before serves. ${waiting.what}`, next: waiting.next, ...ends };
  return {
    ...{ state: 'ok', what: `Signed in with ${held.permissions.join(', ') || 'no permissions'}.` },
    next: 'The token is replaced at half of its life; nobody has to do anything.',
    ...ends,
  };
}
