import { once } from 'node:events';
import { createServer as createPlainServer, type RequestListener, type Server } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { SecureVersion } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import { createOutbound } from '#adapters/outbound/outbound.ts';
import { createCertificateAuthority } from '#simulator/tls/certificate-authority.ts';

const authority = createCertificateAuthority(Date.now());
const certificate = authority.issue(['localhost', '127.0.0.1'], Date.now());
const canary = 'canary-Quohzaivee';

describe('outbound requests', () => {
  const toClose: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const close of toClose.splice(0)) await close();
  });

  const listen = async (server: Server) => {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    toClose.push(async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    });
    return (server.address() as AddressInfo).port;
  };
  const secure = (handler: RequestListener, maxVersion: SecureVersion = 'TLSv1.3') =>
    // Without the level OpenSSL itself would not speak TLS 1.1.
    listen(createServer({ ...certificate, minVersion: 'TLSv1', maxVersion, ciphers: 'DEFAULT:@SECLEVEL=0' }, handler));
  const outboundTo = (port: number, more: Partial<Parameters<typeof createOutbound>[0]> = {}) => {
    const outbound = createOutbound({
      cloud: 'global',
      extraHosts: [`localhost:${port}`],
      ca: authority.cert,
      clock: { now: () => Date.now() },
      ...more,
    });
    toClose.push(() => outbound.close());
    return outbound;
  };

  it('carry method, headers and body there and the answer back', async () => {
    const port = await secure(async (request, response) => {
      let body = '';
      for await (const chunk of request) body += chunk;
      response.writeHead(418, {
        'x-method': request.method,
        'x-sent': request.headers['x-test'],
        'set-cookie': ['a', 'b'],
      });
      response.end(body.toUpperCase());
    });
    const result = await outboundTo(port).request(`https://localhost:${port}/x`, {
      method: 'PATCH',
      headers: { 'x-test': 'ä'.normalize('NFC') === 'ä' ? 'yes' : 'no' },
      body: 'text',
    });
    expect(result).toMatchObject({
      ok: true,
      status: 418,
      text: 'TEXT',
      headers: { 'x-method': 'PATCH', 'x-sent': 'yes', 'set-cookie': 'a, b' },
    });
  });

  it('do not follow a redirect', async () => {
    let asked = 0;
    const port = await secure((_request, response) => {
      asked += 1;
      response.writeHead(302, { location: '/elsewhere' }).end();
    });
    expect(await outboundTo(port).request(`https://localhost:${port}/`)).toMatchObject({ ok: true, status: 302 });
    expect(asked).toBe(1);
  });

  it('refuse a host that nobody named, without asking it', async () => {
    let asked = 0;
    const port = await secure((_request, response) => {
      asked += 1;
      response.end();
    });
    const outbound = outboundTo(port, { extraHosts: [] });
    expect(await outbound.request(`https://localhost:${port}/`)).toMatchObject({
      ok: false,
      reason: 'refused',
      sent: false,
    });
    expect(asked).toBe(0);
  });

  it('take plain text on loopback only where it is named', async () => {
    const port = await listen(createPlainServer((_request, response) => void response.end('plain')));
    expect(await outboundTo(port).request(`http://localhost:${port}/`)).toMatchObject({ ok: true, text: 'plain' });
  });

  it('refuse a certificate of an authority that they do not know', async () => {
    const port = await secure((_request, response) => void response.end());
    const stranger = createCertificateAuthority(Date.now()).cert;
    expect(await outboundTo(port, { ca: stranger }).request(`https://localhost:${port}/`)).toMatchObject({
      ok: false,
      reason: 'network',
      sent: false,
    });
  });

  it('refuse a certificate of another host', async () => {
    const other = authority.issue(['other.example'], Date.now());
    const port = await listen(createServer(other, (_request, response) => void response.end()));
    expect(await outboundTo(port).request(`https://localhost:${port}/`)).toMatchObject({
      ok: false,
      reason: 'network',
      detail: expect.stringContaining('ERR_TLS_CERT_ALTNAME_INVALID'),
      sent: false,
    });
  });

  it('refuse TLS before 1.2', async () => {
    const port = await secure((_request, response) => void response.end(), 'TLSv1.1');
    expect(await outboundTo(port).request(`https://localhost:${port}/`)).toMatchObject({
      ok: false,
      reason: 'network',
    });
    const newer = await secure((_request, response) => void response.end(), 'TLSv1.2');
    expect(await outboundTo(newer).request(`https://localhost:${newer}/`)).toMatchObject({ ok: true });
  });

  it('end at the timeout, at the signal, and say that they may have been carried out', async () => {
    const port = await secure(() => {});
    const outbound = outboundTo(port);
    const url = `https://localhost:${port}/`;
    expect(await outbound.request(url, { timeoutMs: 50 })).toMatchObject({ ok: false, reason: 'timeout', sent: true });
    const controller = new AbortController();
    const given = outbound.request(url, { signal: controller.signal });
    controller.abort();
    expect(await given).toMatchObject({ ok: false, reason: 'aborted' });
    expect(await outbound.request(url, { signal: AbortSignal.abort() })).toMatchObject({
      reason: 'aborted',
      sent: false,
    });
  });

  it('tell nothing listening from a connection that broke after sending', async () => {
    const port = await secure((request) => void request.socket.destroy());
    const url = `https://localhost:${port}/`;
    const outbound = outboundTo(port);
    expect(await outbound.request(url, { method: 'POST', body: 'x' })).toMatchObject({ reason: 'network', sent: true });
    await toClose.shift()?.();
    expect(await outbound.request(url)).toMatchObject({ ok: false, reason: 'network', sent: false });
  });

  it('do not read an answer without end', async () => {
    const port = await secure((_request, response) => void response.end('x'.repeat(100_000)));
    expect(await outboundTo(port, { maximumBytes: 1_000 }).request(`https://localhost:${port}/`)).toMatchObject({
      ok: false,
      reason: 'too-large',
      sent: true,
    });
  });

  it('notice how far the other clock is ahead', async () => {
    const port = await secure((_request, response) => {
      response.setHeader('date', 'Sun, 01 Mar 2026 12:00:00 GMT');
      response.end();
    });
    const outbound = outboundTo(port, { clock: { now: () => Date.parse('2026-03-01T11:50:00.500Z') } });
    expect(await outbound.request(`https://localhost:${port}/`)).toMatchObject({ skewMs: 600_000 });
  });

  it('have no header, body, path or query in any failure', async () => {
    const port = await secure((request) => void request.socket.destroy());
    const outbound = outboundTo(port);
    for (const url of [`https://localhost:${port}/${canary}?${canary}`, `https://evil.example/${canary}`]) {
      for (const bad of ['', '\n']) {
        const result = await outbound.request(url, {
          method: 'POST',
          headers: { authorization: `Bearer ${canary}${bad}` },
          body: canary,
        });
        expect(result.ok).toBe(false);
        expect(JSON.stringify(result)).not.toContain(canary);
      }
    }
  });
});
