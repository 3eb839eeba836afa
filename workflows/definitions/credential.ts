import { allHandlersFinished, condition, continueAsNew, patched, setHandler } from '@temporalio/workflow';
import {
  type CredentialSpec,
  cancelSignIn,
  codeShown,
  completeSignIn,
  configureCredential,
  credentialView,
  descriptions,
  refreshNow,
  requestSignIn,
  retireCredential,
  revokeCredential,
  tokenRefused,
} from '#workflows/contract.ts';
import { activity, patience, type Trouble, whatever } from '#workflows/definitions/activities.ts';
import { createBoard } from '#workflows/definitions/board.ts';
import { tellDependents } from '#workflows/definitions/credential-dependents.ts';
import { type CredentialMemory, createCredentialMemory } from '#workflows/definitions/credential-memory.ts';
import { createSignIn } from '#workflows/definitions/credential-sign-in.ts';
import { createOutbox, type OutboxState } from '#workflows/definitions/outbox.ts';
import { runIsLong, runIsTooLong } from '#workflows/definitions/run-length.ts';
import { untilWoken } from '#workflows/definitions/until-woken.ts';

export interface CredentialInput {
  readonly spec: CredentialSpec;
  /** Carried from one run to the next. */
  readonly carried?: { readonly memory: CredentialMemory; readonly outbox: OutboxState };
}

/** How long an activity waits by itself before the workflow thinks again. */
const patienceMs = 3_600_000;

/**
 * One credential, for as long as its feed is wanted: it is refreshed at half of its token's life, signs in when it is asked to, tells its subscriptions when it works
 * again, and reminds people while they have to do something.
 */
export async function credential(input: CredentialInput): Promise<void> {
  let { spec } = input;
  let woken = false;
  const ask = { refresh: false, refused: false, revoke: undefined as string | undefined, retire: false };
  const outbox = createOutbox(input.carried?.outbox);
  const memory = createCredentialMemory(() => spec, outbox, input.carried?.memory);
  const signIn = createSignIn(
    () => spec,
    outbox,
    memory,
    () => {
      woken = true;
    },
  );
  const board = createBoard('credential', `Credential of the ${spec.id} feed`, spec.id);
  const show = () => {
    memory.settle(signIn.pending(), Date.now());
    board.show(memory.status(signIn.pending()), [...signIn.lines(), ...memory.lines()]);
  };
  const wake = () => {
    woken = true;
  };

  setHandler(
    configureCredential,
    (next) => {
      spec = next;
      wake();
    },
    descriptions.configureCredential,
  );
  setHandler(
    codeShown,
    (code) => {
      signIn.shown(code);
      show();
    },
    descriptions.codeShown,
  );
  setHandler(
    requestSignIn,
    ({ method, why }) => {
      signIn.ask(method ?? (spec.method === 'browser' ? 'browser' : 'device-code'), why);
      wake();
    },
    {
      ...descriptions.requestSignIn,
      validator: (_request) => {
        if (spec.kind === 'application') throw new TypeError('the application signs in by itself: nobody has to');
      },
    },
  );
  setHandler(completeSignIn, ({ address }) => signIn.complete(address), {
    ...descriptions.completeSignIn,
    validator: ({ address }) => {
      const why = signIn.whyNot(address, Date.now());
      if (why !== undefined) throw new TypeError(why);
    },
  });
  setHandler(cancelSignIn, () => void signIn.cancel('asked'), descriptions.cancelSignIn);
  setHandler(
    refreshNow,
    () => {
      ask.refresh = true;
      wake();
    },
    descriptions.refreshNow,
  );
  setHandler(
    tokenRefused,
    () => {
      // In trouble it looks by itself all the time, and tells them.
      if (!memory.isWell()) return;
      ask.refused = true;
      wake();
    },
    descriptions.tokenRefused,
  );
  setHandler(
    revokeCredential,
    ({ why }) => {
      ask.revoke = why;
      wake();
    },
    descriptions.revokeCredential,
  );
  setHandler(
    retireCredential,
    () => {
      ask.retire = true;
      wake();
    },
    descriptions.retireCredential,
  );
  setHandler(
    credentialView,
    () => {
      const held = memory.held();
      const pending = signIn.pending();
      return {
        ...memory.status(pending),
        ...{ spec, signingIn: signIn.running() || signIn.asked() },
        ...(held === undefined ? {} : { held }),
        ...(pending === undefined ? {} : { pending }),
      };
    },
    descriptions.credentialView,
  );

  // It ends with the run, by cancellation.
  outbox.run().catch(() => undefined);

  /** Gets a token; waits in the activity for what passes by itself. */
  async function refresh(): Promise<void> {
    const wasWell = memory.isWell() && !ask.refused;
    ask.refresh = false;
    let outcome = await activity('refreshCredential', 'get a new token', { credential: spec.id });
    // Several are refused at once.
    ask.refused = false;
    if (!outcome.ok && mayPass(outcome)) {
      const { code } = outcome;
      memory.troubled(outcome, Date.now());
      const pace = isRepairedElsewhere(outcome) ? { everyMs: memory.healEveryMs(Date.now()) } : {};
      show();
      // What came since this was begun is looked at first. A history in which it was forgotten goes on as it began.
      if (woken && !patched('woken-while-refreshing')) woken = false;
      const patient = await untilWoken(
        () => woken,
        () =>
          activity(
            'refreshCredential',
            'wait until Microsoft gives a token again',
            { credential: spec.id, patient: code, ...pace },
            patience(Math.min(patienceMs, memory.reminderInMs(Date.now()))),
          ),
      );
      if (patient.kind !== 'done') return;
      outcome = patient.value;
    }
    if (!outcome.ok) return memory.troubled(outcome, Date.now());
    memory.refreshed(outcome, Date.now());
    if (!wasWell && memory.isWell()) await tellDependents(spec.dependents);
  }

  async function forget(why: string): Promise<void> {
    signIn.cancel('silently');
    // Somebody may be approving it at this moment: what comes of that is forgotten, too.
    await signIn.ended();
    signIn.takeSuccess();
    await activity('forgetCredential', 'forget the grant', { credential: spec.id, patient: whatever });
    memory.revoked(why, Date.now());
  }

  const asked = () => ask.refresh || ask.refused;

  for (;;) {
    woken = false;
    show();
    if (ask.retire) break;
    if (ask.revoke !== undefined) {
      const why = ask.revoke;
      ask.revoke = undefined;
      await forget(why);
      continue;
    }
    if (signIn.start()) continue;
    if (signIn.takeSuccess()) {
      await tellDependents(spec.dependents);
      continue;
    }
    // The next run would not know of it. A history in which that one came first goes on as it began.
    if (asked() && patched('refresh-before-next-run')) {
      await refresh();
      continue;
    }
    // A sign-in is an activity of this run: the next run begins when it is over.
    if (
      runIsLong(spec.maxHistory) &&
      !signIn.running() &&
      ((await outbox.settled()) || runIsTooLong(spec.maxHistory))
    ) {
      await condition(allHandlersFinished);
      if (ask.retire || ask.revoke !== undefined || signIn.asked()) continue;
      if (asked() && patched('refresh-before-next-run')) continue;
      await continueAsNew<typeof credential>({
        spec,
        carried: { memory: memory.state(), outbox: outbox.state() },
      });
    }
    if (asked()) {
      await refresh();
      continue;
    }
    const plan = memory.plan(Date.now());
    if (plan.do === 'refresh') await refresh();
    else if (plan.do === 'remind' || plan.do === 'foresee') memory.reminded(plan, Date.now());
    else if (Number.isFinite(plan.until))
      await condition(() => woken, Math.max(1, plan.until - Date.now()), { summary: `until ${plan.next} is due` });
    else await condition(() => woken);
  }

  memory.retiring(Date.now());
  show();
  await forget('this feed is no longer wanted');
  memory.retired(Date.now());
  show();
  await outbox.drained();
  await condition(allHandlersFinished);
}

/** Nobody here can do anything: trying again finds out when it is over. */
function mayPass({ identity, kind }: Trouble): boolean {
  return identity === undefined || identity === 'back-off' || identity === 'admin-must-act' || kind === 'soon';
}

function isRepairedElsewhere({ identity }: Trouble): boolean {
  return identity !== undefined && identity !== 'back-off';
}
