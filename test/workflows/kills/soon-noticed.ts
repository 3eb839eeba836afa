import type { WorkflowInterceptorsFactory } from '@temporalio/workflow';

/** Within workflows: an activity whose worker died is noticed after two seconds (where a person is waited for, who should not be asked twice, some more) and called again at once, each time. */
export const interceptors: WorkflowInterceptorsFactory = () => ({
  outbound: [
    {
      scheduleActivity: (input, next) =>
        next({
          ...input,
          options: {
            ...input.options,
            ...{
              heartbeatTimeout: /sign/i.test(input.activityType) ? '4s' : '2s',
              retry: { initialInterval: '100ms', backoffCoefficient: 1 },
            },
          },
        }),
    },
  ],
});
