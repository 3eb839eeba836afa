import { allHandlersFinished, condition, continueAsNew, setHandler } from '@temporalio/workflow';
import {
  checkNow,
  configureSubscription,
  credentialReady,
  descriptions,
  lifecycleNotice,
  type RetireCause,
  recreateNow,
  renewNow,
  retireSubscription,
  type SubscriptionSpec,
  subscriptionView,
} from '#workflows/contract.ts';
import { createBoard } from '#workflows/definitions/board.ts';
import { createOutbox, type OutboxState } from '#workflows/definitions/outbox.ts';
import { runIsLong, runIsTooLong } from '#workflows/definitions/run-length.ts';
import { createSubscriptionCalls } from '#workflows/definitions/subscription-calls.ts';
import { createSubscriptionMemory, type SubscriptionMemory } from '#workflows/definitions/subscription-memory.ts';
import { createSubscriptionSteps } from '#workflows/definitions/subscription-steps.ts';

export interface SubscriptionInput {
  readonly spec: SubscriptionSpec;
  /** Carried from one run to the next. */
  readonly carried?: { readonly memory: SubscriptionMemory; readonly outbox: OutboxState };
}

/**
 * One subscription at Graph, for as long as it is wanted: made or adopted, renewed at a third of its life, given a new token about hourly where it needs one, made anew
 * when it is gone, deleted at the end.
 */
export async function subscription(input: SubscriptionInput): Promise<void> {
  let { spec } = input;
  let woken = false;
  let busy = true;
  const ask = { check: false, recreate: false, retire: undefined as RetireCause | undefined };
  const outbox = createOutbox(input.carried?.outbox);
  const memory = createSubscriptionMemory(() => spec, outbox, input.carried?.memory);
  const board = createBoard('subscription', `Subscription ${spec.policy ?? spec.id}`, spec.feed);
  const show = () => {
    memory.settle(Date.now());
    board.show(memory.status(), memory.lines());
  };
  const calls = createSubscriptionCalls({ spec: () => spec, memory, show, woken: () => woken });
  const steps = createSubscriptionSteps({ spec: () => spec, memory, calls, show });
  const wake = () => {
    woken = true;
  };

  setHandler(
    configureSubscription,
    (next) => {
      if (JSON.stringify(next) === JSON.stringify(spec)) return;
      spec = next;
      ask.check = true;
      wake();
    },
    descriptions.configureSubscription,
  );
  setHandler(
    lifecycleNotice,
    (notice) => {
      const held = memory.held();
      if (notice.graphId !== undefined && notice.graphId !== held?.graphId) return;
      if (notice.kind === 'reauthorizationRequired') {
        // One that was sent before the last token was given is answered already.
        if (held === undefined || notice.at <= held.touchedAt) return;
        memory.ask();
      } else {
        // Whether it can be looked at now or not: from here on nobody may say that it is watched.
        if (notice.kind === 'subscriptionRemoved' && notice.graphId !== undefined) memory.saidRemoved();
        ask.check = true;
      }
      wake();
    },
    descriptions.lifecycleNotice,
  );
  setHandler(
    credentialReady,
    () => {
      // Another person may have signed in: then the subscription is of another resource.
      ask.check ||= memory.troubleIsOver() || spec.credential === 'chat';
      wake();
    },
    descriptions.credentialReady,
  );
  setHandler(
    checkNow,
    () => {
      ask.check = true;
      wake();
    },
    descriptions.checkNow,
  );
  setHandler(
    renewNow,
    () => {
      memory.ask();
      wake();
      return { at: memory.earliestTouch(Date.now()) };
    },
    descriptions.renewNow,
  );
  setHandler(
    recreateNow,
    () => {
      ask.recreate = true;
      wake();
      return { at: Date.now() };
    },
    descriptions.recreateNow,
  );
  setHandler(
    retireSubscription,
    ({ cause }) => {
      ask.retire = cause;
      wake();
    },
    descriptions.retireSubscription,
  );
  setHandler(subscriptionView, () => memory.view(busy, Date.now()), descriptions.subscriptionView);
  // It ends with the run, by cancellation.
  outbox.run().catch(() => undefined);

  while (ask.retire === undefined) {
    woken = false;
    busy = true;
    show();
    if (runIsLong(spec.maxHistory) && ((await outbox.settled()) || runIsTooLong(spec.maxHistory))) {
      await condition(allHandlersFinished);
      if (ask.retire !== undefined) break;
      if (ask.check || ask.recreate) memory.checkLater(ask.recreate);
      await continueAsNew<typeof subscription>({
        spec,
        carried: { memory: memory.state(), outbox: outbox.state() },
      });
    }
    const later = memory.takeLater();
    ask.recreate ||= later === 'recreate';
    ask.check ||= later === 'check';
    // What was asked for stays asked for until it is done: trouble, or whatever woke it meanwhile, must not make it forget. What falls due is not put off by it.
    if (ask.recreate) {
      ask.recreate = false;
      if (await steps.recreate('somebody asked for it')) continue;
      ask.recreate = true;
    } else if (ask.check) {
      ask.check = false;
      if (await steps.check()) continue;
      ask.check = true;
    }
    const now = Date.now();
    const plan = memory.plan(now);
    switch (plan.do) {
      case 'obtain':
        await steps.obtain();
        break;
      case 'recreate':
        if (!(await steps.takePlace('its client state is old'))) await steps.touch('renew');
        break;
      case 'renew':
      case 'reauthorise':
        await steps.touch(plan.do);
        break;
      case 'wait':
        if (ask.recreate || ask.check) break;
        busy = false;
        await condition(() => woken, Math.max(1, plan.until - now), { summary: `until it is time to ${plan.next}` });
        break;
    }
  }

  memory.end('retiring');
  show();
  await steps.remove(ask.retire);
  memory.end('retired');
  show();
  await outbox.drained();
  await condition(allHandlersFinished);
}
