import { createHash, createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto';
import {
  answer,
  notFound,
  record,
  refuse,
  text,
  type VaultAnswer,
  type VaultBody,
} from '#simulator/key-vault/answer.ts';
import { purgeForbidden, type VaultKeys, type VaultRealm } from '#simulator/key-vault/keys.ts';
import type { VaultSecrets } from '#simulator/key-vault/secrets.ts';
import { selfSigned } from '#simulator/key-vault/self-signed.ts';
import { createShelf, deletion, nameTaken, page, seconds, type Versioned } from '#simulator/key-vault/shelf.ts';

interface VaultCertificate extends Versioned {
  /** DER. */
  readonly cer: Buffer;
  readonly notBefore: number;
  readonly expires: number;
  readonly policy: VaultBody;
}

/** A creation that is under way. */
interface Pending {
  pollsLeft: number;
  readonly finish: () => Promise<void>;
  readonly requestId: string;
  readonly policy: VaultBody;
  state: 'inProgress' | 'completed';
}

export interface VaultCertificates {
  handle(method: string, path: readonly string[], body: VaultBody, url: URL): Promise<VaultAnswer>;
  handleDeleted(method: string, path: readonly string[], url: URL): VaultAnswer;
}

const pemType = 'application/x-pem-file';

/** Certificates, whose private halves are keys and secrets of the same name and version ("Composition of a certificate", learn.microsoft.com). */
export function createVaultCertificates(
  realm: VaultRealm,
  parts: { readonly keys: VaultKeys; readonly secrets: VaultSecrets; readonly polls: number },
): VaultCertificates {
  const { vaultUrl, now } = realm;
  const shelf = createShelf<VaultCertificate>();
  const pending = new Map<string, Pending>();

  const item = (name: string, certificate: VaultCertificate, versioned = true) => ({
    id: `${vaultUrl}/certificates/${name}${versioned ? `/${certificate.version}` : ''}`,
    x5t: createHash('sha1').update(certificate.cer).digest('base64url'),
    attributes: {
      enabled: certificate.enabled,
      nbf: seconds(certificate.notBefore),
      exp: seconds(certificate.expires),
      created: seconds(certificate.created),
      updated: seconds(certificate.created),
      recoveryLevel: realm.mayPurge ? 'Recoverable+Purgeable' : 'Recoverable',
    },
  });
  const bundle = (name: string, certificate: VaultCertificate) => ({
    ...item(name, certificate),
    kid: `${vaultUrl}/keys/${name}/${certificate.version}`,
    sid: `${vaultUrl}/secrets/${name}/${certificate.version}`,
    cer: certificate.cer.toString('base64'),
    policy: { id: `${vaultUrl}/certificates/${name}/policy`, ...certificate.policy },
  });
  const operation = (name: string, { state, requestId }: Pending) => ({
    id: `${vaultUrl}/certificates/${name}/pending`,
    issuer: { name: 'Self' },
    cancellation_requested: false,
    status: state,
    request_id: requestId,
    ...(state === 'completed' ? { target: `${vaultUrl}/certificates/${name}` } : {}),
  });

  /** Puts a certificate with its key and its secret on their shelves under one version. */
  const keep = (name: string, version: string, pemKey: string, pemCertificate: string, policy: VaultBody): boolean => {
    const x509 = new X509Certificate(pemCertificate);
    const privateKey = createPrivateKey(pemKey);
    const common = { version, created: now(), enabled: true };
    const exportable = record(policy['key_props'])['exportable'] !== false;
    const kept = shelf.add(name, {
      ...common,
      cer: x509.raw,
      notBefore: Date.parse(x509.validFrom),
      expires: Date.parse(x509.validTo),
      policy,
    });
    if (!kept) return false;
    const operations = ['encrypt', 'decrypt', 'sign', 'verify', 'wrapKey', 'unwrapKey'];
    parts.keys.shelf.add(name, { ...common, privateKey, publicKey: createPublicKey(privateKey), operations });
    const value = exportable ? `${pemKey}${pemCertificate}` : pemCertificate;
    parts.secrets.shelf.add(name, { ...common, value, contentType: pemType, managed: true });
    return true;
  };

  const make = async (name: string, policy: VaultBody) => {
    const bits = Number(record(policy['key_props'])['key_size'] ?? 2048);
    const key = await parts.keys.create(`pending ${name}`, bits);
    parts.keys.shelf.remove(`pending ${name}`);
    parts.keys.shelf.purge(`pending ${name}`);
    if (key === undefined) return;
    const x509 = record(policy['x509_props']);
    const until = new Date(now());
    until.setUTCMonth(until.getUTCMonth() + Number(x509['validity_months'] ?? 12));
    // Key Vault dates its own certificates ten minutes back.
    const certificate = selfSigned(key.privateKey, text(x509['subject']), now() - 600_000, until.getTime());
    const pemKey = key.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    keep(name, realm.newVersion(), pemKey, certificate, policy);
  };

  const create = (name: string, body: VaultBody): VaultAnswer => {
    const policy = record(body['policy']);
    if (shelf.deletedVersions(name) !== undefined) return nameTaken(name);
    if (pending.get(name)?.state === 'inProgress') {
      return refuse(409, 'Conflict', `A pending certificate with (name/id) ${name} is in progress.`);
    }
    if (record(policy['issuer'])['name'] !== 'Self')
      return refuse(400, 'BadParameter', 'The simulated vault is its own only issuer.');
    if (record(policy['secret_props'])['contentType'] !== pemType) {
      return refuse(400, 'BadParameter', `The simulated vault keeps certificates as ${pemType} only.`);
    }
    const started: Pending = {
      pollsLeft: parts.polls,
      requestId: realm.newVersion(),
      state: 'inProgress',
      policy,
      finish: () => make(name, policy),
    };
    pending.set(name, started);
    return answer(operation(name, started), 202);
  };

  const poll = async (name: string): Promise<VaultAnswer> => {
    const started = pending.get(name);
    if (started === undefined)
      return refuse(404, 'PendingCertificateNotFound', `There is no pending certificate ${name}.`);
    // Several may ask: one of them finishes it, and it is completed once the certificate is there.
    if (started.state === 'inProgress' && started.pollsLeft-- === 0) {
      await started.finish();
      started.state = 'completed';
    }
    return answer(operation(name, started));
  };

  const importPem = (name: string, body: VaultBody): VaultAnswer => {
    const value = text(body['value']);
    const key = /-----BEGIN PRIVATE KEY-----[\s\S]+?-----END PRIVATE KEY-----\n?/.exec(value)?.[0];
    const certificate = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----\n?/.exec(value)?.[0];
    if (key === undefined || certificate === undefined)
      return refuse(400, 'BadParameter', 'The specified PEM X.509 certificate content is in an unexpected format.');
    const version = realm.newVersion();
    // The vendor's client for JavaScript leaves out the policy that it is given: then the vault makes one of what it sees.
    const seen = {
      secret_props: { contentType: pemType },
      x509_props: { subject: new X509Certificate(certificate).subject },
    };
    const policy = body['policy'] === undefined ? seen : record(body['policy']);
    if (!keep(name, version, key, certificate, policy)) return nameTaken(name);
    const kept = shelf.find(name, version);
    return kept === undefined ? notFound('Certificate', name) : answer(bundle(name, kept));
  };

  return {
    async handle(method, [name = '', second = ''], body, url) {
      if (method === 'GET' && name === '') {
        const items = shelf.names().flatMap((each) => {
          const certificate = shelf.find(each);
          return certificate === undefined ? [] : item(each, certificate, false);
        });
        return page(url, vaultUrl, items);
      }
      if (method === 'POST' && second === 'create') return create(name, body);
      if (method === 'POST' && second === 'import') return importPem(name, body);
      if (second === 'pending')
        return method === 'GET' ? poll(name) : refuse(405, 'MethodNotAllowed', 'Only to be read.');
      if (method === 'GET' && second === 'versions') {
        const versions = shelf.versions(name) ?? [];
        return page(
          url,
          vaultUrl,
          versions.map((certificate) => item(name, certificate)),
        );
      }
      const found = shelf.find(name, second === 'policy' ? '' : second);
      const unfinished = pending.get(name);
      if (found === undefined && second === '' && unfinished?.state === 'inProgress') {
        // A first version that is not there yet: disabled, without dates and contents.
        const { policy, requestId } = unfinished;
        const id = `${vaultUrl}/certificates/${name}`;
        return answer({
          id: `${id}/${requestId}`,
          attributes: { enabled: false },
          policy,
          pending: { id: `${id}/pending` },
        });
      }
      if (found === undefined) return notFound('Certificate', name);
      if (method === 'GET' && second === 'policy') return answer(bundle(name, found).policy);
      if (method === 'GET') return answer(bundle(name, found));
      if (method === 'DELETE') {
        for (const each of [shelf, parts.keys.shelf, parts.secrets.shelf]) each.remove(name);
        return answer({ ...bundle(name, found), ...deletion(vaultUrl, 'certificates', name, now()) });
      }
      return refuse(405, 'MethodNotAllowed', 'The simulated vault has no such operation on certificates.');
    },
    handleDeleted(method, [name = '', second = ''], url) {
      const gone = (each: string) => {
        const certificate = shelf.deletedVersions(each)?.at(-1);
        return certificate && { ...bundle(each, certificate), ...deletion(vaultUrl, 'certificates', each, now()) };
      };
      if (method === 'GET' && name === '') return page(url, vaultUrl, shelf.deletedNames().map(gone));
      const found = gone(name);
      if (found === undefined) return notFound('Certificate', name);
      if (method === 'GET') return answer(found);
      if (method === 'POST' && second === 'recover') {
        for (const each of [shelf, parts.keys.shelf, parts.secrets.shelf]) each.recover(name);
        const certificate = shelf.find(name);
        return certificate === undefined ? notFound('Certificate', name) : answer(bundle(name, certificate));
      }
      if (method === 'DELETE') {
        if (!realm.mayPurge) return purgeForbidden;
        for (const each of [shelf, parts.keys.shelf, parts.secrets.shelf]) each.purge(name);
        return { status: 204 };
      }
      return refuse(405, 'MethodNotAllowed', 'The simulated vault has no such operation on deleted certificates.');
    },
  };
}
