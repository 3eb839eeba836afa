import type { TokenCredential } from '@azure/identity';
import { CryptographyClient, KeyClient } from '@azure/keyvault-keys';
import { within } from './deadline.ts';
import { KeyVaultSetupError } from './setup-error.ts';
import { type VaultTransport, vaultClientOptions } from './transport.ts';
import { type VendorFailure, vendorFailure } from './vendor-failure.ts';

/** An RSA key in a vault that wraps and unwraps; its private half never leaves the vault. Nothing is retried here. */
export interface VaultKey {
  /** Address without a version, such as `https://kv-contoso.vault.azure.net/keys/master`. */
  readonly url: string;
  /** The newest version: what is wrapped now is wrapped by it. */
  version(): Promise<VaultResult<string>>;
  wrap(version: string, key: Uint8Array): Promise<VaultResult<Uint8Array>>;
  unwrap(version: string, wrapped: Uint8Array): Promise<VaultResult<Uint8Array>>;
  close(): void;
}

export type VaultResult<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly failure: VendorFailure };

export interface VaultKeyDeps {
  /** `https://<vault>/keys/<name>`, without a version. */
  readonly keyUrl: string;
  readonly credential: TokenCredential;
  readonly transport?: VaultTransport;
  /** Milliseconds for one call with its sign-in (default 10,000). */
  readonly timeoutMs?: number;
}

/** RSAES-OAEP with SHA-256 (RFC 7518 section 4.3): the vendor's client does not wrap it by itself, so every use is in the vault's log. */
export const wrappingAlgorithm = 'RSA-OAEP-256';

/** @throws {KeyVaultSetupError} when the address is none of a key */
export function createVaultKey({ keyUrl, credential, transport = {}, timeoutMs = 10_000 }: VaultKeyDeps): VaultKey {
  const parsed = /^(https:\/\/[a-z0-9.-]+(?::\d+)?)\/keys\/([0-9A-Za-z-]{1,127})$/.exec(keyUrl);
  const [, vaultUrl, name] = parsed ?? [];
  if (vaultUrl === undefined || name === undefined) {
    throw new KeyVaultSetupError('address', 'the master key is given as https://<vault>.vault.azure.net/keys/<name>');
  }
  const options = vaultClientOptions(transport);
  const keys = new KeyClient(vaultUrl, credential, options);
  const closing = new AbortController();
  const cryptography = new Map<string, CryptographyClient>();
  // Versions come from a blob: they become part of an address only as what they must be.
  const client = (version: string) => {
    if (!/^[0-9a-f]{32}$/.test(version)) throw new TypeError('not a version of a key');
    const known = cryptography.get(version) ?? new CryptographyClient(`${keyUrl}/${version}`, credential, options);
    cryptography.set(version, known);
    return known;
  };
  const call = async <T>(work: (abortSignal: AbortSignal) => Promise<T>): Promise<VaultResult<T>> => {
    try {
      return { ok: true, value: await within(timeoutMs, closing.signal, work) };
    } catch (error) {
      return { ok: false, failure: vendorFailure(error) };
    }
  };
  return {
    url: keyUrl,
    version: () => call(async (abortSignal) => (await keys.getKey(name, { abortSignal })).properties.version ?? ''),
    wrap: (version, key) =>
      call(async (abortSignal) => (await client(version).wrapKey(wrappingAlgorithm, key, { abortSignal })).result),
    unwrap: (version, wrapped) =>
      call(
        async (abortSignal) => (await client(version).unwrapKey(wrappingAlgorithm, wrapped, { abortSignal })).result,
      ),
    close: () => closing.abort(),
  };
}
