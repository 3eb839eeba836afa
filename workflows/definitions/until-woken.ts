import { ActivityFailure, CancellationScope, condition, isCancellation } from '@temporalio/workflow';

export type Woken<T> =
  | { readonly kind: 'done'; readonly value: T }
  /** Something happened that is to be looked at first. */
  | { readonly kind: 'woken' }
  /** The activity was given as long as it may take. */
  | { readonly kind: 'timeout' };

/** Runs an activity until it answers or something happens; then it is cancelled. */
export async function untilWoken<T>(woken: () => boolean, call: () => Promise<T>): Promise<Woken<T>> {
  const scope = new CancellationScope();
  try {
    return await scope.run(() =>
      Promise.race<Woken<T>>([
        call().then((value) => ({ kind: 'done', value })),
        condition(woken).then(() => ({ kind: 'woken' })),
      ]),
    );
  } catch (error) {
    if (isCancellation(error)) throw error;
    // Not a timeout by name where the next try would come too late: then it is the last failure.
    if (error instanceof ActivityFailure) return { kind: 'timeout' };
    throw error;
  } finally {
    scope.cancel();
  }
}
