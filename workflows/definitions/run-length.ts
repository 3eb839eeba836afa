import { workflowInfo } from '@temporalio/workflow';

/** Events of one run after which the next begins; Temporal itself warns at 10,240. */
const defaultMaxHistory = 2_000;

/** True when the run is to be followed by another one. */
export function runIsLong(maxHistory = defaultMaxHistory): boolean {
  const { historyLength, continueAsNewSuggested } = workflowInfo();
  return continueAsNewSuggested || historyLength >= maxHistory;
}

/** True when it must be followed at once, though something is still under way. */
export function runIsTooLong(maxHistory = defaultMaxHistory): boolean {
  return workflowInfo().historyLength >= 3 * maxHistory;
}
