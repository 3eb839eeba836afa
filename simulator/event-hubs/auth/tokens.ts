import type { EventHubsSimulatorOptions, TokenCheck } from '../options.ts';
import { checkSharedAccessSignature, resourcePath } from './shared-access-signature.ts';

/**
 * Checks a token of either kind for an audience (a resource URI, at or below what the token was issued for).
 * Expected refusals are values; never rejects.
 * @param type as clients put it: `servicebus.windows.net:sastoken` or `jwt`
 */
export async function checkToken(
  options: Pick<EventHubsSimulatorOptions, 'sas' | 'jwt' | 'clock'>,
  type: string,
  token: string,
  audience: string,
): Promise<TokenCheck> {
  const { sas, jwt, clock } = options;
  try {
    if (type === 'servicebus.windows.net:sastoken') {
      return within(checkSharedAccessSignature(token, sas, clock.now()), audience);
    }
    if (type === 'jwt' && jwt !== undefined) return within(await jwt(token, audience), audience);
    return { ok: false, reason: `UnsupportedTokenType: tokens of type '${type}' are not accepted.` };
  } catch (error) {
    // Badly encoded fields, or a verifier that could not be asked.
    return { ok: false, reason: `MalformedToken: ${String(error)}` };
  }
}

function within(check: TokenCheck, audience: string): TokenCheck {
  if (!check.ok || check.path === '' || `${resourcePath(audience)}/`.startsWith(`${check.path}/`)) return check;
  return { ok: false, reason: 'InvalidAudience: the token is for another resource.' };
}
