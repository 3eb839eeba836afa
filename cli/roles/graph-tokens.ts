import type { EntraSimulator } from '#simulator/entra/simulator.ts';
import type { TokenCheck } from '#simulator/graph/options.ts';

/** What simulated Graph makes of a bearer token of simulated Entra ID. */
export function tokenCheck(entra: EntraSimulator, bearer: string): TokenCheck {
  const checked = entra.verifyAccessToken(bearer);
  if (!checked.ok) return checked;
  const { appid, tid, scp, roles, exp, idtyp, oid } = checked.claims;
  return {
    ok: true,
    claims: {
      ...{ appId: appid, tenantId: tid, scopes: scp, roles, expiresAt: exp * 1000 },
      ...(idtyp === 'user' ? { userId: oid } : {}),
    },
  };
}
