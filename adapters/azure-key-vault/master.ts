import type { TokenCredential } from '@azure/identity';
import type { Clock } from '#ports/clock.ts';
import type { KeyStoreFailure } from '#ports/key-store.ts';
import { type Blobs, type BlobsDeps, createBlobs } from './blobs.ts';
import { type Opened, open, rewrap, type Waiting } from './master-open.ts';
import { type DerivedKeys, derive } from './master-record.ts';
import { createVaultKey } from './vault-key.ts';

/** What whoever runs the process should hear of. Holds no secret. */
export type MasterEvent =
  /** The process needs the master key and cannot have it yet; told again with every new reason, and once a minute. */
  | { readonly kind: 'waiting'; readonly detail: string; readonly throttled: boolean }
  /** The master key is in memory. */
  | { readonly kind: 'opened'; readonly keyVersion: string }
  /** The vault's key has a new version, which wraps the master key from now on. */
  | { readonly kind: 'rewrapped'; readonly from: string; readonly to: string }
  /** The vault cannot be asked; keys go on being read and made. Told once, and again when the reason changes. */
  | { readonly kind: 'vault-away'; readonly detail: string; readonly throttled: boolean }
  | { readonly kind: 'vault-back' };

export interface MasterDeps {
  /** `https://<vault>.vault.azure.net/keys/<name>`: an RSA key for wrapping and unwrapping. */
  readonly keyUrl: string;
  /** Container without versions and without soft delete, which must be there. */
  readonly container: Omit<BlobsDeps, 'transport'>;
  readonly credential: TokenCredential;
  readonly transport?: BlobsDeps['transport'];
  readonly clock: Clock;
  readonly report?: (event: MasterEvent) => void;
  /** Ends the waiting; `openMaster` then rejects with an `AbortError`. */
  readonly signal?: AbortSignal;
  /** Milliseconds between two looks for a new version of the vault's key (default one hour); 0 for none by itself. */
  readonly rotationCheckMs?: number;
  /** False for those that only look: a container without a key store is then a `KeyVaultSetupError` (default true). */
  readonly mayMake?: boolean;
  /** Milliseconds for one call to the vault (default 10,000). */
  readonly vaultTimeoutMs?: number;
}

/** An open master key. It stays in this process's memory; the vault is asked at the start and about rotation, never for a key of a person. */
export interface Master {
  readonly id: string;
  readonly blobs: Blobs;
  /** A function, so that no log and no inspection of this object shows keys. */
  derived(): DerivedKeys;
  /** What wraps the master key, and whether the vault answered when last asked. */
  status(): {
    readonly keyVersion: string;
    readonly vault: 'answers' | 'away';
    readonly detail?: string;
    readonly throttled: boolean;
  };
  /** Looks for a new version of the vault's key and has the master key wrapped by it. */
  checkRotation(): Promise<{ readonly ok: true; readonly rewrapped: boolean } | KeyStoreFailure>;
  close(): Promise<void>;
}

const firstPauseMs = 500;
const longestPauseMs = 30_000;

/**
 * Opens the master key of a stack and makes it where there is none yet: 32 random bytes, wrapped by the vault's key, in a blob. Waits as long as vault or
 * storage do not answer, and says so: a role that was just given takes minutes to come into force.
 * @throws {KeyVaultSetupError} when waiting would not help
 */
export async function openMaster(deps: MasterDeps): Promise<Master> {
  const { clock, transport = {}, rotationCheckMs = 3_600_000, report = () => undefined } = deps;
  const blobs = createBlobs({ ...deps.container, transport });
  const vault = createVaultKey({
    keyUrl: deps.keyUrl,
    credential: deps.credential,
    transport,
    ...(deps.vaultTimeoutMs === undefined ? {} : { timeoutMs: deps.vaultTimeoutMs }),
  });
  const closing = new AbortController();
  const giveUp = () => {
    vault.close();
    blobs.close();
  };
  deps.signal?.addEventListener('abort', giveUp, { once: true });
  try {
    const { record, master } = await waitFor(deps, () => open(blobs, vault, deps.mayMake !== false));
    const derived = derive(master);
    let keyVersion = record.version;
    let trouble: { readonly detail: string; readonly throttled: boolean } | undefined;
    report({ kind: 'opened', keyVersion });

    const heard = (now: typeof trouble) => {
      if (now === undefined && trouble !== undefined) report({ kind: 'vault-back' });
      if (now !== undefined && now.detail !== trouble?.detail) report({ kind: 'vault-away', ...now });
      trouble = now;
    };

    const checkRotation = async (): ReturnType<Master['checkRotation']> => {
      const done = await rewrap(blobs, vault, master);
      if (!done.ok) {
        if (done.vault && !closing.signal.aborted) heard({ detail: done.detail, throttled: done.throttled });
        return { ok: false, reason: 'unavailable', detail: done.detail };
      }
      heard(undefined);
      if (done.version === keyVersion) return { ok: true, rewrapped: false };
      report({ kind: 'rewrapped', from: keyVersion, to: done.version });
      keyVersion = done.version;
      return { ok: true, rewrapped: true };
    };

    const watch = async () => {
      // With jitter: the replicas of a role start together.
      for (;;) {
        await clock.sleep(rotationCheckMs * (0.9 + Math.random() / 5), closing.signal);
        if (closing.signal.aborted) return;
        await checkRotation();
      }
    };
    const watching = rotationCheckMs === 0 ? Promise.resolve() : watch();

    return {
      id: record.id,
      blobs,
      derived: () => derived,
      status: () => ({
        keyVersion,
        vault: trouble === undefined ? 'answers' : 'away',
        throttled: trouble?.throttled === true,
        ...(trouble === undefined ? {} : { detail: trouble.detail }),
      }),
      checkRotation,
      async close() {
        closing.abort();
        giveUp();
        await watching;
      },
    };
  } catch (error) {
    giveUp();
    throw error;
  } finally {
    deps.signal?.removeEventListener('abort', giveUp);
  }
}

async function waitFor(
  { clock, signal, report = () => undefined }: MasterDeps,
  work: () => Promise<Opened | Waiting>,
): Promise<Opened> {
  let told = '';
  let toldAt = 0;
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
    const done = await work();
    if (done.ok) return done;
    if (isAborted(signal)) throw signal?.reason;
    if (done.detail !== told || clock.monotonic() - toldAt >= 60_000) {
      report({ kind: 'waiting', detail: done.detail, throttled: done.throttled });
      told = done.detail;
      toldAt = clock.monotonic();
    }
    await clock.sleep(Math.max(done.retryAfterMs ?? 0, pauseMs * (0.5 + Math.random() / 2)), signal);
    if (isAborted(signal)) throw signal?.reason;
  }
}

// Asked for by a function, as the compiler takes what was false before an await for false after it.
const isAborted = (signal: AbortSignal | undefined) => signal?.aborted === true;
