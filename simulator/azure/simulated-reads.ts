import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text as textOf } from 'node:stream/consumers';
import { simulatedToken } from '#simulator/azure/azure-native.ts';
import { createDirectoryReads } from '#simulator/azure/azuread-reads.ts';
import type { CloudFolder } from '#simulator/azure/cloud-folder.ts';
import { changeLock } from '#simulator/azure/locks.ts';
import type { Provider } from '#simulator/azure/provider.ts';

/** What a deployment asks of the simulated cloud beside the providers: it reads, and takes locks off and puts them back. */
export interface SimulatedReads {
  /** Of Graph, with the version and without a slash at the end. */
  readonly graphUrl: string;
  /** Of Azure Resource Manager: whatever is in the cloud folder, deleted vaults too, by its id. */
  readonly armUrl: string;
  stop(): Promise<void>;
}

const graph = '/v1.0';
const arm = '/arm';

/**
 * Starts both on loopback; they take tokens of the deployment in this directory alone.
 * @param azure makes locks; without it none is made or deleted
 */
export async function startSimulatedReads(
  cloud: CloudFolder,
  tenantId: string,
  azure?: Pick<Provider, 'create'>,
): Promise<SimulatedReads> {
  const read = createDirectoryReads(cloud);
  const tokens = {
    [graph]: simulatedToken(tenantId, 'https://graph.microsoft.com'),
    [arm]: simulatedToken(tenantId, 'https://management.azure.com'),
  };
  let url = '';
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const say = (status: number, body: object) => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    };
    const missing = () => say(404, { error: { code: 'Request_ResourceNotFound' } });
    const asked = request.url ?? '';
    const base = ([graph, arm] as const).find((one) => asked.startsWith(`${one}/`));
    const { method = '' } = request;
    const changes = base === arm && azure !== undefined && (method === 'PUT' || method === 'DELETE');
    if (base === undefined || !(changes || method === 'GET')) return missing();
    if (request.headers.authorization !== `Bearer ${tokens[base]}`)
      return say(401, { error: { code: 'InvalidAuthenticationToken' } });
    const path = asked.slice(base.length);
    if (changes && azure !== undefined) {
      const status = changeLock({ cloud, azure }, method, path.split('?')[0] ?? '', await textOf(request));
      return status === undefined ? missing() : say(status, {});
    }
    if (base === arm) {
      const found = cloud.get(path.split('?')[0] ?? '');
      return found === undefined ? missing() : say(200, { id: found.id, properties: found.inputs });
    }
    const page = read(path);
    if (page === undefined) return missing();
    say(200, { ...page.body, ...(page.next === undefined ? {} : { '@odata.nextLink': `${url}${graph}${page.next}` }) });
  };
  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.writeHead(400).end());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    graphUrl: `${url}${graph}`,
    armUrl: `${url}${arm}`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
