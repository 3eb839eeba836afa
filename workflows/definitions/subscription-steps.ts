import { patched, sleep } from '@temporalio/workflow';
import { repeatUntil, type Touch } from '#domain/subscriptions/plan.ts';
import type { RetireCause, SubscriptionSpec } from '#workflows/contract.ts';
import type { SubscriptionCalls } from '#workflows/definitions/subscription-calls.ts';
import type { MemoryOfSubscription } from '#workflows/definitions/subscription-memory.ts';

/** What a subscription's workflow does at Graph; each step ends where the next thought begins. */
export interface SubscriptionSteps {
  /** Looks first, then adopts what is ours, removes what is in the way, or creates. */
  obtain(): Promise<void>;
  /** Looks whether what is held is still there and still what it should be; false where that cannot be known yet. */
  check(): Promise<boolean>;
  touch(kind: Touch): Promise<void>;
  /**
   * Deletes and creates at once, for a person who asked for it.
   * @returns false where it could not be deleted yet
   */
  recreate(why: string): Promise<boolean>;
  /**
   * Creates another beside it and deletes the old one only then: nothing is missed. Graph takes a second one of the chat feed where it is of other changes.
   * @returns false where that cannot be done now; the old one stays
   */
  takePlace(why: string): Promise<boolean>;
  remove(cause: RetireCause): Promise<void>;
}

/** An old client state can wait, the end of the subscription cannot: milliseconds. */
const patienceMs = 60_000;
/** A token that Graph is given lives at least this long, or it is a new one: milliseconds. */
const tokenLiveMs = 45 * 60_000;

const unlisted = {
  word: 'admin-must-act',
  what: 'Graph has a subscription like it already, but does not list it: it can be neither used nor deleted from here.',
  next: 'Delete it with whatever made it, or wait until it ends by itself; it is tried again within a minute.',
} as const;

export function createSubscriptionSteps(deps: {
  readonly spec: () => SubscriptionSpec;
  readonly memory: MemoryOfSubscription;
  readonly calls: SubscriptionCalls;
  readonly show: () => void;
}): SubscriptionSteps {
  const { memory, calls, show } = deps;
  const common = () => ({ spec: deps.spec(), tokenLiveMs });
  const credential = () => deps.spec().credential;
  /** Why the next one is made. */
  let why = 'there was none';
  /** In a row, none of which said what is in the way. */
  let conflicts = 0;

  async function obtain(): Promise<void> {
    const expired = memory.held();
    if (expired !== undefined) {
      memory.lost('expired');
      why = 'the one before expired';
      show();
    }
    const seen = await calls.call('inspectSubscription', 'look whether Graph has it', common());
    if (seen === undefined || !seen.ok) return;
    if (seen.found === 'none') return await create();
    conflicts = 0;
    if (seen.found === 'ours') {
      const { found: _, ...live } = seen;
      return memory.adopted(live, Date.now());
    }
    await removeFromGraph(seen.graphId, 'replaced', seen.why);
  }

  const creation = () => ({
    ...common(),
    ...{ creation: memory.creation(), lifeMs: memory.rules().lifeMs },
    ...(deps.spec().content === 'rich' ? { certificateId: memory.certificateId(Date.now()) } : {}),
  });

  async function create(): Promise<void> {
    const made = await calls.call('createSubscription', `create it: ${why}`, creation());
    if (made === undefined) return;
    conflicts = !made.ok && made.kind === 'conflict' && made.existingId === undefined ? conflicts + 1 : 0;
    if (made.ok) return memory.created(made, why, Date.now());
    if (made.kind === 'unknown-outcome') memory.creationIsOver();
    if (conflicts > 1 && patched('conflicts-in-a-row')) {
      memory.troubled({ ...made, ...unlisted }, Date.now());
      show();
      return await calls.pause('Graph has one that it does not list: until somebody has acted');
    }
    // Somebody was faster, or nobody knows whether it was made: looking again tells. Graph's lists may be a moment behind.
    await sleep(made.kind === 'conflict' ? 1_000 : 5_000, { summary: 'let Graph settle, then look again' });
    if (made.kind === 'conflict' && made.existingId !== undefined) await lookAt(made.existingId);
  }

  /** What Graph says is in the way, though it may not list it. */
  async function lookAt(graphId: string): Promise<void> {
    const seen = await calls.call('inspectSubscription', 'look at what is in the way', { ...common(), graphId });
    if (seen === undefined || !seen.ok) return;
    if (seen.found === 'ours') {
      const { found: _, ...live } = seen;
      memory.adopted(live, Date.now());
    } else await removeFromGraph(seen.found === 'foreign' ? seen.graphId : graphId, 'replaced', 'it is in the way');
  }

  /** Milliseconds for which Graph need not be given a token; undefined where the next step is to make it anew. */
  function untilDue(): number | undefined {
    const now = Date.now();
    const plan = memory.plan(now);
    if (plan.do === 'recreate') return undefined;
    return plan.do === 'wait' ? plan.until - now : 0;
  }

  async function removeFromGraph(graphId: string, cause: 'replaced' | 'recreated', summary: string): Promise<boolean> {
    const input = { credential: credential(), graphId };
    const waitMs = memory.held()?.graphId === graphId ? untilDue() : undefined;
    const gone = await calls.call('deleteSubscription', `delete it at Graph: ${summary}`, input, waitMs);
    if (gone === undefined) return false;
    memory.removed(graphId, cause);
    return true;
  }

  async function check(): Promise<boolean> {
    const held = memory.held();
    if (held === undefined) return true;
    const input = { ...common(), graphId: held.graphId };
    const seen = await calls.call('inspectSubscription', 'look whether Graph still has it', input, untilDue());
    if (seen === undefined) return false;
    if (!seen.ok) return true;
    if (seen.found === 'ours' && seen.graphId === held.graphId) {
      memory.confirmed();
      return true;
    }
    if (seen.found === 'foreign' && seen.graphId === held.graphId) {
      // It is there and is not what it should be: other settings, or another person signed in.
      why = seen.why;
      return removeFromGraph(held.graphId, 'recreated', seen.why);
    }
    memory.lost(seen.found === 'none' ? 'removed' : 'replaced');
    why = 'Graph did not have it any more';
    return true;
  }

  async function touch(kind: Touch): Promise<void> {
    const held = memory.held();
    if (held === undefined) return;
    const { graphId, attempted } = held;
    memory.attempted(kind, Date.now());
    const leftMs = repeatUntil(held, memory.rules()) - Date.now();
    const waitMs = leftMs > 0 ? leftMs : undefined;
    let refused = false;
    const onRefused = () => {
      refused = true;
    };
    const done =
      kind === 'renew'
        ? await calls.call(
            'renewSubscription',
            'renew it',
            {
              ...{ ...common(), graphId, lifeMs: memory.rules().lifeMs },
              ...(deps.spec().content === 'rich' ? { certificateId: memory.certificateId(Date.now()) } : {}),
            },
            waitMs,
            onRefused,
          )
        : await calls.call(
            'reauthoriseSubscription',
            'give Graph a new token for it',
            { ...common(), graphId },
            waitMs,
            onRefused,
          );
    if (done === undefined || (!done.ok && done.kind !== 'gone')) {
      const now = Date.now();
      if (patched('other-touch-in-vain')) {
        if (refused || done?.kind === 'conflict') memory.refused(kind, attempted);
        // It may have been tried until now, and one of the tries may have been heard.
        else memory.unheard(kind, now);
      }
      // A history in which the same was tried for ever goes on as it began.
      else if (done === undefined) memory.attempted(kind, now);
      if (done !== undefined) await sleep(5_000, { summary: 'let Graph settle' });
      return;
    }
    if (done.ok) return memory.touched(kind, done, Date.now());
    memory.lost('not-found');
    why = 'Graph did not have it any more';
  }

  return {
    obtain,
    check,
    touch,
    async recreate(because) {
      const held = memory.held();
      if (held === undefined) return true;
      why = because;
      if (!(await removeFromGraph(held.graphId, 'recreated', because))) return false;
      await create();
      return true;
    },
    async takePlace(because) {
      const old = memory.held();
      if (old === undefined) return true;
      const wider = old.wider !== true;
      const made = await calls.call(
        'createSubscription',
        `create another beside it: ${because}`,
        { ...creation(), wider },
        patienceMs,
      );
      // Where nobody knows whether it was made, it belongs to nobody: reconciliation removes what does.
      if (made?.ok === false && made.kind === 'unknown-outcome') memory.creationIsOver();
      if (made === undefined || !made.ok) return false;
      memory.created(made, because, Date.now());
      const input = { credential: credential(), graphId: old.graphId };
      const gone = await calls.call('deleteSubscription', `delete the old one: ${because}`, input, patienceMs);
      if (gone !== undefined) memory.removed(old.graphId, 'recreated');
      return true;
    },
    async remove(cause) {
      const held = memory.held();
      const graphId = held?.graphId;
      if (graphId !== undefined) {
        const input = { credential: credential(), graphId };
        if (await calls.surely('deleteSubscription', 'delete it at Graph', input, held?.expiresAt))
          memory.removed(graphId, cause);
        else memory.lost('expired');
      }
      await calls.surely('forgetSubscription', 'forget its client states', { id: deps.spec().id });
    },
  };
}
