import {
  answer,
  notFound,
  record,
  refuse,
  text,
  type VaultAnswer,
  type VaultBody,
} from '#simulator/key-vault/answer.ts';
import { purgeForbidden, type VaultRealm } from '#simulator/key-vault/keys.ts';
import {
  createShelf,
  deletion,
  nameTaken,
  page,
  type Shelf,
  seconds,
  type Versioned,
} from '#simulator/key-vault/shelf.ts';

/** A version of a secret. */
export interface VaultSecret extends Versioned {
  readonly value: string;
  readonly contentType: string;
  readonly tags?: unknown;
  /** True where it is the private half of a certificate. */
  readonly managed?: boolean;
}

export interface VaultSecrets {
  readonly shelf: Shelf<VaultSecret>;
  handle(method: string, path: readonly string[], body: VaultBody, url: URL): VaultAnswer;
  handleDeleted(method: string, path: readonly string[], url: URL): VaultAnswer;
}

export function createVaultSecrets(realm: VaultRealm): VaultSecrets {
  const { vaultUrl, now } = realm;
  const shelf = createShelf<VaultSecret>();
  const about = (name: string, secret: VaultSecret, versioned: boolean) => ({
    id: `${vaultUrl}/secrets/${name}${versioned ? `/${secret.version}` : ''}`,
    contentType: secret.contentType,
    attributes: {
      enabled: secret.enabled,
      created: seconds(secret.created),
      updated: seconds(secret.created),
      recoveryLevel: realm.mayPurge ? 'Recoverable+Purgeable' : 'Recoverable',
      recoverableDays: 90,
    },
    ...(secret.tags === undefined ? {} : { tags: secret.tags }),
    ...(secret.managed === true ? { managed: true, kid: `${vaultUrl}/keys/${name}/${secret.version}` } : {}),
  });
  const bundle = (name: string, secret: VaultSecret) => ({ ...about(name, secret, true), value: secret.value });
  const gone = (name: string, secret: VaultSecret) => ({
    ...about(name, secret, true),
    ...deletion(vaultUrl, 'secrets', name, now()),
  });

  return {
    shelf,
    handle(method, [name = '', second = ''], body, url) {
      if (method === 'GET' && name === '') {
        const items = shelf.names().flatMap((each) => {
          const secret = shelf.find(each);
          return secret === undefined ? [] : about(each, secret, false);
        });
        return page(url, vaultUrl, items);
      }
      if (method === 'GET' && second === 'versions') {
        return page(
          url,
          vaultUrl,
          (shelf.versions(name) ?? []).map((secret) => about(name, secret, true)),
        );
      }
      if (method === 'PUT') {
        const value = text(body['value']);
        // "Set Secret": at most 25 KB.
        if (value.length > 25_600)
          return refuse(400, 'BadParameter', 'The value of a secret is limited to 25,600 characters.');
        const { enabled } = record(body['attributes']);
        const secret: VaultSecret = {
          version: realm.newVersion(),
          created: now(),
          enabled: enabled !== false,
          value,
          contentType: text(body['contentType']),
          ...(body['tags'] === undefined ? {} : { tags: body['tags'] }),
        };
        return shelf.add(name, secret) ? answer(bundle(name, secret)) : nameTaken(name);
      }
      const secret = shelf.find(name, second);
      if (secret === undefined) return notFound('Secret', name);
      if (method === 'GET') {
        if (!secret.enabled)
          return refuse(403, 'Forbidden', 'Operation get is not allowed on a disabled secret.', 'SecretDisabled');
        return answer(bundle(name, secret));
      }
      if (method === 'PATCH') {
        const { enabled } = record(body['attributes']);
        if (typeof enabled === 'boolean') secret.enabled = enabled;
        return answer(about(name, secret, true));
      }
      if (method === 'DELETE') {
        if (secret.managed === true)
          return refuse(403, 'Forbidden', 'A secret of a certificate goes with the certificate.');
        shelf.remove(name);
        return answer(gone(name, secret));
      }
      return refuse(405, 'MethodNotAllowed', 'The simulated vault has no such operation on secrets.');
    },
    handleDeleted(method, [name = '', second = ''], url) {
      if (method === 'GET' && name === '') {
        const items = shelf.deletedNames().flatMap((each) => {
          const secret = shelf.deletedVersions(each)?.at(-1);
          return secret === undefined ? [] : gone(each, secret);
        });
        return page(url, vaultUrl, items);
      }
      const secret = shelf.deletedVersions(name)?.at(-1);
      if (secret === undefined) return notFound('Secret', name);
      if (method === 'GET') return answer(gone(name, secret));
      if (method === 'POST' && second === 'recover') {
        shelf.recover(name);
        return answer(about(name, secret, true));
      }
      if (method === 'DELETE') {
        if (!realm.mayPurge) return purgeForbidden;
        shelf.purge(name);
        return { status: 204 };
      }
      return refuse(405, 'MethodNotAllowed', 'The simulated vault has no such operation on deleted secrets.');
    },
  };
}
