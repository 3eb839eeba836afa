import { once } from 'node:events';
import { createServer, request as httpRequest, type IncomingMessage } from 'node:http';
import { request } from 'node:https';
import type { AddressInfo } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { createCertificateAuthority } from '#simulator/tls/certificate-authority.ts';
import { startTlsFront } from '#simulator/tls/tls-front.ts';

it('refuses a request that cannot be passed on, and passes on the next one', async () => {
  const server = createServer((_, response) => void response.end('behind')).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const authority = createCertificateAuthority(Date.now());
  const front = await startTlsFront(authority.issue(['localhost'], Date.now()), ({ url = '/' }) => {
    const { pathname } = new URL(url, 'http://localhost');
    return httpRequest({ port: (server.address() as AddressInfo).port, path: pathname, agent: false });
  });
  onTestFinished(() => front.close());
  const ask = async (path: string) => {
    const asking = request({ port: front.port, path, ca: authority.cert, agent: false }).end();
    const [answer] = (await once(asking, 'response')) as [IncomingMessage];
    answer.resume();
    return answer.statusCode;
  };
  expect(await ask('//')).toBe(400);
  expect(await ask('/fine')).toBe(200);
});
