import { tsToMs } from '@temporalio/common/lib/time.js';
import type { TemporalConnection } from '../connection.ts';

/** Task queue types: workflow, activity. */
const types = [1, 2];

/**
 * When workers of each build of a deployment last asked for work on a task queue, by the server's clock; an idle one does once a minute. Builds that have
 * not asked for five minutes are not in it, and nobody is just after a start of the server.
 * @throws when Temporal does not answer
 */
export async function lastAsked(
  { connection, namespace }: Pick<TemporalConnection, 'connection' | 'namespace'>,
  taskQueue: string,
  deploymentName: string,
): Promise<ReadonlyMap<string, number>> {
  const described = await Promise.all(
    types.map((taskQueueType) =>
      connection.workflowService.describeTaskQueue({ namespace, taskQueue: { name: taskQueue }, taskQueueType }),
    ),
  );
  const asked = new Map<string, number>();
  for (const { deploymentOptions, lastAccessTime } of described.flatMap(({ pollers }) => pollers)) {
    if (lastAccessTime == null || deploymentOptions?.buildId == null) continue;
    if (deploymentOptions.deploymentName !== deploymentName) continue;
    const { buildId } = deploymentOptions;
    asked.set(buildId, Math.max(asked.get(buildId) ?? 0, tsToMs(lastAccessTime)));
  }
  return asked;
}
