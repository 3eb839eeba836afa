import { getExternalWorkflowHandle, isCancellation } from '@temporalio/workflow';
import { credentialReady } from '#workflows/contract.ts';

/** Tells the subscriptions that the credential works again, or is another one; those that do not run are left out. */
export async function tellDependents(workflowIds: readonly string[]): Promise<void> {
  await Promise.all(
    workflowIds.map(async (workflowId) => {
      try {
        await getExternalWorkflowHandle(workflowId).signal(credentialReady);
      } catch (error) {
        if (isCancellation(error)) throw error;
      }
    }),
  );
}
