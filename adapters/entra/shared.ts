import type { AuthenticationResult } from '@azure/msal-node';
import type { EntraRefusal } from '#domain/identity/classify.ts';
import type { Clock } from '#ports/clock.ts';
import type { CredentialId, CredentialState, IdentityFailure } from '#ports/identity.ts';
import type { Ids } from '#ports/ids.ts';
import type { Outbound } from '#ports/outbound.ts';
import type { Secrets } from '#ports/secrets.ts';
import { createExchange, type Exchange, type Issued } from './exchange.ts';
import { failure, tellFromMs } from './failure.ts';
import type { Grant } from './grant.ts';
import type { Keeper } from './keeper.ts';
import { ownerOf, type Registration } from './msal.ts';

/** What both kinds of identity are made of. */
export interface IdentityDeps extends Registration {
  readonly credential: CredentialId;
  /** The tenant's id, a UUID: for `state`. */
  readonly tenantId: string;
  /** Where the grant is kept, under `credential/<credential>/token-cache`. */
  readonly secrets: Secrets;
  readonly outbound: Outbound;
  readonly clock: Clock;
  readonly ids: Ids;
  /** Told when the clocks of this machine and of Entra begin to differ by two minutes or more, and (with 0) when they agree again. */
  readonly onClockSkew?: (skewMs: number) => void;
}

/** What one identity remembers between operations. */
export interface Session {
  readonly owner: string;
  /** How far Entra's clock is ahead of ours, milliseconds, as last seen. */
  skewMs(): number;
  fail(refusal: EntraRefusal): IdentityFailure;
  /** For one operation. @param withinMs after which it is ended */
  exchange(withinMs: number, cancelled?: AbortSignal): Exchange;
}

export function createSession(deps: IdentityDeps): Session {
  const { outbound, clock, ids, onClockSkew } = deps;
  const discovery = new Map<string, { readonly body: unknown; readonly at: number }>();
  let skew = 0;
  const onSkew = (skewMs: number) => {
    const wasOff = Math.abs(skew) >= tellFromMs;
    const isOff = Math.abs(skewMs) >= tellFromMs;
    skew = skewMs;
    if (wasOff !== isOff) onClockSkew?.(isOff ? skewMs : 0);
  };
  return {
    owner: ownerOf(deps),
    skewMs: () => skew,
    fail: (refusal) => failure(refusal, skew),
    // The machine's own timer: the network does not wait for a simulated clock.
    exchange: (withinMs, cancelled) =>
      createExchange({ outbound, clock, ids, discovery, onSkew }, AbortSignal.timeout(withinMs), cancelled),
  };
}

/** The part of a grant that every answer with a token gives. */
export function tokenOf(result: AuthenticationResult, issued: Issued | undefined): Grant['token'] {
  if (result.accessToken === '') throw new Error('an answer without a token');
  return { value: result.accessToken, expiresAt: issued?.tokenExpiresAt ?? result.expiresOn?.getTime() ?? 0 };
}

export async function stateOf(keeper: Keeper, owner: string): Promise<CredentialState | IdentityFailure> {
  const kept = await keeper.read();
  if (!kept.ok) return kept;
  const { grant } = kept;
  return grant === undefined || grant.owner !== owner
    ? { ok: true, signedIn: false, permissions: [] }
    : describeGrant(grant);
}

export function describeGrant({
  token,
  permissions,
  grantExpiresAt,
  signedInAt,
  userId,
  userName,
  tenantId,
}: Grant): CredentialState {
  return {
    ok: true,
    signedIn: true,
    permissions,
    tokenExpiresAt: token.expiresAt,
    ...(grantExpiresAt === undefined ? {} : { grantExpiresAt }),
    ...(signedInAt === undefined ? {} : { signedInAt }),
    ...(userId === undefined ? {} : { userId }),
    ...(userName === undefined ? {} : { userName }),
    ...(tenantId === undefined ? {} : { tenantId }),
  };
}
