import { AuthError } from '@azure/msal-node';
import { classify, type EntraRefusal } from '#domain/identity/classify.ts';
import type { IdentityFailure } from '#ports/identity.ts';
import type { Exchange } from './exchange.ts';

/** @param skewMs how far Entra's clock is ahead of ours, where known */
export function failure(refusal: EntraRefusal, skewMs = 0): IdentityFailure {
  const trouble = classify(refusal);
  if (Math.abs(skewMs) < tellFromMs) return { ok: false, reason: 'identity', trouble };
  const next = `${trouble.next} ${skewHint(skewMs)}`;
  return { ok: false, reason: 'identity', trouble: { ...trouble, next } };
}

/** Runs work with MSAL. No error of MSAL, or of what it calls, gets out: they may hold what was sent. */
export async function attempt<T extends { readonly ok: true }>(
  exchange: Exchange,
  skew: () => number,
  work: () => Promise<T | IdentityFailure>,
): Promise<T | IdentityFailure> {
  try {
    return await work();
  } catch (error) {
    return failure(exchange.refusal() ?? { error: wordOf(error) }, skew());
  }
}

/** From here on a difference of clocks is told. Entra allows five minutes. */
export const tellFromMs = 120_000;

function skewHint(skewMs: number): string {
  const minutes = Math.round(Math.abs(skewMs) / 60_000);
  return `The clock of this machine is ${minutes} minutes ${skewMs > 0 ? 'behind' : 'ahead of'} that of Entra: set it by NTP.`;
}

/** MSAL's own errors have codes; those that the table knows tell something, the rest mean that an answer made no sense. */
function wordOf(error: unknown): string {
  const code = error instanceof AuthError ? error.errorCode : '';
  return ownWords.get(code) ?? 'bad-answer';
}

const ownWords: ReadonlyMap<string, string> = new Map([
  ['no_tokens_found', 'no_tokens_found'],
  ['refresh_token_expired', 'refresh_token_expired'],
  ['device_code_expired', 'code-expired'],
  ['user_timeout_reached', 'timed-out'],
  ['device_code_polling_cancelled', 'cancelled'],
  ['network_error', 'network'],
]);
