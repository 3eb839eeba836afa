import { CancellationScope, sleep } from '@temporalio/workflow';
import { addressProblems, readBrowserAddress } from '#domain/identity/browser-address.ts';
import type { Feed, PendingCode } from '#workflows/contract.ts';
import { activity, type CredentialFacts, type Trouble } from '#workflows/definitions/activities.ts';

/** A sign-in by browser that ends in one of two ways: the browser comes back to the worker itself, or somebody brings the address at which it ended. */
export interface HandIn {
  /** @param wait runs at the worker until the browser came back; it is cancelled where the address was brought instead */
  run(credential: Feed, wait: () => Promise<CredentialFacts | Trouble>): Promise<CredentialFacts | Trouble>;
  /** @param address secret; {@link whyNotOf} has looked at it */
  bring(address: string): void;
}

export function createHandIn(): HandIn {
  let bring: (address: string) => void = () => undefined;
  return {
    async run(credential, wait) {
      const brought = Promise.withResolvers<string>();
      bring = brought.resolve;
      const waiting = new CancellationScope();
      const waited = waiting.run(wait);
      const first = await Promise.race([waited, brought.promise]);
      if (typeof first !== 'string') return first;
      const input = { credential, address: first };
      const outcome = await activity('completeSignIn', 'sign in: the browser ended at an address', input, toItsEnd);
      // Where it is over, the browser may have come back to the worker at the same moment.
      if (!outcome.ok && outcome.code === 'browser-over')
        return await Promise.race([waited, waiting.run(() => sleep(settlingMs)).then(() => outcome)]);
      waiting.cancel();
      await waited.catch(() => undefined);
      return outcome;
    },
    bring: (address) => bring(address),
  };
}

/** Why an address is not where the browser of a sign-in ended, in words for who pasted it. @param now milliseconds since 1970 UTC */
export function whyNotOf(pending: PendingCode | undefined, address: string, now: number): string | undefined {
  if (pending?.method !== 'browser' || now > pending.expiresAt) return nothingWaits;
  const state = new URL(pending.verificationUri).searchParams.get('state') ?? '';
  const read = readBrowserAddress(address, state);
  return read.ok ? undefined : addressProblems[read.problem];
}

/** Called off meanwhile, it is over only when no grant can come of it any more. */
const toItsEnd = { cancellationType: 'WAIT_CANCELLATION_COMPLETED' } as const;

/** Within this the worker has finished what its browser brought, milliseconds. */
const settlingMs = 30_000;

const nothingWaits =
  'No sign-in by browser waits for an address: it is over, or was called off. Begin a new one: `tocsin sign-in --browser`, or the admin page.';

/** For the details of a sign-in by browser. */
export const bringBack =
  'Where the browser then ends at a page of `http://localhost` that does not load, copy its whole address and paste it into the admin page, or give it to `tocsin sign-in --complete`.';
