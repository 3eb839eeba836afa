import type { WorkflowInterceptors } from '@temporalio/workflow';
import { timersAt } from '#test/workflows/year/timers-at.ts';

/** Lets every timer of a workflow fire at the same moment of some second (timers-at.ts), never earlier than it should. */
export const interceptors = (): WorkflowInterceptors => ({
  outbound: [
    {
      startTimer(input, next) {
        const now = Date.now();
        const due = Math.ceil((now + input.durationMs - timersAt) / 1_000) * 1_000 + timersAt;
        return next({ ...input, durationMs: Math.max(1, due - now) });
      },
    },
  ],
});
