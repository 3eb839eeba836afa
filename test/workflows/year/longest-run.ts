import type { Client } from '@temporalio/client';

/** Events of the longest run of these workflows, runs that others followed included. */
export async function longestRun(client: Client, workflowIds: Iterable<string>): Promise<number> {
  let longest = 0;
  for (const workflowId of workflowIds) {
    let runId: string | undefined;
    do {
      const { historyLength, runId: found } = await client.workflow.getHandle(workflowId, runId).describe();
      longest = Math.max(longest, historyLength);
      runId = await runBefore(client, workflowId, found);
    } while (runId !== undefined);
  }
  return longest;
}

async function runBefore(client: Client, workflowId: string, runId: string): Promise<string | undefined> {
  const { history } = await client.workflowService.getWorkflowExecutionHistory({
    ...{ namespace: 'default', execution: { workflowId, runId }, maximumPageSize: 1 },
  });
  const started = history?.events?.[0]?.workflowExecutionStartedEventAttributes;
  return started?.continuedExecutionRunId || undefined;
}
