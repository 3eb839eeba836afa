import { describe, expect, it } from 'vitest';
import { containerClient } from '#adapters/azure-key-vault/transport.ts';
import { createCertificateAuthority } from '#simulator/tls/certificate-authority.ts';
import { openTlsListener } from '#simulator/tls/listener.ts';

describe('connections to vaults and storage', () => {
  const authority = createCertificateAuthority(Date.now());
  const hosts = ['st.blob.core.windows.net', '127.0.0.1', 'localhost'];
  const listen = () =>
    openTlsListener({ host: '127.0.0.1', port: 0 }, authority.issue(hosts, Date.now()), (_, response) => {
      response.writeHead(200).end();
    });
  const ask = (url: string, addresses: Record<string, string>) =>
    containerClient(url, undefined, { ca: authority.cert, addresses }).exists();

  it('go where the address says, and the further authority vouches for the name', async () => {
    const listener = await listen();
    try {
      const addresses = { 'st.blob.core.windows.net': `127.0.0.1:${listener.port}` };
      expect(await ask('https://st.blob.core.windows.net/c', addresses)).toBe(true);
    } finally {
      await listener.close();
    }
  });

  it('trust the further authority for no other host', async () => {
    const listener = await listen();
    try {
      const other = ask(`https://127.0.0.1:${listener.port}/c`, { 'st.blob.core.windows.net': '127.0.0.1:1' });
      await expect(other).rejects.toMatchObject({ code: expect.stringMatching(/CERT|SIGNATURE/) });
    } finally {
      await listener.close();
    }
  });

  it('refuse a server without the name in its certificate', async () => {
    const listener = await listen();
    try {
      const wrong = ask('https://other.blob.core.windows.net/c', {
        'other.blob.core.windows.net': `127.0.0.1:${listener.port}`,
      });
      await expect(wrong).rejects.toMatchObject({ code: 'ERR_TLS_CERT_ALTNAME_INVALID' });
    } finally {
      await listener.close();
    }
  });
});
