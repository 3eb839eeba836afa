import type { JWK } from 'jose';
import type { Clock } from '#ports/clock.ts';

/** Microsoft Graph, global cloud: the only resource that the simulated tenant knows. */
export const graphResource = 'https://graph.microsoft.com';

/** A user of the simulated tenant. Invented, like all of it. */
export interface EntraUser {
  /** Object id, a UUID: `oid` in tokens. */
  readonly id: string;
  /** Sign-in name (user principal name). */
  readonly upn: string;
  readonly name: string;
  /** Values of the app roles assigned: `roles` in id tokens (learn.microsoft.com, "Add app roles to your application and receive them in the token"). */
  readonly roles?: readonly string[];
}

export interface EntraTenant {
  /** A UUID: `tid` in tokens, and the first part of every path. */
  readonly id: string;
  readonly domain: string;
  readonly users: readonly EntraUser[];
  /** Sign-in name of the user whom codes are approved for when nobody else is named; one of `users`. */
  readonly serviceUser: string;
}

/** A trust in tokens of another issuer (learn.microsoft.com, "Workload identity federation"). */
export interface FederatedCredential {
  /** Compared exactly with `iss`. */
  readonly issuer: string;
  /** Compared exactly with `sub`. */
  readonly subject: string;
  /** Compared with `aud`. @defaultValue `api://AzureADTokenExchange` */
  readonly audience?: string;
  /** The issuer's public key, or the address of its key set. */
  readonly key: JWK | { readonly jwksUri: string };
}

/** An application registered in the simulated tenant, all its permissions granted by an admin. */
export interface EntraClient {
  readonly clientId: string;
  readonly name: string;
  /** `public`: device code, authorization code with PKCE, no credential of its own. `confidential`: proves itself with a certificate or another issuer's token. */
  readonly kind: 'public' | 'confidential';
  readonly redirectUris?: readonly string[];
  /** Public certificates (PEM, RSA) of client assertions. Confidential only. */
  readonly certificates?: readonly string[];
  /** Confidential only. */
  readonly federatedCredentials?: readonly FederatedCredential[];
  /** Delegated Graph permissions by short name (`Chat.Read`). */
  readonly scopes?: readonly string[];
  /** Application permissions of Graph (`OnlineMeetings.Read.All`): `roles` in application tokens. */
  readonly appRoles?: readonly string[];
}

export interface EntraOptions {
  /** @defaultValue 0, a free one */
  readonly port?: number;
  /** Where it listens. It is always addressed as `localhost`. @defaultValue `127.0.0.1` */
  readonly host?: string;
  /** PEM; the certificate has to name `localhost`. */
  readonly tls: { readonly cert: string; readonly key: string };
  readonly clock: Clock;
  /** Keeps signing key, grants, refresh tokens and revocations: a restart signs nobody out. */
  readonly folder: string;
  readonly tenant: EntraTenant;
  readonly clients: readonly EntraClient[];
  /** Life of access tokens in seconds. @defaultValue random, 60 to 90 minutes, as Entra's */
  readonly accessTokenSeconds?: number;
  /** Uniform in [0, 1). @defaultValue Math.random */
  readonly random?: () => number;
  /** Seconds between polls that a device code asks for. @defaultValue 5, as Entra's */
  readonly pollingSeconds?: number;
  /** Life of device codes in seconds. @defaultValue 900, as Entra's */
  readonly deviceCodeSeconds?: number;
  /** `Retry-After` of the fault `throttled`, seconds. @defaultValue 5 */
  readonly retryAfterSeconds?: number;
  /** How long the fault `slow` holds every answer, milliseconds. @defaultValue 5000 */
  readonly slowMs?: number;
  /** One line for each request answered: method, endpoint, status and AADSTS code; never a token, code or name. */
  readonly log?: (line: string) => void;
}
