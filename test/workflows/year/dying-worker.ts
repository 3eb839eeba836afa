import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker } from '@temporalio/worker';
import { createActivities } from '#workflows/activities/create-activities.ts';
import type { ActivityDeps } from '#workflows/activities/deps.ts';
import { taskQueue } from '#workflows/contract.ts';

export interface DyingWorker {
  /** What it does next is lost: it is gone before it began, or after all was done and before anybody heard of it. */
  kill(): void;
  stop(): Promise<void>;
}

/**
 * A worker whose activities die as those of a killed worker do. The whole worker cannot be replaced here: this server keeps the next task of a workflow for ever for the
 * worker that did the last one, and without that memory (`maxCachedWorkflows: 0`) a day takes minutes. Workers that end are tested on the real server.
 * @param pass lets the time come that an activity was scheduled for
 */
export async function startDyingWorker(options: {
  readonly env: TestWorkflowEnvironment;
  readonly codePath: string;
  readonly deps: ActivityDeps;
  readonly random: () => number;
  readonly pass: (to: number) => Promise<void>;
}): Promise<DyingWorker> {
  const { env, random } = options;
  let dying = 0;
  const worker = await Worker.create({
    ...{ connection: env.nativeConnection, taskQueue, workflowBundle: { codePath: options.codePath } },
    ...{ activities: createActivities(options.deps), shutdownGraceTime: 100, maxCachedWorkflows: 50 },
    interceptors: {
      activity: [
        ({ info }) => ({
          inbound: {
            async execute(input, next) {
              // Within a workflow's own step time stands still, and the worker tells its own.
              if (!info.isLocal) await options.pass(info.currentAttemptScheduledTimestampMs);
              const dies = dying > 0;
              if (dies) dying -= 1;
              if (dies && random() < 0.3) throw new Error('the worker was killed');
              const result = await next(input);
              if (dies) throw new Error('the worker was killed');
              return result;
            },
          },
        }),
      ],
    },
  });
  const running = worker.run();
  return {
    kill() {
      dying += 1;
    },
    async stop() {
      worker.shutdown();
      await running;
    },
  };
}
