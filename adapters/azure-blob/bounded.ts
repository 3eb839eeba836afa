import { setTimeout as sleep } from 'node:timers/promises';
import { type BlobFailure, classifyBlobError } from '#adapters/azure-blob/errors.ts';

/** What came of some attempts. */
export type Bounded<T> =
  | { readonly ok: true; readonly value: T }
  | {
      readonly ok: false;
      readonly failure: BlobFailure;
      readonly status: number;
      /** True when an earlier attempt may have been carried out. */
      readonly retried: boolean;
    };

const attempts = 3;

/**
 * Three attempts at most, each ended after its time: the vendor's own limit is only told to the service, and credentials look at no signal. What was
 * refused is not tried again.
 */
export async function bounded<T>(
  timeoutMs: number,
  call: (abortSignal: AbortSignal) => Promise<T>,
): Promise<Bounded<T>> {
  for (let tried = 1; ; tried += 1) {
    const over = new AbortController();
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(() => {
      late.reject(Object.assign(new Error('no answer in time'), { name: 'TimeoutError' }));
      over.abort();
    }, timeoutMs);
    try {
      return { ok: true, value: await Promise.race([late.promise, call(over.signal)]) };
    } catch (error) {
      const failure = classifyBlobError(error);
      const status = Number(typeof error === 'object' && error !== null ? (Reflect.get(error, 'statusCode') ?? 0) : 0);
      const refused = status >= 400 && status < 500 && status !== 408 && status !== 429;
      if (refused || failure.reason !== 'unavailable' || tried >= attempts) {
        return { ok: false, failure, status, retried: tried > 1 };
      }
      await sleep(100 * 2 ** tried * (0.5 + Math.random()));
    } finally {
      clearTimeout(timer);
    }
  }
}
