import { type WorkflowInterceptors, workflowInfo } from '@temporalio/workflow';

/** How a workflow without one of its guards would be: it goes the new way, whatever the history says. The workflow's id names the guard, as `without <guard>`. */
export const interceptors = (): WorkflowInterceptors => {
  const guard = /^without (.*)$/.exec(workflowInfo().workflowId)?.[1];
  const { __TEMPORAL_ACTIVATOR__: activator } = globalThis as unknown as {
    readonly __TEMPORAL_ACTIVATOR__: { patchInternal(id: string, deprecated: boolean): boolean };
  };
  const asked = activator.patchInternal.bind(activator);
  activator.patchInternal = (id, deprecated) => id === guard || asked(id, deprecated);
  return {};
};
