import { condition, patched, sleep } from '@temporalio/workflow';
import type { SubscriptionSpec } from '#workflows/contract.ts';
import { type Activities, activity, patience, type Trouble, whatever } from '#workflows/definitions/activities.ts';
import type { MemoryOfSubscription } from '#workflows/definitions/subscription-memory.ts';
import { untilWoken } from '#workflows/definitions/until-woken.ts';

/** Activities that a subscription calls, all of which may find Graph away. */
export type GraphActivity =
  | 'inspectSubscription'
  | 'createSubscription'
  | 'renewSubscription'
  | 'reauthoriseSubscription'
  | 'deleteSubscription'
  | 'forgetSubscription';

type Input<Name extends GraphActivity> = Omit<Parameters<Activities[Name]>[0], 'patient'>;
type Outcome<Name extends GraphActivity> = Awaited<ReturnType<Activities[Name]>>;
/** Done, or something for the caller to act on; undefined: the workflow has to think again. */
type Answer<Name extends GraphActivity> = Exclude<Outcome<Name>, Trouble> | (Trouble & { readonly kind: ForCaller });
type ForCaller = 'gone' | 'conflict' | 'unknown-outcome';

export interface SubscriptionCalls {
  /**
   * Calls once; shows what is wrong; waits for what passes by itself, for the credential, or for whoever has to act, until something happens.
   * @param waitMs the longest wait, milliseconds
   * @param onRefused told where Graph surely did nothing
   */
  call<Name extends GraphActivity>(
    name: Name,
    summary: string,
    input: Input<Name>,
    waitMs?: number,
    onRefused?: () => void,
  ): Promise<Answer<Name> | undefined>;
  /**
   * Goes on until it is done, whatever happens meanwhile.
   * @param until milliseconds since 1970 UTC from which on it need not be done any more
   * @returns false where that came first
   */
  surely<Name extends 'deleteSubscription' | 'forgetSubscription'>(
    name: Name,
    summary: string,
    input: Input<Name>,
    until?: number,
  ): Promise<boolean>;
  /** Waits for whoever has to act, until something happens. */
  pause(summary: string): Promise<void>;
}

const hour = 3_600_000;
/** Graph did not answer, which it may not have done after it did what it was asked to. */
const graphAway = 'graph-away';
/** Milliseconds after which it is tried again though nobody said that anything changed. */
const credentialMs = 600_000;
const laterMs = 40_000;
const breathMs = 2_000;

export function createSubscriptionCalls(deps: {
  readonly spec: () => SubscriptionSpec;
  readonly memory: MemoryOfSubscription;
  readonly show: () => void;
  readonly woken: () => boolean;
}): SubscriptionCalls {
  const { memory, show, woken } = deps;

  async function call<Name extends GraphActivity>(
    name: Name,
    summary: string,
    input: Input<Name>,
    longestMs = hour,
    onRefused: () => void = () => undefined,
  ): Promise<Answer<Name> | undefined> {
    type In = Parameters<Activities[Name]>[0];
    const until = Date.now() + longestMs;
    let outcome = (await activity(name, summary, input as In)) as Outcome<Name>;
    const maybeDone = !outcome.ok && outcome.code === graphAway;
    if (!outcome.ok && outcome.kind === 'soon') {
      const { code, retryAfterMs } = outcome;
      memory.troubled(outcome, Date.now());
      show();
      const patient = await untilWoken(woken, () =>
        activity(
          name,
          `${summary}, as soon as it can be`,
          { ...input, patient: code } as In,
          patience(Math.min(hour, longestMs)),
        ),
      );
      if (patient.kind === 'timeout' && patched('pause-to-its-end')) {
        const pauseMs = Math.min(retryAfterMs ?? breathMs, until - Date.now());
        await condition(woken, Math.max(1, pauseMs), { summary: 'Graph asked for a longer pause than there is time' });
      }
      if (patient.kind !== 'done') return undefined;
      outcome = patient.value as Outcome<Name>;
    }
    if (outcome.ok) return outcome as Answer<Name>;
    switch (outcome.kind) {
      case 'gone':
      case 'conflict':
      case 'unknown-outcome':
        return outcome as Answer<Name>;
      case 'soon':
        // Of another kind than before: shown, and tried again at once but for a breath.
        memory.troubled(outcome, Date.now());
        show();
        await condition(woken, breathMs, { summary: 'a breath' });
        return undefined;
      default: {
        if (!maybeDone) onRefused();
        memory.troubled(outcome, Date.now());
        show();
        const waitMs = outcome.kind === 'credential' ? credentialMs : Math.max(laterMs, outcome.retryAfterMs ?? 0);
        await condition(woken, Math.max(1_000, Math.min(waitMs, longestMs)), {
          summary: `${outcome.word}: until somebody has acted`,
        });
        return undefined;
      }
    }
  }

  return {
    call,
    async pause(summary) {
      await condition(woken, laterMs, { summary });
    },
    async surely(name, summary, input, until) {
      type In = Parameters<Activities[typeof name]>[0];
      const leftMs = () => (until === undefined ? hour : until - Date.now());
      for (let waitMs = laterMs; leftMs() > 0; waitMs = Math.min(credentialMs, waitMs * 2)) {
        const tried = await untilWoken(
          () => false,
          () => activity(name, summary, { ...input, patient: whatever } as In, patience(Math.min(hour, leftMs()))),
        );
        if (tried.kind !== 'done') {
          // Given up at once where the next try would come too late.
          if (patched('pause-to-its-end')) await sleep(Math.max(1, Math.min(waitMs, leftMs())));
          continue;
        }
        const outcome = tried.value;
        if (outcome.ok || outcome.kind === 'gone') return true;
        memory.troubled(outcome, Date.now());
        show();
        await sleep(Math.max(1_000, Math.min(waitMs, leftMs())), {
          summary: `${outcome.word}: until somebody has acted`,
        });
      }
      return false;
    },
  };
}
