import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type ApproveResult, createDeviceCodes, type PendingCode } from '#simulator/entra/device-codes.ts';
import { createEntraFaults, type EntraFaultName, type EntraFaults } from '#simulator/entra/faults.ts';
import { createFront } from '#simulator/entra/front.ts';
import { createOauthEndpoints } from '#simulator/entra/oauth-endpoints.ts';
import type { EntraOptions } from '#simulator/entra/options.ts';
import { createProvider } from '#simulator/entra/provider.ts';
import { createRealm } from '#simulator/entra/realm.ts';
import { makeSigningKey, readSigningKey } from '#simulator/entra/signing-key.ts';
import { openEntraStore } from '#simulator/entra/store.ts';
import { type AccessTokenCheck, verifyAccessToken } from '#simulator/entra/verify-access-token.ts';
import { openTlsListener } from '#simulator/tls/listener.ts';

/** A simulated Microsoft Entra ID with one tenant, over TLS. */
export interface EntraSimulator {
  /** `https://localhost:PORT/TENANT`: `authority` of MSAL, with `localhost:PORT` among its known authorities. */
  readonly authority: string;
  /** `https://localhost:PORT/TENANT/v2.0`: for OpenID Connect discovery. */
  readonly issuer: string;
  readonly port: number;
  /** Device codes that nobody has answered. */
  pendingCodes(): readonly PendingCode[];
  /**
   * Answers a device code as a person would.
   * @param as sign-in name of a user of the tenant; the service user when it is absent
   */
  approve(userCode: string, options?: { readonly as?: string; readonly deny?: boolean }): Promise<ApproveResult>;
  /** While on, every device code is approved by itself as the service user: those that wait now, and new ones. */
  autoApprove(on: boolean): Promise<void>;
  /** What Graph does with a token before it looks at permissions. Its clock is right, whatever the faults. */
  verifyAccessToken(token: string): AccessTokenCheck;
  readonly faults: EntraFaults;
  close(): Promise<void>;
}

/**
 * Starts it. State in `folder` makes it the same tenant after a restart, signing key, refresh tokens and revocations included.
 * @throws when the port is taken
 */
export async function createEntraSimulator(options: EntraOptions): Promise<EntraSimulator> {
  const store = openEntraStore(options.folder, options.clock);
  const key = readSigningKey(store.secret('signing-key', makeSigningKey));
  const closed = new AbortController();
  let automatic = false;
  let handler: (request: IncomingMessage, response: ServerResponse) => unknown = (_request, response) =>
    response.destroy();
  const at = { host: options.host ?? '127.0.0.1', port: options.port ?? 0 };
  const listener = await openTlsListener(at, options.tls, (request, response) => void handler(request, response)).catch(
    (error: unknown) => {
      store.close();
      throw error;
    },
  );

  const onChange = async (name: EntraFaultName, active: boolean) => {
    if (name === 'unreachable') await (active ? listener.refuse() : listener.open());
    if (!active) return;
    const publicClients = options.clients.flatMap((client) => (client.kind === 'public' ? [client.clientId] : []));
    if (name === 'password-changed') store.revoke(store.grants(new Set(publicClients)));
    if (name === 'token-revoked') store.revoke(store.grants());
  };
  const { faults, state } = createEntraFaults({ presentGrants: () => store.grants(), onChange });
  const realm = createRealm(`https://localhost:${listener.port}`, options, { store, key, faults: state });
  const secret = randomBytes(32).toString('base64url');
  const provider = createProvider(realm, secret);
  const codes = createDeviceCodes(provider, realm);
  const endpoints = createOauthEndpoints(realm, provider, codes, secret, () => automatic);
  provider.use(createFront(realm, provider, { endpoints, codes, closed: closed.signal }));
  handler = provider.callback();

  return {
    authority: realm.authority,
    issuer: realm.issuer,
    port: listener.port,
    pendingCodes: () => codes.pending(),
    approve: (userCode, answer) => codes.answer(userCode, answer),
    autoApprove: async (on) => {
      automatic = on;
      if (on) for (const code of codes.pending()) await codes.answer(code.userCode);
    },
    verifyAccessToken: (token) => verifyAccessToken(token, key, options.tenant.id, options.clock.now()),
    faults,
    close: async () => {
      closed.abort();
      await listener.close();
      store.close();
    },
  };
}
