import { existsSync } from 'node:fs';
import type { Master } from '#adapters/azure-key-vault/master.ts';
import { createSqliteSecrets } from '#adapters/key-store/secrets.ts';
import { createSqliteKeyStore } from '#adapters/key-store/sqlite-key-store.ts';
import { CommandError, exitCodes } from '#cli/exit-codes.ts';
import type { RunContext } from '#cli/roles/context.ts';
import { transportOf } from '#cli/roles/reaching.ts';
import type { KeyStore } from '#ports/key-store.ts';
import type { Secrets } from '#ports/secrets.ts';

type Needed = Pick<RunContext, 'settings' | 'file' | 'clock' | 'ids' | 'signal' | 'log'>;

/** One for each process: key store and secrets use the same. */
const masters = new WeakMap<AbortSignal, Promise<Master>>();

/** The file of an embedded key store; undefined where it is in a vault. */
export function keyStoreFile({ settings, file }: Pick<RunContext, 'settings' | 'file'>): string | undefined {
  if (settings.keyStore === undefined) return file('keys.db');
  return settings.keyStore.kind === 'sqlite' ? settings.keyStore.file : undefined;
}

/** True where an embedded key store has not been made yet. */
export function isKeyStoreMissing(context: Pick<RunContext, 'settings' | 'file'>): boolean {
  const file = keyStoreFile(context);
  return file !== undefined && !existsSync(file);
}

/** Tokens, private keys and client states, in the same key store. */
export async function openSecrets(context: Needed): Promise<Secrets & { close(): Promise<void> }> {
  const { clock, ids } = context;
  const file = keyStoreFile(context);
  if (file !== undefined) return createSqliteSecrets({ file, masterKeyFile: `${file}.master`, clock, ids });
  const { createKeyVaultSecrets } = await import('#adapters/azure-key-vault/key-vault-secrets.ts');
  return createKeyVaultSecrets({ master: await openMaster(context), clock, ids });
}

/** @throws {CommandError} with exit code 78 where it cannot be opened and waiting would not help */
export async function openKeyStore(context: Needed): Promise<KeyStore> {
  const file = keyStoreFile(context);
  try {
    if (file !== undefined)
      return await createSqliteKeyStore({ file, masterKeyFile: `${file}.master`, ownThread: true });
    const { createKeyVaultKeyStore } = await import('#adapters/azure-key-vault/key-vault-key-store.ts');
    return createKeyVaultKeyStore({ master: await openMaster(context), clock: context.clock });
  } catch (error) {
    throw new CommandError(
      exitCodes.settings,
      `TOCSIN_KEY_STORE: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

/** After everything that used it. */
export async function closeMaster({ signal }: Pick<RunContext, 'signal'>): Promise<void> {
  const master = await masters.get(signal)?.catch(() => undefined);
  await master?.close();
}

/** Waits while vault or storage is away, and says so: without the master key nothing can be sealed or opened. */
function openMaster({ settings, clock, signal, log }: Needed): Promise<Master> {
  const known = masters.get(signal);
  if (known !== undefined) return known;
  const opening = open();
  masters.set(signal, opening);
  return opening;

  async function open(): Promise<Master> {
    const { keyStore, subjectKeys } = settings;
    if (keyStore?.kind !== 'vault' || subjectKeys === undefined) throw new Error('no key in a vault is set');
    const [vault, { stackCredential }] = await Promise.all([
      import('#adapters/azure-key-vault/master.ts'),
      import('#adapters/azure-key-vault/credential.ts'),
    ]);
    const { credential } = stackCredential(process.env);
    const signed = URL.parse(subjectKeys)?.searchParams.has('sig') === true;
    return vault.openMaster({
      ...{ keyUrl: keyStore.keyUrl, credential, clock, signal },
      container: signed ? { containerUrl: subjectKeys } : { containerUrl: subjectKeys, credential },
      transport: transportOf(settings),
      report: (event) =>
        event.kind === 'waiting' || event.kind === 'vault-away'
          ? log.warn({ ...event }, 'the keys of the stack cannot be reached')
          : log.info({ ...event }, 'the keys of the stack'),
    });
  }
}
