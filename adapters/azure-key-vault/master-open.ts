import { randomBytes, randomUUID } from 'node:crypto';
import type { Blobs } from './blobs.ts';
import { derive, isRight, type MasterRecord, makeCheck, masterBlob, readRecord, writeRecord } from './master-record.ts';
import { KeyVaultSetupError } from './setup-error.ts';
import type { VaultKey, VaultResult } from './vault-key.ts';

/** What is in the way of the master key. */
export interface Waiting {
  readonly ok: false;
  /** Whether it is the vault that does not answer. */
  readonly vault: boolean;
  readonly detail: string;
  readonly throttled: boolean;
  readonly retryAfterMs?: number;
}
/** An unwrapped master key. */
export type Opened = { readonly ok: true; readonly record: MasterRecord; readonly master: Buffer };

/**
 * The master key, made where there is none.
 * @throws {KeyVaultSetupError}
 */
export async function open(blobs: Blobs, vault: VaultKey, mayMake: boolean): Promise<Opened | Waiting> {
  const kept = await blobs.get(masterBlob);
  if (!kept.ok) return { ok: false, vault: false, detail: kept.detail, throttled: kept.detail.includes('throttled') };
  if (kept.found !== 'yes') return make(blobs, vault, mayMake);
  const record = readRecord(kept.bytes);
  if (record === undefined || record.key !== vault.url) {
    throw new KeyVaultSetupError(
      'master-key-wrong',
      `The master key of this container is not wrapped by ${vault.url}. Point TOCSIN_KEY_STORE at the key that wraps it, or TOCSIN_SUBJECT_KEYS at another container.`,
    );
  }
  const unwrapped = await vault.unwrap(record.version, record.wrapped);
  if (!unwrapped.ok) return judge(vault, unwrapped);
  const master = Buffer.from(unwrapped.value);
  if (!isRight(derive(master), record)) throw wrong(vault);
  return { ok: true, record, master };
}

async function make(blobs: Blobs, vault: VaultKey, mayMake: boolean): Promise<Opened | Waiting> {
  for (const prefix of ['keys/', 'days/', 'secrets/']) {
    const listed = await blobs.list(prefix, 1);
    if (!listed.ok) return { ok: false, vault: false, detail: listed.detail, throttled: false };
    if (listed.names.length > 0) {
      // Another process may have made it, and keys under it, since this one looked.
      const now = await blobs.get(masterBlob);
      if (!now.ok) return { ok: false, vault: false, detail: now.detail, throttled: false };
      if (now.found === 'yes') return open(blobs, vault, mayMake);
      throw new KeyVaultSetupError(
        'master-key-missing',
        `The container holds keys, but ${masterBlob}, the master key that wraps them, is missing: without it nothing that was sealed can be read. Restore that blob.`,
      );
    }
  }
  if (!mayMake)
    throw new KeyVaultSetupError(
      'nothing-there',
      'The container holds no key store yet; the first role that starts makes it.',
    );
  const version = await vault.version();
  if (!version.ok) return judge(vault, version);
  const master = randomBytes(32);
  const wrapped = await wrapProved(vault, version.value, master);
  if (!wrapped.ok) return judge(vault, wrapped);
  const id = randomUUID();
  const record = {
    id,
    key: vault.url,
    version: version.value,
    wrapped: Buffer.from(wrapped.value),
    check: makeCheck(derive(master), id),
  };
  const created = await blobs.create(masterBlob, writeRecord(record));
  if (created.ok) return { ok: true, record, master };
  // Another process was first: its master key is the one.
  if (created.reason === 'conflict') return open(blobs, vault, mayMake);
  return { ok: false, vault: false, detail: created.detail, throttled: false };
}

/** Wraps, and has it unwrapped again before anything depends on it: a master key that cannot be had back is every person's key lost. */
async function wrapProved(vault: VaultKey, version: string, master: Buffer): Promise<VaultResult<Uint8Array>> {
  const wrapped = await vault.wrap(version, master);
  if (!wrapped.ok) return wrapped;
  const back = await vault.unwrap(version, wrapped.value);
  if (!back.ok) return back;
  if (master.equals(back.value)) return wrapped;
  return {
    ok: false,
    failure: { kind: 'unavailable', code: '', detail: 'the vault unwraps something else than it wrapped' },
  };
}

/** Has the master key wrapped by the newest version of the vault's key; answers that version. */
export async function rewrap(
  blobs: Blobs,
  vault: VaultKey,
  master: Buffer,
): Promise<{ readonly ok: true; readonly version: string } | Waiting> {
  const storage = (detail: string): Waiting => ({ ok: false, vault: false, detail, throttled: false });
  const newest = await vault.version();
  if (!newest.ok) return troubled(newest.failure);
  const kept = await blobs.get(masterBlob);
  if (!kept.ok) return storage(kept.detail);
  const record = kept.found === 'yes' ? readRecord(kept.bytes) : undefined;
  if (kept.found !== 'yes' || record === undefined || !isRight(derive(master), record)) {
    return storage(`${masterBlob} is not the one that this process started with`);
  }
  if (record.version === newest.value) return { ok: true, version: newest.value };
  const wrapped = await wrapProved(vault, newest.value, master);
  if (!wrapped.ok) return troubled(wrapped.failure);
  const next = writeRecord({ ...record, version: newest.value, wrapped: Buffer.from(wrapped.value) });
  const replaced = await blobs.replace(masterBlob, next, kept.etag);
  // Another process did the same meanwhile.
  if (replaced.ok || replaced.reason === 'conflict') return { ok: true, version: newest.value };
  return storage(replaced.detail);
}

type Failed = Extract<VaultResult<unknown>, { ok: false }>;

/** @throws {KeyVaultSetupError} for what no waiting mends */
function judge(vault: VaultKey, { failure }: Failed): Waiting {
  if (failure.kind === 'not-found') {
    throw new KeyVaultSetupError(
      'key-missing',
      `The key vault has no key ${vault.url}, or not the version that wraps the master key (${failure.detail}). A deleted key can be recovered.`,
    );
  }
  if (failure.kind === 'refused') throw wrong(vault);
  return troubled(failure);
}

function troubled({ kind, detail, retryAfterMs }: Failed['failure']): Waiting {
  const why = kind === 'access-denied' ? `this identity may not use the key yet (${detail})` : detail;
  return {
    ok: false,
    vault: true,
    detail: `the key vault: ${why}`,
    throttled: kind === 'throttled',
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
}

function wrong(vault: VaultKey): KeyVaultSetupError {
  return new KeyVaultSetupError(
    'master-key-wrong',
    `${vault.url} does not unwrap the master key of this container. Restore ${masterBlob}, or the key's version that it names.`,
  );
}
