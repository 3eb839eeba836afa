import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { record, refuse, type VaultAnswer, type VaultBody } from '#simulator/key-vault/answer.ts';
import { createVaultCertificates } from '#simulator/key-vault/certificates.ts';
import { createKeyVaultFaults } from '#simulator/key-vault/faults.ts';
import { createVaultKeys } from '#simulator/key-vault/keys.ts';
import type { KeyVaultSimulator, KeyVaultSimulatorOptions, VaultOperation } from '#simulator/key-vault/options.ts';
import { createVaultSecrets } from '#simulator/key-vault/secrets.ts';
import { openTlsListener } from '#simulator/tls/listener.ts';

/**
 * A simulated Azure Key Vault over TLS: what the vendor's clients for keys, secrets and certificates ask of it ("Azure Key Vault REST API reference").
 * Everything is in memory. Rejects with the system's error where the port is taken.
 */
export async function createKeyVaultSimulator(options: KeyVaultSimulatorOptions): Promise<KeyVaultSimulator> {
  const { clock, ids, vaultHost, host = '127.0.0.1', port = 0, resource = 'https://vault.azure.net' } = options;
  const vaultUrl = `https://${vaultHost}`;
  const closing = new AbortController();
  const realm = {
    vaultUrl,
    now: () => clock.now(),
    newVersion: () => ids.random().replaceAll('-', ''),
    mayPurge: options.purgeProtection !== true,
  };
  const keys = createVaultKeys(realm);
  const secrets = createVaultSecrets(realm);
  const certificates = createVaultCertificates(realm, { keys, secrets, polls: options.certificatePolls ?? 1 });
  const seen: VaultOperation[] = [];

  const route = async (operation: VaultOperation, url: URL, body: VaultBody): Promise<VaultAnswer> => {
    const [, collection = '', ...path] = url.pathname.split('/').map(decodeURIComponent);
    const { method } = operation;
    switch (collection) {
      case 'keys':
        return keys.handle(method, path, body, url);
      case 'deletedkeys':
        return keys.handleDeleted(method, path, url);
      case 'secrets':
        return secrets.handle(method, path, body, url);
      case 'deletedsecrets':
        return secrets.handleDeleted(method, path, url);
      case 'certificates':
        return certificates.handle(method, path, body, url);
      case 'deletedcertificates':
        return certificates.handleDeleted(method, path, url);
      default:
        return refuse(404, 'NotFound', 'The simulated vault has no such collection.');
    }
  };

  const judge = async (request: IncomingMessage, operation: VaultOperation): Promise<VaultAnswer | undefined> => {
    if (on('throttled')) {
      const said = refuse(429, 'Throttled', 'Request was not processed because too many requests were received.');
      return { ...said, headers: { 'retry-after': String(options.retryAfterSeconds ?? 10) } };
    }
    if (on('unavailable')) return refuse(503, 'ServiceUnavailable', 'The service is temporarily unavailable.');
    const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1];
    const checked = token === undefined ? undefined : await options.checkToken(token, operation);
    if (checked === undefined || (!checked.ok && checked.reason === 'unknown')) {
      const challenge = `Bearer authorization="${options.authorization}", resource="${resource}"`;
      return {
        ...refuse(401, 'Unauthorized', 'AKV10000: Request is missing a Bearer or PoP token.'),
        headers: { 'www-authenticate': challenge },
      };
    }
    if (!checked.ok || on('forbidden')) {
      return refuse(403, 'Forbidden', 'Caller is not authorized to perform action on resource.', 'ForbiddenByRbac');
    }
    return undefined;
  };

  const serve = async (request: IncomingMessage, response: ServerResponse) => {
    const url = new URL(request.url ?? '/', vaultUrl);
    const method = request.method ?? 'GET';
    const body = await readBody(request);
    const operation = { method, operation: operationOf(url), path: url.pathname };
    if (on('slow')) await clock.sleep(options.slowMs ?? 5000, closing.signal);
    if (on('silent')) return;
    const refused = await judge(request, operation);
    if (refused === undefined) seen.push(operation);
    const answered =
      refused ??
      (url.searchParams.has('api-version')
        ? await route(operation, url, body)
        : refuse(400, 'BadParameter', 'api-version must be specified'));
    options.log?.(`${method} ${url.pathname} ${answered.status}`);
    if (refused === undefined && on('lost-answer')) return void response.socket?.destroy();
    response.writeHead(answered.status, { 'content-type': 'application/json', ...answered.headers });
    response.end(answered.body === undefined ? '' : JSON.stringify(answered.body));
  };

  const handler: RequestListener = (request, response) => {
    serve(request, response).catch((error: unknown) => {
      options.log?.(`simulated vault failed: ${error instanceof Error ? error.message : 'unknown'}`);
      response.destroy();
    });
  };

  const { faults, on } = createKeyVaultFaults(async (name, active) => {
    if (name === 'unreachable') await (active ? listener.refuse() : listener.open());
  });
  const listener = await openTlsListener({ host, port }, options.tls, handler);

  return {
    get port() {
      return listener.port;
    },
    vaultUrl,
    faults,
    createKey: async (name, bits = 2048) => {
      const key = await keys.create(name, bits);
      if (key === undefined) throw new TypeError(`the key ${name} is deleted`);
      return `${vaultUrl}/keys/${name}/${key.version}`;
    },
    enableKey: (name, version, enabled) => {
      const key = keys.shelf.find(name, version);
      if (key === undefined) throw new TypeError(`there is no version ${version} of ${name}`);
      key.enabled = enabled;
    },
    operations: () => [...seen],
    close: async () => {
      closing.abort();
      await listener.close();
    },
  };
}

/** `keys/<name>/<version>/wrapkey` is `keys/wrapkey`. */
function operationOf(url: URL): string {
  const [, collection = '', , ...rest] = url.pathname.split('/');
  const last = rest.at(-1) ?? '';
  const isWord = /^(create|rotate|import|versions|pending|policy|recover|wrapkey|unwrapkey)$/.test(last);
  return isWord ? `${collection}/${last}` : collection;
}

async function readBody(request: IncomingMessage): Promise<VaultBody> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece as Buffer);
  const content = Buffer.concat(pieces).toString();
  if (content === '') return {};
  try {
    return record(JSON.parse(content));
  } catch {
    return {};
  }
}
