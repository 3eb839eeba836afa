import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { JWK } from 'jose';
import type { Clock } from '#ports/clock.ts';
import { makeSigningKey, readSigningKey } from '#simulator/entra/signing-key.ts';
import type { Faults } from '#simulator/faults.ts';
import { createManagedIdentityFaults } from '#simulator/managed-identity/faults.ts';
import {
  checkIdentityToken,
  type IdentityCheck,
  identityClaims,
  type SimulatedIdentity,
} from '#simulator/managed-identity/tokens.ts';

export interface ManagedIdentityOptions {
  readonly clock: Pick<Clock, 'now'>;
  /** Directory (tenant) id. */
  readonly tenantId: string;
  readonly identities: readonly SimulatedIdentity[];
  /** One that the metadata service of a virtual machine gives to everybody on it. */
  readonly machine?: SimulatedIdentity;
  /** Default 0: a free one. */
  readonly port?: number;
  /** Life of a token in seconds. @defaultValue 86,400, as Azure's */
  readonly lifeSeconds?: number;
  /** One line for each request: resource and status; no token. */
  readonly log?: (line: string) => void;
}

/** The endpoint that Container Apps give to a process for its managed identities, and the metadata service of a virtual machine. */
export interface ManagedIdentitySimulator {
  /** Value of `IDENTITY_ENDPOINT`. */
  readonly endpoint: string;
  /** Value of `AZURE_POD_IDENTITY_AUTHORITY_HOST`, which puts that service elsewhere than at 169.254.169.254. */
  readonly metadataHost: string;
  /** Public part of the key that tokens are signed with. */
  readonly publicJwk: JWK;
  readonly faults: Faults;
  /** Value of `IDENTITY_HEADER` for whoever runs as that identity; with it tokens of that identity alone are to be had. */
  headerOf(clientId: string): string;
  /** What a service makes of a token. */
  check(token: string, audience: string): IdentityCheck;
  /** Every request that was answered with a token, oldest first. */
  issued(): readonly { readonly clientId: string; readonly resource: string }[];
  close(): Promise<void>;
}

/**
 * REST: "Managed identities in Azure Container Apps", version 2019-08-01, and "How to use managed identities for Azure resources on an Azure VM to acquire an
 * access token", version 2018-02-01 (learn.microsoft.com). Rejects where the port is taken.
 */
export async function createManagedIdentitySimulator(
  options: ManagedIdentityOptions,
): Promise<ManagedIdentitySimulator> {
  const { clock, tenantId, identities, lifeSeconds = 86_400, log = () => {} } = options;
  const key = readSigningKey(makeSigningKey());
  const secret = randomBytes(32);
  const headerOf = (clientId: string) => createHmac('sha256', secret).update(clientId).digest('hex');
  const { faults, on } = createManagedIdentityFaults();
  const issued: { clientId: string; resource: string }[] = [];

  const serve = (url: URL | null, header: string, metadata: string, response: ServerResponse) => {
    const say = (status: number, body: object) => {
      log(`${url?.searchParams.get('resource') ?? null} ${status}`);
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    };
    const refuse = (status: number, message: string) => say(status, { statusCode: status, message });
    if (on('silent')) return;
    if (on('throttled')) return refuse(429, 'Too many requests.');
    if (on('unavailable')) return refuse(500, 'An unexpected error occured while fetching the AAD Token.');
    if (url === null) return refuse(400, 'There is no such address.');
    // The vendor's client puts a slash behind an address that it read from the environment.
    const ofMachine = url.pathname.replace(/\/$/, '') === '/metadata/identity/oauth2/token';
    const mine = ofMachine
      ? identities.filter(({ clientId }) => clientId === options.machine?.clientId && metadata === 'true')
      : identities.filter(({ clientId }) => url.pathname === '/msi/token' && same(header, headerOf(clientId)));
    if (mine.length === 0) return refuse(ofMachine ? 400 : 401, 'The header is not the one of this app.');
    const resource = url.searchParams.get('resource') ?? '';
    if (url.searchParams.get('api-version') !== (ofMachine ? '2018-02-01' : '2019-08-01') || resource === '')
      return refuse(400, 'api-version and resource are needed.');
    const asked = url.searchParams.get('client_id');
    const identity = on('identity-missing') ? undefined : mine.find(({ clientId }) => clientId === asked);
    if (identity === undefined)
      return refuse(400, 'No User Assigned or Delegated Managed Identity found for specified ClientId.');
    const token = key.sign(identityClaims(identity, { tenantId, resource, lifeSeconds, now: clock.now() }));
    issued.push({ clientId: identity.clientId, resource });
    const expires = Math.trunc(clock.now() / 1000) + lifeSeconds;
    say(200, {
      ...{ access_token: token, expires_on: String(expires), resource },
      ...{ token_type: 'Bearer', client_id: identity.clientId },
    });
  };

  const server = createServer((request, response) =>
    serve(
      URL.parse(request.url ?? '/', 'http://localhost'),
      String(request.headers['x-identity-header']),
      String(request.headers['metadata']),
      response,
    ),
  );
  // Clients that keep a connection must not find it closed under their hands on a machine that is busy.
  server.keepAliveTimeout = 120_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, '127.0.0.1', resolve);
  });
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    endpoint: `${origin}/msi/token`,
    metadataHost: origin,
    publicJwk: key.publicJwk,
    faults,
    headerOf,
    check: (token, audience) => checkIdentityToken(token, key, { tenantId, audience, now: clock.now() }),
    issued: () => [...issued],
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function same(given: string, expected: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
}
