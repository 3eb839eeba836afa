import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** The endpoint that Container Apps give to a process for its managed identity (version 2019-08-01). */
export interface IdentityEndpoint {
  readonly url: string;
  readonly header: string;
  /** `resource` and `client_id` of each request. */
  asked(): readonly { readonly resource: string; readonly clientId: string }[];
  set(mode: 'answers' | 'silent'): void;
  close(): Promise<void>;
}

/** @param tokenOf the access token for a resource */
export async function startIdentityEndpoint(tokenOf: (resource: string) => string): Promise<IdentityEndpoint> {
  const header = 'a-header-that-only-the-process-knows';
  const asked: { resource: string; clientId: string }[] = [];
  let mode: 'answers' | 'silent' = 'answers';
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://localhost');
    const resource = url.searchParams.get('resource') ?? '';
    asked.push({ resource, clientId: url.searchParams.get('client_id') ?? '' });
    if (mode === 'silent') return;
    const allowed =
      request.headers['x-identity-header'] === header && url.searchParams.get('api-version') === '2019-08-01';
    response.writeHead(allowed ? 200 : 401, { 'content-type': 'application/json' });
    const expires = Math.trunc(Date.now() / 1000) + 3600;
    response.end(
      JSON.stringify(
        allowed
          ? { access_token: tokenOf(resource), expires_on: String(expires), resource, token_type: 'Bearer' }
          : { statusCode: 401, message: 'no' },
      ),
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/msi/token`,
    header,
    asked: () => asked,
    set: (next) => {
      mode = next;
    },
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
