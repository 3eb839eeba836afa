import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { simulatedToken } from '#simulator/azure/azure-native.ts';
import { createDirectoryReads } from '#simulator/azure/azuread-reads.ts';
import type { CloudFolder } from '#simulator/azure/cloud-folder.ts';

/** What a deployment reads of the simulated cloud beside the providers. */
export interface SimulatedReads {
  /** Of Graph, with the version and without a slash at the end. */
  readonly graphUrl: string;
  /** Of Azure Resource Manager: whatever is in the cloud folder, deleted vaults too, by its id. */
  readonly armUrl: string;
  stop(): Promise<void>;
}

const graph = '/v1.0';
const arm = '/arm';

/** Starts both on loopback; they take tokens of the deployment in this directory alone. */
export async function startSimulatedReads(cloud: CloudFolder, tenantId: string): Promise<SimulatedReads> {
  const read = createDirectoryReads(cloud);
  const tokens = {
    [graph]: simulatedToken(tenantId, 'https://graph.microsoft.com'),
    [arm]: simulatedToken(tenantId, 'https://management.azure.com'),
  };
  let url = '';
  const server = createServer((request, response) => {
    const say = (status: number, body: object) => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    };
    const missing = () => say(404, { error: { code: 'Request_ResourceNotFound' } });
    const asked = request.url ?? '';
    const base = ([graph, arm] as const).find((one) => asked.startsWith(`${one}/`));
    if (base === undefined || request.method !== 'GET') return missing();
    if (request.headers.authorization !== `Bearer ${tokens[base]}`)
      return say(401, { error: { code: 'InvalidAuthenticationToken' } });
    const path = asked.slice(base.length);
    if (base === arm) {
      const found = cloud.get(path.split('?')[0] ?? '');
      return found === undefined ? missing() : say(200, { id: found.id, properties: found.inputs });
    }
    const page = read(path);
    if (page === undefined) return missing();
    say(200, { ...page.body, ...(page.next === undefined ? {} : { '@odata.nextLink': `${url}${graph}${page.next}` }) });
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
