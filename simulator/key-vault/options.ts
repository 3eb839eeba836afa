import type { Clock } from '#ports/clock.ts';
import type { Ids } from '#ports/ids.ts';
import type { KeyVaultFaults } from '#simulator/key-vault/faults.ts';
import type { KeyAndCertificate } from '#simulator/tls/certificate-authority.ts';

/** What a token opens. A vault asks nothing else of it: roles are what this function knows. */
export type TokenCheck =
  | { readonly ok: true }
  /** `unknown`: not a token for a vault (401); `forbidden`: whoever holds it has no role here (403). */
  | { readonly ok: false; readonly reason: 'unknown' | 'forbidden' };

/** One request as the vault understood it. */
export interface VaultOperation {
  readonly method: string;
  /** Collection and what is done in it, such as `keys/wrapkey`; holds no name. */
  readonly operation: string;
  readonly path: string;
}

export interface KeyVaultSimulatorOptions {
  readonly clock: Clock;
  readonly ids: Ids;
  /** Certificate and key of the listener; it must carry `vaultHost`. */
  readonly tls: KeyAndCertificate;
  /** The vault's name as clients know it, such as `kv-contoso.vault.azure.net`: identifiers of keys and secrets carry it. */
  readonly vaultHost: string;
  /** Where the challenge sends clients for a token, such as `https://login.microsoftonline.com/<tenant>`. */
  readonly authorization: string;
  /** Audience that the challenge names (default `https://vault.azure.net`). */
  readonly resource?: string;
  readonly checkToken: (token: string, operation: VaultOperation) => TokenCheck | Promise<TokenCheck>;
  /** Default `127.0.0.1`. */
  readonly host?: string;
  /** Default 0: a free one. */
  readonly port?: number;
  /** Whether what was deleted can be purged before its time (default false: it can). */
  readonly purgeProtection?: boolean;
  /** How long `slow` holds an answer, milliseconds (default 5,000). */
  readonly slowMs?: number;
  /** What `throttled` says in `Retry-After`, seconds (default 10). */
  readonly retryAfterSeconds?: number;
  /** How many times a pending certificate is asked for before it is there (default 1). */
  readonly certificatePolls?: number;
  /** One line for each request: method, path and status; no token and no body. */
  readonly log?: (line: string) => void;
}

/** A running simulated vault. */
export interface KeyVaultSimulator {
  readonly port: number;
  /** `https://<vaultHost>`: what clients are given. They reach it at `127.0.0.1:<port>`. */
  readonly vaultUrl: string;
  readonly faults: KeyVaultFaults;
  /** Makes a key, or a new version of it (RSA; default 2,048 bits). Returns its identifier with the version. */
  createKey(name: string, bits?: number): Promise<string>;
  /** Takes a version of a key out of use, or back into it. */
  enableKey(name: string, version: string, enabled: boolean): void;
  /** Every request that got past the challenge, oldest first. */
  operations(): readonly VaultOperation[];
  close(): Promise<void>;
}
