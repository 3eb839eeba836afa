import { continueAsNew, proxyActivities, sleep, workflowInfo } from '@temporalio/workflow';

const { touch } = proxyActivities<{ touch(): Promise<void> }>({ startToCloseTimeout: '1m' });

/** What a renewal cannot do without: a timer and an activity, again and again. */
export async function bare(): Promise<void> {
  while (!workflowInfo().continueAsNewSuggested && workflowInfo().historyLength < 4_000) {
    await sleep(1);
    await touch();
  }
  await continueAsNew<typeof bare>();
}
