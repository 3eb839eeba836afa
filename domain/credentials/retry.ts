import type { CredentialRules } from '#domain/credentials/plan.ts';
import type { IdentityTroubleKind } from '#domain/identity/trouble.ts';

/** What a refusal is, as far as trying again is concerned. */
export interface Refused {
  readonly kind: IdentityTroubleKind;
  /** As in the table of troubles. */
  readonly code: string;
}

/**
 * Refusals that no repair elsewhere can end: the stored sign-in itself is worth nothing any more ("Refresh tokens in the Microsoft identity platform", token
 * revocation), nobody ever signed in, or asking is what is wrong.
 */
const lasting: ReadonlySet<string> = new Set(
  [
    'AADSTS50132 AADSTS50173 AADSTS50133 AADSTS70000 AADSTS54005 AADSTS70008 AADSTS700082 AADSTS700084',
    'bad_token token_expired refresh_token_expired not-signed-in no_tokens_found',
    'AADSTS50196 not-delegated',
  ].flatMap((codes) => codes.split(' ')),
);

/**
 * True where somebody can repair it without a new sign-in (consent given, a policy lifted, a certificate uploaded), so that only trying again finds out that it
 * is over. Of a sign-in that failed, too: it says nothing of the grant that is stored.
 */
export function healsFromOutside({ kind, code }: Refused): boolean {
  return kind !== 'back-off' && !lasting.has(code);
}

/** Milliseconds. */
const weekMs = 7 * 86_400_000;

/** The longest wait between two tries of what may heal from outside, milliseconds. @param forMs for how long it has been refused */
export function retryEveryMs({ healMs: [first, later] }: Pick<CredentialRules, 'healMs'>, forMs: number): number {
  return forMs < weekMs ? first : later;
}

/** For the docs: how often a refusal is tried again. */
export function retryWords(refused: Refused): string {
  if (refused.kind === 'back-off') return 'within 15 s';
  return healsFromOutside(refused) ? 'every 30 to 40 s, after a week every 5 min' : 'hourly';
}
