import {
  certificateIsOld,
  deliversUntil,
  type HeldSubscription,
  planSubscription,
  refusedTouch,
  type SubscriptionPlan,
  type SubscriptionRules,
  subscriptionRules,
  type Touch,
  unheardTouch,
} from '#domain/subscriptions/plan.ts';
import type { StateWord, Status, SubscriptionSpec, SubscriptionView } from '#workflows/contract.ts';
import { type LiveFacts, supportIdOf, type Trouble } from '#workflows/definitions/activities.ts';
import { supportLines, time } from '#workflows/definitions/board.ts';
import type { Outbox } from '#workflows/definitions/outbox.ts';

/** What a subscription's workflow knows; carried from run to run. */
export interface SubscriptionMemory {
  readonly held?: HeldSubscription;
  readonly trouble?: Pick<Trouble, 'word' | 'code' | 'what' | 'next' | 'supportId'> & { readonly since: number };
  /** The certificate that new subscriptions and renewals are given. */
  readonly certificate?: { readonly id: string; readonly madeAt: number };
  readonly creations: number;
  readonly asked: boolean;
  readonly later?: 'check' | 'recreate';
  readonly ending?: 'retiring' | 'retired';
  readonly word: { readonly state: StateWord; readonly since: number };
}

export type LostCause = 'expired' | 'removed' | 'not-found' | 'replaced';
export type RemovedCause = 'orphan' | 'policy-gone' | 'shutdown' | 'replaced' | 'recreated';

/** Keeps what is known of a subscription, and puts on record what changes. */
export interface MemoryOfSubscription {
  state(): SubscriptionMemory;
  held(): HeldSubscription | undefined;
  rules(): SubscriptionRules;
  plan(now: number): SubscriptionPlan;
  status(): Status;
  /** Notes since when it is in the state that it is in now. */
  settle(now: number): void;
  lines(): readonly string[];
  view(busy: boolean, now: number): SubscriptionView;
  /** A renewal is wanted as soon as it is allowed. */
  ask(): void;
  earliestTouch(now: number): number;
  /** What the next run has to begin with. */
  checkLater(recreate: boolean): void;
  takeLater(): 'check' | 'recreate' | undefined;
  /** Names the creation that comes next: the same until one may have been made. */
  creation(): string;
  /** Nobody knows whether that one was made: another one is named otherwise. */
  creationIsOver(): void;
  /** The certificate to use now; a new one when there is none or the present one is old. */
  certificateId(now: number): string;
  created(live: LiveFacts, why: string, now: number): void;
  adopted(live: LiveFacts & { readonly touchedAt?: number; readonly deliversUntil?: number }, now: number): void;
  attempted(kind: Touch, now: number): void;
  /** Graph may have done it though no answer came. */
  unheard(kind: Touch, now: number): void;
  /** Graph did not do it. @param before what it may have done before that */
  refused(kind: Touch, before: HeldSubscription['attempted']): void;
  touched(kind: Touch, live: Partial<LiveFacts>, now: number): void;
  lost(cause: LostCause): void;
  /** Graph says that it is gone; what is held is kept until it was looked at. */
  saidRemoved(): void;
  removed(graphId: string, cause: RemovedCause): void;
  troubled(trouble: Trouble, now: number): void;
  /** Graph was asked, and has it still. */
  confirmed(): void;
  troubleIsOver(): boolean;
  end(state: 'retiring' | 'retired'): void;
}

export function createSubscriptionMemory(
  spec: () => SubscriptionSpec,
  outbox: Outbox,
  carried?: SubscriptionMemory,
): MemoryOfSubscription {
  let memory: SubscriptionMemory = carried ?? {
    ...{ creations: 0, asked: false, word: { state: 'renewing', since: Date.now() } },
  };
  const rules = (): SubscriptionRules => ({ ...subscriptionRules(spec().feed), ...spec().rules });
  const iso = (ms: number) => new Date(ms).toISOString();

  const identity = () => {
    const { feed, policy } = spec();
    return { feed, ...(policy === undefined ? {} : { policy }) };
  };
  const live = (held: HeldSubscription) => ({
    ...identity(),
    ...{ graphId: held.graphId, apiVersion: spec().apiVersion, content: spec().content },
    ...{ expiresAt: iso(held.expiresAt), deliversUntil: iso(deliversUntil(held, rules())) },
    ...(held.certificateId === undefined ? {} : { encryptionCertificateId: held.certificateId }),
  });
  const without = <K extends keyof SubscriptionMemory>(...keys: readonly K[]): SubscriptionMemory => {
    const rest: Record<string, unknown> = { ...memory };
    for (const key of keys) delete rest[key];
    return rest as unknown as SubscriptionMemory;
  };

  function creationIsOver(): void {
    memory = { ...memory, creations: memory.creations + 1 };
  }

  return {
    state: () => memory,
    held: () => memory.held,
    rules,
    plan: (now) => planSubscription(memory.held, memory.asked, rules(), now),
    status: () => ({ ...describe(memory, rules()), since: memory.word.since }),
    settle(now) {
      const { state } = describe(memory, rules());
      if (memory.word.state !== state) memory = { ...memory, word: { state, since: now } };
    },
    lines() {
      const { held, trouble } = memory;
      const support = supportLines(trouble?.supportId);
      if (held === undefined) return support;
      return [
        ...support,
        `Graph's id ${held.graphId} · ${spec().content} · ${spec().apiVersion}`,
        `Delivers until ${time(deliversUntil(held, rules()))} · ends ${time(held.expiresAt)}`,
      ];
    },
    view(busy, now) {
      const { held } = memory;
      const plan = planSubscription(held, memory.asked, rules(), now);
      return {
        ...describe(memory, rules()),
        ...{ since: memory.word.since, spec: spec(), busy },
        ...(held === undefined ? {} : { held, deliversUntil: deliversUntil(held, rules()) }),
        plan: plan.do === 'wait' ? { do: plan.next, at: plan.until } : { do: plan.do, at: now },
      };
    },
    ask() {
      memory = { ...memory, asked: true };
    },
    earliestTouch: (now) => Math.max(now, (memory.held?.touchedAt ?? 0) + rules().quietMs),
    checkLater(recreate) {
      memory = { ...memory, later: recreate ? 'recreate' : 'check' };
    },
    takeLater() {
      const { later } = memory;
      memory = without('later');
      return later;
    },
    creation: () => String(memory.creations + 1),
    creationIsOver,
    certificateId(now) {
      const { certificate } = memory;
      if (certificate !== undefined && !certificateIsOld(certificate.madeAt, rules(), now)) return certificate.id;
      // Replay-safe: the workflow's own generator. Nothing in it tells what it is for.
      const id = `tocsin-${Math.floor(Math.random() * 2 ** 48)
        .toString(16)
        .padStart(12, '0')}`;
      memory = { ...memory, certificate: { id, madeAt: now } };
      return id;
    },
    created(facts, why, now) {
      const held: HeldSubscription = {
        ...{ graphId: facts.graphId, createdAt: now, renewedAt: now, touchedAt: now, expiresAt: facts.expiresAt },
        jitter: Math.random(),
        ...(facts.tokenExpiresAt === undefined ? {} : { tokenExpiresAt: facts.tokenExpiresAt }),
        ...(facts.certificateId === undefined ? {} : { certificateId: facts.certificateId }),
        ...(facts.wider === true ? { wider: true } : {}),
      };
      memory = { ...without('trouble'), held, asked: false };
      creationIsOver();
      outbox.add('SubscriptionCreated', { ...live(held), why });
    },
    adopted(facts, now) {
      const held: HeldSubscription = {
        ...{ graphId: facts.graphId, createdAt: now, renewedAt: now, expiresAt: facts.expiresAt },
        ...{ touchedAt: facts.touchedAt ?? 0, jitter: Math.random() },
        ...(facts.deliversUntil === undefined ? {} : { tokenExpiresAt: facts.deliversUntil }),
        ...(facts.certificateId === undefined ? {} : { certificateId: facts.certificateId }),
        ...(facts.wider === true ? { wider: true } : {}),
      };
      memory = { ...without('trouble'), held, asked: facts.touchedAt === undefined };
      // It may be of a creation of which nobody heard.
      creationIsOver();
      // Of another certificate only the private key may be here, in a folder: Graph cannot be given it again, and gets one of ours at the next renewal.
      if (isOurs(facts.certificateId) && memory.certificate?.id !== facts.certificateId)
        memory = { ...memory, certificate: { id: facts.certificateId, madeAt: now } };
      outbox.add('SubscriptionAdopted', {
        ...live(held),
        // Nobody knows when Graph was last given a token: nothing is proved until it is renewed, which is next.
        deliversUntil: iso(facts.touchedAt === undefined ? now : deliversUntil(held, rules())),
      });
    },
    attempted(kind, now) {
      if (memory.held !== undefined) memory = { ...memory, held: { ...memory.held, attempted: { kind, at: now } } };
    },
    unheard(kind, now) {
      if (memory.held !== undefined) memory = { ...memory, held: unheardTouch(memory.held, kind, now) };
    },
    refused(kind, before) {
      if (memory.held !== undefined) memory = { ...memory, held: refusedTouch(memory.held, kind, before) };
    },
    touched(kind, facts, now) {
      if (memory.held === undefined) return;
      const { attempted: _, refused: __, tokenExpiresAt: ___, ...before } = memory.held;
      const held: HeldSubscription = {
        ...before,
        ...{ touchedAt: now, jitter: Math.random() },
        ...(kind === 'renew' ? { renewedAt: now, expiresAt: facts.expiresAt ?? before.expiresAt } : {}),
        ...(facts.tokenExpiresAt === undefined ? {} : { tokenExpiresAt: facts.tokenExpiresAt }),
        ...(facts.certificateId === undefined ? {} : { certificateId: facts.certificateId }),
      };
      memory = { ...without('trouble'), held, asked: kind === 'renew' ? false : memory.asked };
      outbox.add('SubscriptionRenewed', { ...live(held), by: kind === 'renew' ? 'renewal' : 'reauthorisation' });
    },
    lost(cause) {
      const { held } = memory;
      if (held === undefined) return;
      memory = without('held');
      outbox.add('SubscriptionLost', { ...identity(), graphId: held.graphId, cause });
    },
    saidRemoved() {
      const { held } = memory;
      if (held !== undefined)
        outbox.add('SubscriptionLost', { ...identity(), graphId: held.graphId, cause: 'removed' });
    },
    removed(graphId, cause) {
      if (memory.held?.graphId === graphId) memory = without('held');
      outbox.add('SubscriptionRemoved', { ...identity(), graphId, cause });
    },
    troubled({ word, code, what, next, ...about }, now) {
      const before = memory.trouble;
      const same = before !== undefined && before.word === word && before.code === code;
      memory = {
        ...memory,
        trouble: { word, code, what, next, since: same ? before.since : now, ...supportIdOf(about) },
      };
      if (!same) outbox.add('SubscriptionTroubled', { ...identity(), code, what, next, ...supportIdOf(about) });
    },
    confirmed() {
      memory = without('trouble');
      if (memory.held !== undefined) outbox.add('SubscriptionConfirmed', live(memory.held));
    },
    troubleIsOver: () => memory.trouble !== undefined,
    end(state) {
      memory = { ...without('trouble'), ending: state };
    },
  };
}

const isOurs = (certificateId: string | undefined): certificateId is string =>
  certificateId !== undefined && /^tocsin-[0-9a-f]{12}$/.test(certificateId);

function describe(memory: SubscriptionMemory, rules: SubscriptionRules): Omit<Status, 'since'> {
  const { held, trouble, ending } = memory;
  const ends = held === undefined ? {} : { until: held.expiresAt };
  if (ending !== undefined)
    return {
      ...{ state: ending, what: 'It is no longer wanted.' },
      next: ending === 'retiring' ? 'It is deleted at Graph.' : 'Nothing.',
    };
  if (trouble !== undefined) {
    const { word, what, next } = trouble;
    const still = held === undefined ? 'Not watching.' : `Still delivered until ${time(deliversUntil(held, rules))}.`;
    return { state: word, what: `${what} ${still}`, next, ...ends };
  }
  if (held === undefined) return { state: 'gone', what: 'Graph has no subscription for it.', next: 'It is made now.' };
  return {
    ...{ state: 'ok', what: `Watching; Graph delivers until ${time(deliversUntil(held, rules))}.` },
    next: 'It is renewed by itself; nobody has to do anything.',
    ...ends,
  };
}
