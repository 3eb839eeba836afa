import type { TestWorkflowEnvironment } from '@temporalio/testing';

/** An activity, or a step of a workflow, that has not come to an end. */
interface Pending {
  readonly isRunning: boolean;
  readonly word: string;
}

const lookMs = 2_500;
/** Looks at which time has stood still before a lock is taken off, and before that is a fault of ours. */
const helpfulLooks = 4;
const mostLooks = 48;
/** A server that does not answer for so long never will. */
const answerMs = 30_000;
/** Of what is skipped, two real seconds are hours; time that only passes is stuck. */
const leastMs = 60_000;

/**
 * Lets the server skip, and sees to it that it gets on. Whenever an activity is cancelled while it waits for its next attempt, the server (1.38.0) counts one lock of
 * its time too many: the timer of that attempt locks it for an activity that is gone. The lock is taken off here, where nothing runs that could need it.
 * @throws where time stands still all the same, with what is waited for
 */
export async function whileItSkips(options: {
  readonly env: TestWorkflowEnvironment;
  readonly skip: () => Promise<void>;
  /** The workflows there are. */
  readonly workflows: ReadonlySet<string>;
  /** What may explain it. */
  readonly context: () => string;
  /** Told when a lock was taken off. */
  readonly onHelp: () => void;
}): Promise<void> {
  const { env } = options;
  const stuck = Promise.withResolvers<never>();
  let timer: NodeJS.Timeout | undefined;
  let seen = await env.currentTimeMs();
  let looks = 0;
  async function look(): Promise<void> {
    const now = await env.currentTimeMs();
    looks = now - seen < leastMs ? looks + 1 : 0;
    seen = now;
    if (looks < helpfulLooks) return;
    const pending = await env.connection.withDeadline(Date.now() + answerMs, () => allPending(env, options.workflows));
    if (!pending.some(({ isRunning }) => isRunning)) {
      // Refused where it was not locked after all.
      const helped = env.connection.testService?.unlockTimeSkipping({}).then(options.onHelp);
      await helped?.catch(() => undefined);
    }
    if (looks < mostLooks) return;
    const words = [options.context(), ...pending.map(({ word }) => word)];
    throw new Error(`the server skips no more at ${new Date(now).toISOString()}: ${words.join(', ')}`);
  }
  const lookAgain = () => {
    timer = setTimeout(() => void look().then(lookAgain, stuck.reject), lookMs);
  };
  lookAgain();
  try {
    await Promise.race([options.skip(), stuck.promise]);
  } finally {
    clearTimeout(timer);
  }
}

async function allPending(
  { client }: TestWorkflowEnvironment,
  workflows: ReadonlySet<string>,
): Promise<readonly Pending[]> {
  const looked = await Promise.all(
    [...workflows].map(async (id) => {
      const handle = client.workflow.getHandle(id);
      return { ...(await handle.describe()), last: (await handle.fetchHistory()).events?.at(-1) };
    }),
  );
  return looked.flatMap(({ workflowId, raw, last }) => [
    // This server does not describe a step that is under way; where one is, the history ends with its beginning.
    ...(last?.workflowTaskScheduledEventAttributes || last?.workflowTaskStartedEventAttributes
      ? [{ isRunning: true, word: `${workflowId} decides` }]
      : []),
    ...(raw.pendingActivities ?? []).map(({ activityType, state, attempt = 1, lastFailure }) => ({
      // PENDING_ACTIVITY_STATE_STARTED and those that were asked to end; a first attempt waits only for the worker to take it.
      isRunning: state !== 1 || attempt === null || attempt <= 1,
      word: `${workflowId} ${activityType?.name} (state ${state}, try ${attempt}): ${lastFailure?.message}`,
    })),
  ]);
}
