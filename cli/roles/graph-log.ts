import type { Logger } from 'pino';
import type { GraphCallReport } from '#adapters/graph/request.ts';
import type { Feed } from '#workflows/contract.ts';

/**
 * One line for each call to Graph, with what a support case asks for: Graph's `request-id` and our `client-request-id`. A success is a detail (`debug`), a failure
 * after all attempts a warning; no address and nobody's id is in it.
 * @param ending what is under way then is cut short on purpose
 */
export function graphCallLog(
  log: Pick<Logger, 'debug' | 'warn'>,
  feed: Feed,
  ending: AbortSignal,
): (report: GraphCallReport) => void {
  return (report) => {
    const { operation, outcome, attempts, durationMs, status, requestId, clientRequestId } = report;
    const line = {
      ...{ graph: operation, feed, outcome, attempts, durationMs, clientRequestId },
      ...(status === undefined ? {} : { status }),
      ...(requestId === undefined ? {} : { requestId }),
    };
    if (outcome === 'ok') log.debug(line, 'Graph was asked');
    else if (ending.aborted) log.debug(line, 'a call to Graph was cut short');
    else log.warn(line, 'Graph was asked in vain');
  };
}
