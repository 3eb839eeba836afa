import { constants, createHash, type KeyObject, verify, X509Certificate } from 'node:crypto';
import {
  createLocalJWKSet,
  createRemoteJWKSet,
  decodeJwt,
  decodeProtectedHeader,
  type JWTPayload,
  type JWTVerifyGetKey,
  jwtVerify,
} from 'jose';
import type { EntraClient, FederatedCredential } from '#simulator/entra/options.ts';
import type { AadstsCode } from '#simulator/entra/refusals.ts';

/** What a client proves itself with: `client_assertion` of RFC 7523. */
export interface AssertionContext {
  readonly client: EntraClient;
  /** Milliseconds since 1970 UTC. */
  readonly now: number;
  /** What `aud` may be: the token endpoint and the issuer. */
  readonly audiences: readonly string[];
}

/** Entra allows for clocks that differ by five minutes. */
const toleranceSeconds = 300;

/**
 * Checks a client assertion: signed with a registered certificate (learn.microsoft.com, "Microsoft identity platform application authentication
 * certificate credentials"), or a token of an issuer that the application trusts (workload identity federation).
 * @returns why it is refused, undefined when it is good
 */
export async function refuseAssertion(assertion: string, context: AssertionContext): Promise<AadstsCode | undefined> {
  let claims: JWTPayload;
  let header: ReturnType<typeof decodeProtectedHeader>;
  try {
    claims = decodeJwt(assertion);
    header = decodeProtectedHeader(assertion);
  } catch {
    return 50027;
  }
  const { client } = context;
  if (claims.iss !== client.clientId) return await refuseFederated(assertion, claims, context);
  if (claims.sub !== client.clientId) return 50027;
  const certificate = client.certificates?.map((pem) => new X509Certificate(pem)).find((own) => isNamed(own, header));
  if (certificate === undefined || Date.parse(certificate.validTo) <= context.now) return 700027;
  if (!isSigned(assertion, header.alg, certificate.publicKey)) return 700027;
  if (![claims.aud ?? []].flat().some((audience) => context.audiences.includes(audience))) return 700023;
  return isTimely(claims, context.now) ? undefined : 700024;
}

/** By `x5t#S256` or `x5t` (RFC 7515 sections 4.1.7 and 4.1.8). */
function isNamed(
  certificate: X509Certificate,
  header: { readonly x5t?: string; readonly 'x5t#S256'?: unknown },
): boolean {
  const thumbprint = (hash: string) => createHash(hash).update(certificate.raw).digest('base64url');
  const given = header['x5t#S256'];
  return given === undefined ? header.x5t === thumbprint('sha1') : given === thumbprint('sha256');
}

function isSigned(assertion: string, alg: string | undefined, key: KeyObject): boolean {
  const end = assertion.lastIndexOf('.');
  const signed = Buffer.from(assertion.slice(0, end));
  const signature = Buffer.from(assertion.slice(end + 1), 'base64url');
  if (alg === 'RS256') return verify('sha256', signed, key, signature);
  if (alg !== 'PS256') return false;
  return verify('sha256', signed, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }, signature);
}

function isTimely(claims: JWTPayload, now: number): boolean {
  const seconds = now / 1000;
  return (claims.exp ?? 0) > seconds - toleranceSeconds && (claims.nbf ?? 0) <= seconds + toleranceSeconds;
}

async function refuseFederated(
  assertion: string,
  claims: JWTPayload,
  { client, now }: AssertionContext,
): Promise<AadstsCode | undefined> {
  const ofIssuer = client.federatedCredentials?.filter((credential) => credential.issuer === claims.iss) ?? [];
  if (ofIssuer.length === 0) return 700211;
  const ofSubject = ofIssuer.filter((credential) => credential.subject === claims.sub);
  if (ofSubject.length === 0) return 700213;
  const credential = ofSubject.find(({ audience = 'api://AzureADTokenExchange' }) =>
    [claims.aud ?? []].flat().includes(audience),
  );
  if (credential === undefined) return 700212;
  if (!isTimely(claims, now)) return 700024;
  try {
    // Times were checked against the simulated clock.
    await jwtVerify(assertion, keySet(credential), {
      currentDate: new Date(((claims.exp ?? 0) - 1) * 1000),
      clockTolerance: 86_400,
    });
    return undefined;
  } catch {
    return 700027;
  }
}

function keySet({ key }: FederatedCredential): JWTVerifyGetKey {
  if ('jwksUri' in key && typeof key.jwksUri === 'string') return createRemoteJWKSet(new URL(key.jwksUri));
  return createLocalJWKSet({ keys: [key as Parameters<typeof createLocalJWKSet>[0]['keys'][number]] });
}
