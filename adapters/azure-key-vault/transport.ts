import { Agent } from 'node:https';
import { createSecureContext, getCACertificates, type SecureContext } from 'node:tls';
import type { TokenCredential } from '@azure/identity';
import type { KeyClientOptions } from '@azure/keyvault-keys';
import {
  AnonymousCredential,
  ContainerClient,
  newPipeline,
  type StorageSharedKeyCredential,
} from '@azure/storage-blob';

/** How vaults and storage are reached. All of it is absent in Azure itself. */
export interface VaultTransport {
  /** PEM of a further authority. It may vouch for the hosts of `addresses` alone, never for Microsoft's. */
  readonly ca?: string;
  /**
   * Where hosts are in truth: host name to `host:port`. Certificates must still carry the name; the vendor's clients insist that a vault's host
   * belongs to the audience that its challenge names.
   */
  readonly addresses?: Readonly<Record<string, string>>;
}

/** Limits and connections for the vendor's Key Vault clients. Their own retries are off: ours are bounded, and say what they wait for. */
export function vaultClientOptions(transport: VaultTransport): Omit<KeyClientOptions, 'serviceVersion'> {
  const agent = mappedAgent(transport);
  return {
    retryOptions: { maxRetries: 0 },
    ...(agent === undefined
      ? {}
      : {
          additionalPolicies: [
            {
              position: 'perRetry',
              policy: {
                name: 'tocsinConnections',
                sendRequest: (request, next) => {
                  request.agent = agent;
                  return next(request);
                },
              },
            },
          ],
        }),
  };
}

/** As `vaultClientOptions`, for a container of Blob storage. @param credential not needed where the URL has a SAS token */
export function containerClient(
  url: string,
  credential: TokenCredential | StorageSharedKeyCredential | undefined,
  transport: VaultTransport,
): ContainerClient {
  const pipeline = newPipeline(credential ?? new AnonymousCredential(), { retryOptions: { maxTries: 1 } });
  const agent = mappedAgent(transport);
  if (agent !== undefined) {
    pipeline.factories.push({
      create: (next) => ({
        sendRequest: (request) => {
          if (request.url.startsWith('https:')) request.agent = agent;
          return next.sendRequest(request);
        },
      }),
    });
  }
  return new ContainerClient(url, pipeline);
}

/** Connections that follow `addresses`; undefined where there are none. */
export function mappedAgent({ ca, addresses = {} }: VaultTransport): Agent | undefined {
  if (Object.keys(addresses).length === 0) return undefined;
  const agent = new Agent({ keepAlive: true, minVersion: 'TLSv1.2' });
  const connect = agent.createConnection.bind(agent);
  const trust = () => (ca === undefined ? {} : { secureContext: trusting(ca) });
  agent.createConnection = (options, callback) => {
    const address = addresses[options.host ?? ''];
    if (address === undefined) return connect(options, callback);
    const { hostname, port } = new URL(`https://${address}`);
    // The name that the certificate is checked against was set from the request before.
    return connect({ ...options, ...trust(), host: hostname, port: port || '443' }, callback);
  };
  return agent;
}

let trusted: { readonly ca: string; readonly context: SecureContext } | undefined;

/** Read once: hundreds of authorities for every connection, or every client, would hold up the whole thread each time. */
function trusting(ca: string): SecureContext {
  if (trusted?.ca !== ca)
    trusted = {
      ca,
      context: createSecureContext({ minVersion: 'TLSv1.2', ca: [...getCACertificates('default'), ca] }),
    };
  return trusted.context;
}
