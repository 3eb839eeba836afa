import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createCertificateAuthority } from '#simulator/tls/certificate-authority.ts';
import { openTlsListener, type TlsListener } from '#simulator/tls/listener.ts';

const authority = createCertificateAuthority(Date.now());
let listener: TlsListener;
beforeEach(async () => {
  const certificate = authority.issue(['localhost'], Date.now());
  listener = await openTlsListener({ host: 'localhost', port: 0 }, certificate, (_, response) => response.end('here'));
});
afterEach(() => listener.close());

const ask = (port: number) =>
  new Promise<string>((resolve) => {
    const asked = request({ port, host: 'localhost', ca: authority.cert, agent: false }, (answer) => {
      answer.setEncoding('utf8').once('data', resolve);
    });
    asked.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message)).end();
  });

/** Whether somebody listens on a port of 127.0.0.1, or is connected from it ("proc_net_tcp": 0A is LISTEN, 01 is ESTABLISHED). */
const isTaken = (port: number) =>
  readFileSync('/proc/net/tcp', 'utf8')
    .split('\n')
    .map((row) => row.trim().split(/\s+/))
    .some(([, local, , state]) => local === `0100007F:${hex(port)}` && ['01', '0A'].includes(state ?? ''));
const hex = (port: number) => port.toString(16).toUpperCase().padStart(4, '0');

describe('a listener of a simulated service', () => {
  it('refuses connections for a while, and answers at the same port again', async () => {
    const { port } = listener;
    expect(await ask(port)).toBe('here');
    await listener.refuse();
    await listener.refuse();
    expect(await ask(port)).toBe('ECONNREFUSED');
    await listener.open();
    await listener.open();
    expect(await ask(port)).toBe('here');
  });

  it.skipIf(process.platform !== 'linux')(
    'leaves its port to nobody meanwhile (only Linux tells who has one)',
    async () => {
      const { port } = listener;
      await listener.refuse();
      expect(isTaken(port)).toBe(true);
      await listener.open();
      expect(await ask(port)).toBe('here');
      await listener.refuse();
      expect(isTaken(port)).toBe(true);
      await listener.close();
      expect(isTaken(port)).toBe(false);
      await listener.open();
      await Promise.all([listener.refuse(), listener.close()]);
      expect(isTaken(port)).toBe(false);
    },
  );
});
