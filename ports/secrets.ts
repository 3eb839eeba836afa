import type { KeyStoreFailure } from '#ports/key-store.ts';

/**
 * Secrets of ours that are no subject keys: token caches, private keys of certificates, client states, keys of the payload codec. They live in the key
 * store (architecture 3.6), encrypted, and never in an event, a workflow input, a log or an error.
 *
 * Names are paths of lower-case words with `/` between them, such as `credential/chat/token-cache`; they hold nothing personal and are not secret.
 */
export interface Secrets {
  /** The value and its version; `value` is absent where nothing has that name. */
  read(name: string): Promise<ReadSecretResult>;
  /** Writes if the stored version is still `expected` (`none`: nothing has that name). Durable before it answers. */
  write(name: string, value: Uint8Array, expected: SecretVersion | 'none'): Promise<WriteSecretResult>;
  /** Removes for good; fine where nothing has that name. */
  remove(name: string): Promise<{ readonly ok: true } | KeyStoreFailure>;
  /** Names that begin with a prefix, sorted. */
  names(prefix: string): Promise<{ readonly ok: true; readonly names: readonly string[] } | KeyStoreFailure>;
  /**
   * One holder at a time among all processes that share the key store. Waits up to `waitMs` for the present holder. A holder that died is
   * forgotten after `holdMs`, so whoever holds it must be done, or have renewed, by then; a write still needs its version.
   */
  lock(name: string, options: LockOptions): Promise<LockResult>;
}

/** Opaque; equal means unchanged. */
export type SecretVersion = string;

export interface LockOptions {
  readonly waitMs: number;
  readonly holdMs: number;
  readonly signal?: AbortSignal;
}

export type ReadSecretResult =
  | { readonly ok: true; readonly value?: Uint8Array; readonly version: SecretVersion | 'none' }
  | KeyStoreFailure;
export type WriteSecretResult =
  | { readonly ok: true; readonly version: SecretVersion }
  | { readonly ok: false; readonly reason: 'conflict' }
  | KeyStoreFailure;
export type LockResult =
  | { readonly ok: true; release(): Promise<void> }
  | { readonly ok: false; readonly reason: 'held' }
  | KeyStoreFailure;
