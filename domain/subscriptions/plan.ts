/** How long things live and how far apart calls must be; milliseconds. Tests shorten them, nothing else does. */
export interface SubscriptionRules {
  /** Asked for at creation and renewal. A little under Graph's limit (3 days for chats, 1 day for emergency events): clocks differ. */
  readonly lifeMs: number;
  /** Renewed when this share of its life is over. */
  readonly renewShare: number;
  /** Graph delivers only while the token lives that it was given at creation, renewal or reauthorisation ("Webhooks", delegated permissions). */
  readonly tokenBound: boolean;
  /** Reauthorised at the latest after this, however long a token lives. */
  readonly reauthoriseMs: number;
  /** PATCH and `/reauthorize` of one subscription are never closer than this ("Lifecycle notifications"). */
  readonly quietMs: number;
  /** A certificate is replaced by a new one at a renewal when it is this old. */
  readonly certificateMs: number;
  /**
   * The client state can only change with a new subscription: another one takes its place when it is this old. Absent for emergency events: Graph has one subscription
   * for a policy (409), so the old one would have to be deleted first, and no call may fall into that gap. They get a new client state whenever they are made anew.
   */
  readonly clientStateMs?: number;
}

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
/** Where Graph does not answer one kind of touch, the other one is tried this long before it ceases to deliver. */
const lastChanceMs = 2 * minute;

/** Maximum lives: chat messages 4,320 minutes, emergency call events one day ("Change notifications overview"). */
export function subscriptionRules(feed: 'chat' | 'events'): SubscriptionRules {
  return {
    lifeMs: (feed === 'chat' ? 3 * day : day) - 10 * minute,
    renewShare: 1 / 3,
    tokenBound: feed === 'chat',
    reauthoriseMs: hour,
    quietMs: 10 * minute,
    certificateMs: 90 * day,
    ...(feed === 'chat' ? { clientStateMs: 180 * day } : {}),
  };
}

/** What is known of the subscription that Graph has for us. Times are milliseconds since 1970 UTC. */
export interface HeldSubscription {
  readonly graphId: string;
  /** When it was made, as far as we know. */
  readonly createdAt: number;
  /** When its end was set: at creation, by the last renewal, or when it was adopted. */
  readonly renewedAt: number;
  readonly expiresAt: number;
  /** When Graph was last given a token for it; 0 where nobody knows. */
  readonly touchedAt: number;
  /** End of that token; absent where nobody knows. */
  readonly tokenExpiresAt?: number;
  /** In [0, 1): spreads what would otherwise fall on the same moment. */
  readonly jitter: number;
  readonly certificateId?: string;
  /** Of all changes, deletions too: what it is made of so that two can stand side by side while one takes the place of the other. */
  readonly wider?: true;
  /** A call that Graph may have carried out though no answer came: until `quietMs` after it only the same may be asked again. */
  readonly attempted?: {
    readonly kind: Touch;
    readonly at: number;
    /** It ended without an answer. */
    readonly unheard?: true;
  };
  /** What Graph refused last; absent once it took a touch. */
  readonly refused?: Touch;
}

/** `renew` is PATCH (a new end and a new token), `reauthorise` is POST …/reauthorize (a new token). */
export type Touch = 'renew' | 'reauthorise';

export type SubscriptionPlan =
  /** Graph has none for us, or not any more: look, then adopt or create. */
  | { readonly do: 'obtain' }
  | { readonly do: Touch }
  /** Another one takes its place: a client state cannot be changed. */
  | { readonly do: 'recreate' }
  | { readonly do: 'wait'; readonly until: number; readonly next: Touch | 'recreate' };

/**
 * What to do about a subscription now. `asked` is set when Graph asked for a token, or a person for a renewal: both are met by one PATCH. Two touches
 * are never closer than `quietMs`, and one always comes before the end, whatever a token's life.
 */
export function planSubscription(
  held: HeldSubscription | undefined,
  asked: boolean,
  rules: SubscriptionRules,
  now: number,
): SubscriptionPlan {
  if (held === undefined || held.expiresAt <= now) return { do: 'obtain' };
  const renewAt = held.renewedAt + (held.expiresAt - held.renewedAt) * rules.renewShare * spread(held.jitter);
  const dueAt = Math.max(
    held.touchedAt + rules.quietMs,
    Math.min(renewAt, tokenDueAt(held, rules), asked ? now : Number.POSITIVE_INFINITY),
    quietUntil(held, rules, now),
  );
  const next = nextTouch(held, asked || renewAt <= dueAt + rules.quietMs, rules, Math.max(now, dueAt));
  return dueAt <= now ? { do: next } : { do: 'wait', until: dueAt, next };
}

function nextTouch(held: HeldSubscription, isDue: boolean, rules: SubscriptionRules, at: number): Touch | 'recreate' {
  const { attempted } = held;
  if (attempted !== undefined && at - attempted.at < rules.quietMs) return attempted.kind;
  // What was in vain gives way to the other: a renewal brings a token as well, and a token keeps it delivering until it ends.
  const inVain = held.refused ?? (attempted?.unheard === true ? attempted.kind : undefined);
  if (inVain === 'renew' && tokenDueAt(held, rules) <= at) return 'reauthorise';
  const renews = isDue || inVain === 'reauthorise';
  if (renews && rules.clientStateMs !== undefined && held.createdAt + rules.clientStateMs <= at) return 'recreate';
  return renews ? 'renew' : 'reauthorise';
}

/** Until when a touch that Graph does not answer may be repeated: the other one may come no sooner than `quietMs` after it, and has to come before the token ends. */
export function repeatUntil({ tokenExpiresAt }: HeldSubscription, rules: SubscriptionRules): number {
  return rules.tokenBound && tokenExpiresAt !== undefined
    ? tokenExpiresAt - lastChanceMs - rules.quietMs
    : Number.POSITIVE_INFINITY;
}

function quietUntil(held: HeldSubscription, rules: SubscriptionRules, now: number): number {
  const { attempted, tokenExpiresAt = 0 } = held;
  if (attempted?.unheard !== true || now < repeatUntil(held, rules)) return 0;
  const until = attempted.at + rules.quietMs;
  return until <= tokenExpiresAt ? until : 0;
}

/** What is held after a touch of which no answer came. */
export function unheardTouch(held: HeldSubscription, kind: Touch, now: number): HeldSubscription {
  return { ...held, attempted: { kind, at: now, unheard: true } };
}

/** What is held after Graph refused a touch: it did nothing. @param before what it may have done before */
export function refusedTouch(
  held: HeldSubscription,
  kind: Touch,
  before: HeldSubscription['attempted'],
): HeldSubscription {
  const { attempted: _, ...rest } = held;
  return { ...rest, refused: kind, ...(before === undefined ? {} : { attempted: before }) };
}

function tokenDueAt(held: HeldSubscription, rules: SubscriptionRules): number {
  if (!rules.tokenBound) return Number.POSITIVE_INFINITY;
  if (held.tokenExpiresAt === undefined) return held.touchedAt;
  const life = Math.max(0, held.tokenExpiresAt - held.touchedAt);
  return held.touchedAt + Math.min(rules.reauthoriseMs, life * 0.7) * spread(held.jitter);
}

/** Up to a tenth earlier, never later. */
function spread(jitter: number): number {
  return 1 - 0.1 * jitter;
}

/** Until when Graph delivers: the end of the subscription or, where it needs one, of the token that it was given. */
export function deliversUntil(held: HeldSubscription, rules: SubscriptionRules): number {
  return rules.tokenBound ? Math.min(held.expiresAt, held.tokenExpiresAt ?? held.touchedAt) : held.expiresAt;
}

/** True when the certificate is to be replaced at the next renewal. */
export function certificateIsOld(madeAt: number, rules: SubscriptionRules, now: number): boolean {
  return madeAt + rules.certificateMs <= now;
}
