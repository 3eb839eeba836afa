import { constants, createHash, createPrivateKey, type KeyObject, sign, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { EntraRefusal } from '#domain/identity/classify.ts';
import type { Secrets } from '#ports/secrets.ts';

/** What proves an application to Entra. Read again for every token, so that a new certificate needs no restart. */
export type ApplicationProof =
  /** PEM files; one file may hold both. */
  | { readonly type: 'certificate-files'; readonly certificateFile: string; readonly keyFile: string }
  /** A PEM file, and the text of its private key. */
  | { readonly type: 'certificate-file'; readonly certificateFile: string; readonly key: string }
  /** A secret with PEM: the certificate and its private key, in any order. */
  | { readonly type: 'certificate-secret'; readonly name: string }
  /** A token of another issuer whom the application trusts (workload identity federation): of a managed identity, say. */
  | { readonly type: 'federated'; readonly assertion: () => Promise<string> };

/** A client assertion maker, or why there is none. */
export type LoadedProof =
  | {
      readonly ok: true;
      assertion(request: AssertionRequest): Promise<string>;
      /** When the certificate ends, milliseconds since 1970 UTC. */
      readonly expiresAt?: number;
    }
  | { readonly ok: false; readonly refusal: EntraRefusal };

export interface AssertionRequest {
  readonly clientId: string;
  readonly tokenEndpoint: string;
  /** Entra's time, milliseconds since 1970 UTC. */
  readonly now: number;
  readonly id: string;
}

export async function loadProof(proof: ApplicationProof, secrets: Secrets, now: number): Promise<LoadedProof> {
  if (proof.type === 'federated') {
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(), assertionMs);
    try {
      const assertion = await Promise.race([proof.assertion(), rejectWhen(late.signal)]);
      return { ok: true, assertion: async () => assertion };
    } catch {
      return { ok: false, refusal: { error: 'federated-assertion' } };
    } finally {
      clearTimeout(timer);
    }
  }
  const text = await readPem(proof, secrets);
  return text.ok ? proofOf(text.certificate, text.key, now) : text;
}

/** Whoever makes assertions may hang; the lock on the credential must not wait for it. */
const assertionMs = 10_000;

const rejectWhen = (signal: AbortSignal) =>
  new Promise<never>((_resolve, reject) =>
    signal.addEventListener('abort', () => reject(signal.reason), { once: true }),
  );

type Pem =
  | { readonly ok: true; readonly certificate: string; readonly key: string }
  | { readonly ok: false; readonly refusal: EntraRefusal };

async function readPem(proof: Exclude<ApplicationProof, { type: 'federated' }>, secrets: Secrets): Promise<Pem> {
  if (proof.type === 'certificate-secret') {
    const stored = await secrets.read(proof.name);
    if (!stored.ok) return { ok: false, refusal: { error: 'key-store' } };
    if (stored.value === undefined) return unreadable;
    const text = new TextDecoder().decode(stored.value);
    return { ok: true, certificate: text, key: text };
  }
  try {
    const [certificate, key] = await Promise.all([
      readFile(proof.certificateFile, 'utf8'),
      proof.type === 'certificate-file' ? proof.key : readFile(proof.keyFile, 'utf8'),
    ]);
    return { ok: true, certificate, key };
  } catch {
    return unreadable;
  }
}

const unreadable = { ok: false, refusal: { error: 'certificate-unreadable' } } as const;

function proofOf(certificateText: string, keyText: string, now: number): LoadedProof {
  let certificate: X509Certificate;
  let key: KeyObject;
  try {
    certificate = new X509Certificate(armoured(certificateText, 'CERTIFICATE'));
    key = createPrivateKey(armoured(keyText, '(?:RSA )?PRIVATE KEY'));
    if (key.asymmetricKeyType !== 'rsa' || !certificate.checkPrivateKey(key)) return unreadable;
  } catch {
    return unreadable;
  }
  const expiresAt = Date.parse(certificate.validTo);
  if (expiresAt <= now) return { ok: false, refusal: { error: 'certificate-expired' } };
  return { ok: true, expiresAt, assertion: async (request) => signAssertion(certificate, key, request) };
}

/** The first block of a label (RFC 7468). */
function armoured(text: string, label: string): string {
  return new RegExp(`-----BEGIN (${label})-----[\\s\\S]+?-----END \\1-----`).exec(text)?.[0] ?? '';
}

/** "Microsoft identity platform application authentication certificate credentials": PS256, `x5t#S256`, at most ten minutes. */
function signAssertion(
  certificate: X509Certificate,
  key: KeyObject,
  { clientId, tokenEndpoint, now, id }: AssertionRequest,
): string {
  const seconds = Math.floor(now / 1000);
  const header = {
    alg: 'PS256',
    typ: 'JWT',
    'x5t#S256': createHash('sha256').update(certificate.raw).digest('base64url'),
  };
  const claims = {
    aud: tokenEndpoint,
    iss: clientId,
    sub: clientId,
    jti: id,
    iat: seconds,
    nbf: seconds - 30,
    exp: seconds + 570,
  };
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const signed = `${part(header)}.${part(claims)}`;
  const padding = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST };
  return `${signed}.${sign('sha256', Buffer.from(signed), { key, ...padding }).toString('base64url')}`;
}
