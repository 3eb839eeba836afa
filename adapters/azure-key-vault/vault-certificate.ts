import type { TokenCredential } from '@azure/identity';
import { CertificateClient } from '@azure/keyvault-certificates';
import { SecretClient } from '@azure/keyvault-secrets';
import type { Clock } from '#ports/clock.ts';
import { within } from './deadline.ts';
import { type VaultTransport, vaultClientOptions } from './transport.ts';
import { type VendorFailure, vendorFailure } from './vendor-failure.ts';

export interface VaultCertificateDeps {
  /** `https://<vault>.vault.azure.net`. */
  readonly vaultUrl: string;
  readonly credential: TokenCredential;
  readonly transport?: VaultTransport;
  readonly clock: Clock;
  /** Letters, digits and hyphens, at most 127. */
  readonly name: string;
  /** Common name; nobody checks it. */
  readonly commonName: string;
  /**
   * A version to read as it is, whatever its dates: notices that were encrypted to it may come for as long as the hub keeps them. Without one, the newest
   * one that is good for long enough, made where there is none.
   */
  readonly version?: string;
  /** A new version is made when less than this is left (default 60 days). */
  readonly renewBeforeMs?: number;
  /** Milliseconds for all of it (default 60,000). */
  readonly timeoutMs?: number;
}

/** A certificate with its private key. Both PEM: the key as PKCS #8. */
export interface VaultCertificate {
  /** 32 hexadecimal digits; good as `encryptionCertificateId`. */
  readonly version: string;
  readonly key: string;
  readonly certificate: string;
  /** Milliseconds since 1970 UTC. */
  readonly expires: number;
}

export type VaultCertificateResult =
  | {
      readonly ok: true;
      readonly certificate: VaultCertificate /** Whether this call made it. */;
      readonly made: boolean;
    }
  | {
      readonly ok: false;
      /** `unusable`: there is one of that name that cannot do, for its key may not be exported. */
      readonly reason: 'unavailable' | 'throttled' | 'access-denied' | 'not-found' | 'unusable';
      /** For operators; holds no secret. */
      readonly detail: string;
    };

/** "Change notifications with resource data": RSA, 2,048 to 4,096 bits; the issuer is not checked. */
const policy = {
  issuerName: 'Self',
  keyType: 'RSA',
  keySize: 2048,
  exportable: true,
  reuseKey: false,
  contentType: 'application/x-pem-file',
  keyUsage: ['keyEncipherment'],
  validityInMonths: 24,
} as const;
const dayMs = 86_400_000;

/**
 * The certificate for rich notifications, kept and renewed in a key vault. The private key leaves the vault: notices are opened here, some hundred in a
 * second, which no vault does. Renewing makes a new version; older ones stay. Two processes that renew at once get the same version.
 */
export async function vaultCertificate(deps: VaultCertificateDeps): Promise<VaultCertificateResult> {
  const { clock, name, transport = {}, renewBeforeMs = 60 * dayMs, timeoutMs = 60_000 } = deps;
  const options = vaultClientOptions(transport);
  const certificates = new CertificateClient(deps.vaultUrl, deps.credential, options);
  const secrets = new SecretClient(deps.vaultUrl, deps.credential, options);

  const read = async (version: string, abortSignal: AbortSignal): Promise<VaultCertificate | undefined> => {
    const { value = '', properties } = await secrets.getSecret(name, { version, abortSignal });
    const key = /-----BEGIN PRIVATE KEY-----[\s\S]+?-----END PRIVATE KEY-----\n?/.exec(value)?.[0];
    const certificate = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----\n?/.exec(value)?.[0];
    const expires = (await certificates.getCertificateVersion(name, version, { abortSignal })).properties.expiresOn;
    if (key === undefined || certificate === undefined || expires === undefined) return undefined;
    return { version: properties.version ?? version, key, certificate, expires: expires.getTime() };
  };

  /** The newest version, where there is one that lives long enough. */
  const newest = async (abortSignal: AbortSignal): Promise<string | undefined> => {
    try {
      const { properties } = await certificates.getCertificate(name, { abortSignal });
      const expires = properties.expiresOn?.getTime() ?? 0;
      const good = properties.enabled !== false && expires - clock.now() > renewBeforeMs;
      return good ? properties.version : undefined;
    } catch (error) {
      if (vendorFailure(error).kind === 'not-found') return undefined;
      throw error;
    }
  };

  const make = async (abortSignal: AbortSignal) => {
    try {
      const subject = `CN=${deps.commonName}`;
      await certificates.beginCreateCertificate(
        name,
        { ...policy, keyUsage: [...policy.keyUsage], subject },
        { abortSignal },
      );
    } catch (error) {
      // Another process is making it, or an earlier attempt of ours arrived.
      if (vendorFailure(error).kind !== 'conflict') throw error;
    }
    for (let waitMs = 200; ; waitMs = Math.min(waitMs * 2, 5_000)) {
      const poller = await certificates.getCertificateOperation(name, { abortSignal });
      const { certificateOperation } = poller.getOperationState();
      if (certificateOperation?.status !== 'inProgress') return;
      await clock.sleep(waitMs, abortSignal);
      abortSignal.throwIfAborted();
    }
  };

  try {
    return await within(
      timeoutMs,
      new AbortController().signal,
      async (abortSignal): Promise<VaultCertificateResult> => {
        let version = deps.version ?? (await newest(abortSignal));
        const made = version === undefined;
        if (version === undefined) {
          await make(abortSignal);
          version = await newest(abortSignal);
        }
        if (version === undefined) {
          return { ok: false, reason: 'unavailable', detail: 'the vault made no certificate that lives long enough' };
        }
        const certificate = await read(version, abortSignal);
        if (certificate !== undefined) return { ok: true, certificate, made };
        return {
          ok: false,
          reason: 'unusable',
          detail: `the certificate ${name} has no private key in PEM: it was not made by this program`,
        };
      },
    );
  } catch (error) {
    const failure = vendorFailure(error);
    return { ok: false, reason: reasonOf(failure), detail: `the key vault: ${failure.detail}` };
  }
}

function reasonOf({ kind }: VendorFailure): Extract<VaultCertificateResult, { ok: false }>['reason'] {
  switch (kind) {
    case 'throttled':
    case 'access-denied':
    case 'not-found':
      return kind;
    default:
      return 'unavailable';
  }
}
