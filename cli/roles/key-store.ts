import { existsSync } from 'node:fs';
import type { Master } from '#adapters/azure-key-vault/master.ts';
import { createSqliteSecrets } from '#adapters/key-store/secrets.ts';
import { createSqliteKeyStore } from '#adapters/key-store/sqlite-key-store.ts';
import { CommandError, exitCodes } from '#cli/exit-codes.ts';
import type { RunContext } from '#cli/roles/context.ts';
import { transportOf } from '#cli/roles/reaching.ts';
import { moveSignIns, type OpenSecrets, splitSecrets } from '#cli/roles/split-secrets.ts';
import type { KeyStore } from '#ports/key-store.ts';

type Needed = Pick<RunContext, 'settings' | 'file' | 'clock' | 'ids' | 'signal' | 'log'>;

/** By container, for each process: key store and secrets use the same. */
const masters = new WeakMap<AbortSignal, Map<string, Promise<Master>>>();

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

/** Tokens, private keys and client states, in the same key store; some in a store of their own, where this process is given one. */
export async function openSecrets(context: Needed): Promise<OpenSecrets> {
  const { clock, ids, signal, log, settings } = context;
  const file = keyStoreFile(context);
  if (file !== undefined) return createSqliteSecrets({ file, masterKeyFile: `${file}.master`, clock, ids });
  const { createKeyVaultSecrets } = await import('#adapters/azure-key-vault/key-vault-secrets.ts');
  const master = await openMaster(context);
  const secrets = createKeyVaultSecrets({ master, clock, ids });
  const { signInStore: keyUrl, signIns: container } = settings;
  if (keyUrl === undefined || container === undefined) return secrets;
  const own = await openMaster(context, { keyUrl, container }).catch((error: unknown) => {
    throw new CommandError(exitCodes.settings, `TOCSIN_SIGN_IN_STORE: ${messageOf(error, true)}`);
  });
  if (own.id === master.id)
    throw new CommandError(exitCodes.settings, 'TOCSIN_SIGN_INS must be another container than TOCSIN_SUBJECT_KEYS');
  const signIns = createKeyVaultSecrets({ master: own, clock, ids });
  const onWaiting = (detail: string) => log.warn({ detail }, 'the store of sign-ins cannot be filled yet');
  await moveSignIns(secrets, signIns, { clock, signal, onWaiting });
  return splitSecrets(secrets, signIns);
}

/** Both stores are opened by the same code, which knows the settings of the first. */
function messageOf(error: unknown, ofSignIns = false): string {
  const message = error instanceof Error ? error.message : String(error);
  if (!ofSignIns) return message;
  return message
    .replaceAll('TOCSIN_KEY_STORE', 'TOCSIN_SIGN_IN_STORE')
    .replaceAll('TOCSIN_SUBJECT_KEYS', 'TOCSIN_SIGN_INS');
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
    throw new CommandError(exitCodes.settings, `TOCSIN_KEY_STORE: ${messageOf(error)}`);
  }
}

/** After everything that used it. */
export async function closeMaster({ signal }: Pick<RunContext, 'signal'>): Promise<void> {
  for (const opening of masters.get(signal)?.values() ?? []) {
    const master = await opening.catch(() => undefined);
    await master?.close();
  }
}

/** Waits while vault or storage is away, and says so: without the master key nothing can be sealed or opened. */
async function openMaster(context: Needed, place = placeOf(context.settings)): Promise<Master> {
  const { settings, clock, signal, log } = context;
  const { keyUrl, container } = place;
  const opened = masters.get(signal) ?? new Map<string, Promise<Master>>();
  masters.set(signal, opened);
  const opening = opened.get(container) ?? open();
  opened.set(container, opening);
  return await opening;

  async function open(): Promise<Master> {
    const [vault, { stackCredential }] = await Promise.all([
      import('#adapters/azure-key-vault/master.ts'),
      import('#adapters/azure-key-vault/credential.ts'),
    ]);
    const { credential } = stackCredential(process.env);
    const signed = URL.parse(container)?.searchParams.has('sig') === true;
    return vault.openMaster({
      ...{ keyUrl, credential, clock, signal },
      container: signed ? { containerUrl: container } : { containerUrl: container, credential },
      transport: transportOf(settings),
      report: (event) =>
        event.kind === 'waiting' || event.kind === 'vault-away'
          ? log.warn({ ...event }, 'the keys of the stack cannot be reached')
          : log.info({ ...event }, 'the keys of the stack'),
    });
  }
}

/** Of the key store. */
function placeOf({ keyStore, subjectKeys }: Needed['settings']): {
  readonly keyUrl: string;
  readonly container: string;
} {
  if (keyStore?.kind !== 'vault' || subjectKeys === undefined) throw new Error('no key in a vault is set');
  return { keyUrl: keyStore.keyUrl, container: subjectKeys };
}
