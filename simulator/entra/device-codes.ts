import type { Provider } from 'oidc-provider';
import { graphResource } from '#simulator/entra/options.ts';
import { newGrant } from '#simulator/entra/provider.ts';
import type { Realm } from '#simulator/entra/realm.ts';
import { offlineScope } from '#simulator/entra/scopes.ts';

/** A device code that waits for a person. */
export interface PendingCode {
  readonly userCode: string;
  readonly clientId: string;
  readonly clientName: string;
  /** As asked for: delegated permissions by short name, and scopes of OpenID Connect. */
  readonly scopes: readonly string[];
  /** Milliseconds since 1970 UTC. */
  readonly expiresAt: number;
}

export type ApproveResult =
  | { readonly ok: true }
  | { readonly ok: false; readonly reason: 'unknown-code' | 'expired' | 'already-answered' | 'unknown-user' };

/** What a person does at the verification page. */
export interface DeviceCodes {
  pending(): readonly PendingCode[];
  /** One that waits, by what a person typed. */
  find(userCode: string): Promise<PendingCode | Extract<ApproveResult, { ok: false }>>;
  /** @param as sign-in name; default the service user */
  answer(userCode: string, options?: { readonly as?: string; readonly deny?: boolean }): Promise<ApproveResult>;
}

export function createDeviceCodes(provider: Provider, realm: Realm): DeviceCodes {
  const described = (code: { userCode: string; clientId: string; scope: string; expiresAt: number }): PendingCode => ({
    userCode: code.userCode,
    clientId: code.clientId,
    clientName: realm.client(code.clientId)?.name ?? code.clientId,
    scopes: code.scope
      .split(' ')
      .flatMap((name) => (name === '' ? [] : [name === offlineScope ? 'offline_access' : name])),
    expiresAt: code.expiresAt,
  });
  const lookUp = async (typed: string) => {
    const code = await provider.DeviceCode.findByUserCode(typed.toUpperCase().replace(/[^A-Z0-9]/g, ''), {
      ignoreExpiration: true,
    });
    if (code === undefined) return { ok: false, reason: 'unknown-code' } as const;
    if (code.isExpired) return { ok: false, reason: 'expired' } as const;
    if (code.accountId !== undefined || code.error !== undefined)
      return { ok: false, reason: 'already-answered' } as const;
    return { ok: true, code } as const;
  };
  const answer: DeviceCodes['answer'] = async (typed, { as = realm.tenant.serviceUser, deny = false } = {}) => {
    const found = await lookUp(typed);
    if (!found.ok) return found;
    const { code } = found;
    if (deny) {
      Object.assign(code, { error: 'access_denied', errorDescription: 'declined' });
      await code.save();
      return { ok: true };
    }
    const user = realm.user(as);
    if (user === undefined) return { ok: false, reason: 'unknown-user' };
    const grant = await newGrant(provider, realm, user.id, code.clientId ?? '');
    Object.assign(code, {
      accountId: user.id,
      grantId: grant.jti,
      scope: String(code.params?.['scope'] ?? ''),
      authTime: Math.floor(Date.now() / 1000),
      amr: ['pwd', 'mfa'],
      resource: graphResource,
    });
    await code.save();
    return { ok: true };
  };
  let answering: Promise<unknown> = Promise.resolve();
  return {
    pending: () =>
      realm.store
        .deviceCodes()
        .filter((code) => !code.answered && code.expiresAt > realm.clock.now())
        .map(described),
    find: async (typed) => {
      const found = await lookUp(typed);
      if (!found.ok) return found;
      const { userCode, clientId, params, exp } = found.code;
      const ahead = realm.clock.now() - Date.now();
      return described({
        userCode,
        clientId: clientId ?? '',
        scope: String(params?.['scope'] ?? ''),
        expiresAt: (exp ?? 0) * 1000 + ahead,
      });
    },
    // One at a time: two would both find the code unanswered, and the later would overwrite what the earlier stored.
    answer: (typed, options) => {
      const next = answering.then(() => answer(typed, options));
      answering = next.catch(() => undefined);
      return next;
    },
  };
}
