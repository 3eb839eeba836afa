import { createPrivateKey, type KeyObject } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '#ports/clock.ts';

/** Why a file of the folder is not used. */
export interface KeyFileWarning {
  /** Path of the file, or of the folder when that cannot be listed. */
  readonly file: string;
  readonly problem: 'unreadable' | 'not-a-private-key' | 'not-rsa' | 'wrong-size';
  /** For operators; holds no key material. */
  readonly detail: string;
}

/** Private keys of the subscriptions' certificates, read from a folder of PEM files. */
export interface NotificationKeyFolder {
  /**
   * The key of a certificate id, which is looked up among the files that are there and never becomes part of a path. For an unknown id the
   * folder is listed again, at most once per second.
   */
  find(certificateId: string): KeyObject | undefined | Promise<KeyObject | undefined>;
  /** What is wrong with the folder, as of its last listing. */
  warnings(): readonly KeyFileWarning[];
}

export interface NotificationKeyFolderDeps {
  /** Holds `<encryptionCertificateId>.pem`. */
  readonly folder: string;
  readonly clock: Pick<Clock, 'monotonic'>;
}

/** Milliseconds between two listings: unknown ids may come by the thousand. */
const listingInterval = 1_000;
const suffix = '.pem';
/** An RSA-4096 key in PEM is 3.3 KB. */
const maxFileBytes = 64 * 1024;

interface Entry {
  /** Changes with the file. */
  readonly stamp: string;
  readonly outcome: KeyObject | KeyFileWarning;
}

/** Reads the folder once before it answers; a folder that cannot be read is a warning, and is tried again. */
export async function createNotificationKeyFolder(deps: NotificationKeyFolderDeps): Promise<NotificationKeyFolder> {
  const { folder, clock } = deps;
  let entries: ReadonlyMap<string, Entry> = new Map();
  let folderWarning: KeyFileWarning | undefined;
  let listedAt = clock.monotonic();
  let listing: Promise<void> | undefined;

  const list = async () => {
    try {
      const names = (await readdir(folder)).filter((name) => name.endsWith(suffix));
      const next = new Map<string, Entry>();
      for (const name of names)
        next.set(
          name.slice(0, -suffix.length),
          await load(join(folder, name), entries.get(name.slice(0, -suffix.length))),
        );
      entries = next;
      folderWarning = undefined;
    } catch (error) {
      folderWarning = { file: folder, problem: 'unreadable', detail: codeOf(error) };
    }
  };

  const known = (certificateId: string) => {
    const outcome = entries.get(certificateId)?.outcome;
    return outcome === undefined || 'problem' in outcome ? undefined : outcome;
  };

  const listAgain = async (certificateId: string) => {
    listing ??= list().finally(() => {
      listing = undefined;
    });
    await listing;
    return known(certificateId);
  };

  await list();
  return {
    find(certificateId) {
      const key = known(certificateId);
      if (key !== undefined) return key;
      if (listing === undefined) {
        if (clock.monotonic() - listedAt < listingInterval) return undefined;
        listedAt = clock.monotonic();
      }
      return listAgain(certificateId);
    },
    warnings() {
      const ofFiles = [...entries.values()].flatMap(({ outcome }) => ('problem' in outcome ? outcome : []));
      return folderWarning === undefined ? ofFiles : [folderWarning, ...ofFiles];
    },
  };
}

async function load(file: string, before: Entry | undefined): Promise<Entry> {
  try {
    const { mtimeMs, size, ino } = await stat(file);
    const stamp = `${mtimeMs} ${size} ${ino}`;
    if (before?.stamp === stamp) return before;
    if (size > maxFileBytes) return { stamp, outcome: { file, problem: 'not-a-private-key', detail: `${size} bytes` } };
    return { stamp, outcome: parse(file, await readFile(file)) };
  } catch (error) {
    return { stamp: '', outcome: { file, problem: 'unreadable', detail: codeOf(error) } };
  }
}

function parse(file: string, pem: Buffer): KeyObject | KeyFileWarning {
  let key: KeyObject;
  try {
    key = createPrivateKey(pem);
  } catch {
    return { file, problem: 'not-a-private-key', detail: 'it must hold an unencrypted private key in PEM' };
  }
  if (key.asymmetricKeyType !== 'rsa') {
    return {
      file,
      problem: 'not-rsa',
      detail: `its type is ${key.asymmetricKeyType}, Microsoft Graph encrypts to RSA`,
    };
  }
  const bits = key.asymmetricKeyDetails?.modulusLength ?? 0;
  // "Set up change notifications that include resource data": 2,048 to 4,096 bits.
  if (bits >= 2048 && bits <= 4096) return key;
  return { file, problem: 'wrong-size', detail: `${bits} bits, but Microsoft Graph takes 2048 to 4096` };
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? 'unknown error';
}
