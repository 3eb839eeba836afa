import { constants, generateKeyPair, type KeyObject, privateDecrypt, publicEncrypt } from 'node:crypto';
import { promisify } from 'node:util';
import {
  answer,
  notFound,
  record,
  refuse,
  text,
  type VaultAnswer,
  type VaultBody,
} from '#simulator/key-vault/answer.ts';
import {
  createShelf,
  deletion,
  nameTaken,
  page,
  type Shelf,
  seconds,
  type Versioned,
} from '#simulator/key-vault/shelf.ts';

/** A version of an RSA key. */
export interface VaultKey extends Versioned {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  readonly operations: readonly string[];
}

/** What the parts of a vault share. */
export interface VaultRealm {
  readonly vaultUrl: string;
  readonly now: () => number;
  /** 32 hexadecimal digits. */
  readonly newVersion: () => string;
  readonly mayPurge: boolean;
}

export interface VaultKeys {
  readonly shelf: Shelf<VaultKey>;
  create(name: string, bits: number, operations?: readonly string[]): Promise<VaultKey | undefined>;
  /** @param path what follows `keys/`, split at slashes */
  handle(method: string, path: readonly string[], body: VaultBody, url: URL): Promise<VaultAnswer>;
  /** As `handle`, for what follows `deletedkeys/`. */
  handleDeleted(method: string, path: readonly string[], url: URL): VaultAnswer;
}

const generate = promisify(generateKeyPair);
const defaultOperations = ['encrypt', 'decrypt', 'sign', 'verify', 'wrapKey', 'unwrapKey'];

/** Algorithms that wrap (RFC 7518 section 4.3). */
const hashes: Readonly<Record<string, string>> = { 'RSA-OAEP': 'sha1', 'RSA-OAEP-256': 'sha256' };

export function createVaultKeys(realm: VaultRealm): VaultKeys {
  const { vaultUrl, now } = realm;
  const shelf = createShelf<VaultKey>();
  const idOf = (name: string, key: VaultKey) => `${vaultUrl}/keys/${name}/${key.version}`;
  const attributes = (key: VaultKey) => ({
    enabled: key.enabled,
    created: seconds(key.created),
    updated: seconds(key.created),
    recoveryLevel: realm.mayPurge ? 'Recoverable+Purgeable' : 'Recoverable',
    recoverableDays: 90,
    exportable: false,
  });
  const bundle = (name: string, key: VaultKey) => {
    const { n, e } = key.publicKey.export({ format: 'jwk' });
    return { key: { kid: idOf(name, key), kty: 'RSA', key_ops: key.operations, n, e }, attributes: attributes(key) };
  };

  const create = async (name: string, bits: number, operations: readonly string[] = defaultOperations) => {
    const pair = await generate('rsa', { modulusLength: bits });
    const key = { ...pair, operations, version: realm.newVersion(), created: now(), enabled: true };
    return shelf.add(name, key) ? key : undefined;
  };

  const use = (name: string, version: string, operation: 'wrapKey' | 'unwrapKey', body: VaultBody): VaultAnswer => {
    const key = shelf.find(name, version);
    if (key === undefined) return notFound('Key', name);
    if (!key.enabled) return refuse(403, 'Forbidden', 'Operation is not allowed on a disabled key.', 'KeyDisabled');
    if (!key.operations.includes(operation)) {
      return refuse(403, 'Forbidden', `Operation ${operation} is not permitted on this key.`, 'KeyOperationForbidden');
    }
    const oaepHash = hashes[text(body['alg'])];
    if (oaepHash === undefined) return refuse(400, 'BadParameter', 'Key and signing key algorithm are incompatible.');
    const value = Buffer.from(text(body['value']), 'base64url');
    const settings = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash };
    try {
      const result =
        operation === 'wrapKey'
          ? publicEncrypt({ key: key.publicKey, ...settings }, value)
          : privateDecrypt({ key: key.privateKey, ...settings }, value);
      return answer({ kid: idOf(name, key), value: result.toString('base64url') });
    } catch {
      return refuse(400, 'BadParameter', 'The parameter is incorrect.');
    }
  };

  const made = (name: string, key: VaultKey | undefined) => (key ? answer(bundle(name, key)) : nameTaken(name));

  return {
    shelf,
    create,
    async handle(method, [name = '', second = '', third], body, url) {
      if (method === 'GET' && name === '') {
        const items = shelf.names().flatMap((each) => {
          const key = shelf.find(each);
          return key === undefined ? [] : { kid: `${vaultUrl}/keys/${each}`, attributes: attributes(key) };
        });
        return page(url, vaultUrl, items);
      }
      if (method === 'GET' && second === 'versions') {
        const versions = shelf.versions(name) ?? [];
        return page(
          url,
          vaultUrl,
          versions.map((key) => ({ kid: idOf(name, key), attributes: attributes(key) })),
        );
      }
      if (method === 'GET') {
        const key = shelf.find(name, second);
        return key === undefined ? notFound('Key', name) : answer(bundle(name, key));
      }
      if (method === 'POST' && second === 'create') {
        if (!['RSA', 'RSA-HSM'].includes(text(body['kty']))) return refuse(400, 'BadParameter', 'RSA keys only.');
        const operations = Array.isArray(body['key_ops']) ? body['key_ops'].map(String) : defaultOperations;
        return made(name, await create(name, Number(body['key_size'] ?? 2048), operations));
      }
      if (method === 'POST' && second === 'rotate') {
        const present = shelf.find(name);
        if (present === undefined) return notFound('Key', name);
        const bits = present.publicKey.asymmetricKeyDetails?.modulusLength ?? 2048;
        return made(name, await create(name, bits, present.operations));
      }
      if (method === 'POST' && third === 'wrapkey') return use(name, second, 'wrapKey', body);
      if (method === 'POST' && third === 'unwrapkey') return use(name, second, 'unwrapKey', body);
      if (method === 'PATCH') {
        const key = shelf.find(name, second);
        if (key === undefined) return notFound('Key', name);
        const { enabled } = record(body['attributes']);
        if (typeof enabled === 'boolean') key.enabled = enabled;
        return answer(bundle(name, key));
      }
      if (method === 'DELETE') {
        const key = shelf.find(name);
        if (key === undefined || !shelf.remove(name)) return notFound('Key', name);
        return answer({ ...bundle(name, key), ...deletion(vaultUrl, 'keys', name, now()) });
      }
      return refuse(405, 'MethodNotAllowed', 'The simulated vault has no such operation on keys.');
    },
    handleDeleted(method, [name = '', second = ''], url) {
      const gone = (each: string) => {
        const key = shelf.deletedVersions(each)?.at(-1);
        return key && { ...bundle(each, key), ...deletion(vaultUrl, 'keys', each, now()) };
      };
      if (method === 'GET' && name === '') {
        return page(
          url,
          vaultUrl,
          shelf
            .deletedNames()
            .map((each) => ({ kid: `${vaultUrl}/keys/${each}`, ...deletion(vaultUrl, 'keys', each, now()) })),
        );
      }
      const found = gone(name);
      if (found === undefined) return notFound('Key', name);
      if (method === 'GET') return answer(found);
      if (method === 'POST' && second === 'recover') {
        shelf.recover(name);
        const { key, attributes: own } = found;
        return answer({ key, attributes: own });
      }
      if (method === 'DELETE') {
        if (!realm.mayPurge) return purgeForbidden;
        shelf.purge(name);
        return { status: 204 };
      }
      return refuse(405, 'MethodNotAllowed', 'The simulated vault has no such operation on deleted keys.');
    },
  };
}

/** A vault with purge protection keeps what was deleted until its time is over. */
export const purgeForbidden = refuse(
  403,
  'Forbidden',
  'Operation "purge" is not enabled for this vault.',
  'ForbiddenByPolicy',
);
