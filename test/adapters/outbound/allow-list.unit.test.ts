import { describe, expect, it } from 'vitest';
import { createAllowList } from '#adapters/outbound/allow-list.ts';

const list = createAllowList('global', [
  'localhost:4711',
  'Proxy.Example',
  '127.0.0.1:8080',
  '[::1]:8081',
  '192.0.2.7:80',
]);

describe('the list of hosts that may be connected to', () => {
  it.each([
    ['https://graph.microsoft.com/v1.0/me', false],
    ['https://GRAPH.microsoft.com:443/v1.0/me', false],
    ['https://localhost:4711/x', true],
    ['https://proxy.example/', true],
    ['http://127.0.0.1:8080/', true],
    ['http://[::1]:8081/', true],
  ])('lets %s through', (url, extra) => {
    expect(list.check(url)).toMatchObject({ ok: true, extra });
  });

  it.each([
    'http://graph.microsoft.com/v1.0/me',
    'https://graph.microsoft.com:8443/v1.0/me',
    'https://graph.microsoft.us/v1.0/me',
    'https://graph.microsoft.com@evil.example/',
    'https://user@graph.microsoft.com/',
    'https://graph.microsoft.com./',
    'https://evil.example/',
    'https://sub.proxy.example/',
    'https://localhost:4712/',
    'http://localhost:80/',
    'http://proxy.example/',
    'http://192.0.2.7/',
    'https://169.254.169.254/metadata',
    'ftp://graph.microsoft.com/',
    'graph.microsoft.com/v1.0',
    '',
  ])('refuses %s', (url) => {
    expect(list.check(url)).toMatchObject({ ok: false });
  });

  it('says nothing of path and query', () => {
    expect(JSON.stringify(list.check('https://evil.example/secret-path?code=secret-code'))).not.toContain('secret');
  });

  it.each(['*.example', 'https://proxy.example', 'proxy.example/x', 'a b', ''])('throws for "%s" as a host', (host) => {
    expect(() => createAllowList('global', [host])).toThrow(TypeError);
  });
});
