import {
  status as codes,
  InterceptingCall,
  type Interceptor,
  ListenerBuilder,
  type Metadata,
  RequesterBuilder,
  type StatusObject,
} from '@grpc/grpc-js';
import { isRetryableError } from '@temporalio/client';
import type { Clock } from '#ports/clock.ts';
import { delayBefore } from './backoff.ts';

export interface CallGate {
  /** Gives calls a deadline, repeats them, and knows which are under way. */
  readonly interceptor: Interceptor;
  /** No call is repeated any more, those under way are ended; resolves when none is left. */
  close(): Promise<void>;
}

/** Calls that wait on the server for something to happen; it answers them after 20 s at the latest. */
const longPolls = [
  'GetWorkflowExecutionHistory',
  'PollWorkflowExecutionUpdate',
  'UpdateWorkflowExecution',
  'ExecuteMultiOperation',
  'QueryWorkflow',
];
const backoff = { first: 100, most: 1_000 };

/** Milliseconds that a call of the workflow service may take with all repetitions, where nobody said otherwise. */
export function deadlineOf(path: string): number {
  return longPolls.some((name) => path.endsWith(`/${name}`)) ? 30_000 : 10_000;
}

/**
 * The SDK repeats calls from a bare timer, which ends the process with "Channel has been shut down" when the connection was closed meanwhile. Here the
 * timers are known, and cleared before anything is closed.
 */
export function createCallGate({ clock, random }: { clock: Pick<Clock, 'sleep'>; random?: () => number }): CallGate {
  const closing = new AbortController();
  const calls = new Set<Promise<void>>();
  const cancels = new Set<() => void>();

  const interceptor: Interceptor = (given, nextCall) => {
    const deadline = given.deadline ?? Date.now() + deadlineOf(given.method_definition.path);
    const options = { ...given, deadline };
    let sent: unknown;
    let received: unknown;
    let pass: ((message: unknown) => void) | undefined;
    let current = nextCall(options);
    const cancel = () => current.cancelWithStatus(codes.CANCELLED, 'the connection is being closed');
    const requester = new RequesterBuilder()
      .withStart((metadata: Metadata, _listener, next) => {
        const { promise, resolve: leave } = Promise.withResolvers<void>();
        calls.add(promise);
        cancels.add(cancel);
        let attempt = 1;
        const onStatus = (status: StatusObject, finish: (status: StatusObject) => void) => {
          const wait = delayBefore(attempt, isBusy(status) ? { first: 1_000, most: 5_000 } : backoff, random);
          if (closing.signal.aborted || !isRetryableError(status) || Date.now() + wait >= Number(deadline)) {
            calls.delete(promise);
            cancels.delete(cancel);
            pass?.(received);
            finish(status);
            return leave();
          }
          void clock.sleep(wait, closing.signal).then(() => {
            if (closing.signal.aborted) return onStatus(status, finish);
            attempt += 1;
            current = nextCall(options);
            current.start(metadata, {
              onReceiveMessage: (message) => {
                received = message;
              },
              onReceiveStatus: (again) => onStatus(again, finish),
            });
            current.sendMessage(sent);
            current.halfClose();
          });
        };
        const listener = new ListenerBuilder()
          .withOnReceiveMessage((message, forward) => {
            received = message;
            pass = forward;
          })
          .withOnReceiveStatus((status, forward) => onStatus(status, forward))
          .build();
        next(metadata, listener);
      })
      .withSendMessage((message, next) => {
        sent = message;
        next(message);
      })
      .build();
    return new InterceptingCall(current, requester);
  };

  return {
    interceptor,
    async close() {
      closing.abort();
      for (const cancel of [...cancels]) cancel();
      while (calls.size > 0) await Promise.all(calls);
    },
  };
}

function isBusy(status: StatusObject): boolean {
  return status.code === codes.RESOURCE_EXHAUSTED;
}
