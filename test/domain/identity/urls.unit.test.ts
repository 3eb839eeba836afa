import { describe, expect, it } from 'vitest';
import { clouds, isHostOf } from '#domain/identity/clouds.ts';
import { rebuild } from '#domain/identity/rebuild-url.ts';

const base = 'https://graph.microsoft.com/v1.0';

describe('rebuilding a URL of a payload', () => {
  it.each([
    ['https://graph.microsoft.com/v1.0/me/chats?$skiptoken=a%2Fb', `${base}/me/chats?$skiptoken=a%2Fb`],
    ['https://evil.example/v1.0/me/chats', `${base}/me/chats`],
    ['http://user:pw@graph.microsoft.com:8443/v1.0/me#x', `${base}/me`],
    ['//evil.example/v1.0/me', `${base}/me`],
    ["chats('19:a_b@thread.v2')/messages('1')", `${base}/chats('19:a_b@thread.v2')/messages('1')`],
    ['https://graph.microsoft.com/v1.0/chats/19%3Aa%40thread.v2/messages', `${base}/chats/19%3Aa%40thread.v2/messages`],
  ])('keeps path and query of %s and nothing else', (url, expected) => {
    expect(rebuild(base, url)).toBe(expected);
  });

  it.each([
    '',
    'https://graph.microsoft.com/beta/me',
    'https://graph.microsoft.com/v1.0',
    'https://graph.microsoft.com/v1.0evil/me',
    'https://graph.microsoft.com/v1.0/../beta/me',
    '../beta/me',
    '/v1.0/%2e%2e/beta/me',
    'chats/%2E%2E%2Fbeta',
    'chats\\..\\me',
    'chats/%5c..',
    'https://graph.microsoft.com/v1.0/a b',
    'https://graph.microsoft.com/v1.0/a\nb',
    'javascript:alert(1)',
    'file:///v1.0/etc/passwd',
    'https://',
    `https://graph.microsoft.com/v1.0/${'a'.repeat(20_000)}`,
  ])('refuses %s', (url) => {
    expect(rebuild(base, url)).toBeUndefined();
  });

  it('keeps a base on loopback with its port', () => {
    expect(rebuild('https://localhost:4711/beta', 'https://graph.microsoft.com/beta/me')).toBe(
      'https://localhost:4711/beta/me',
    );
  });
});

describe('hosts of the clouds', () => {
  it.each([
    ['global', 'graph.microsoft.com'],
    ['global', 'contoso-calls.servicebus.windows.net'],
    ['usgov', 'graph.microsoft.us'],
    ['usgov-dod', 'dod-graph.microsoft.us'],
    ['usgov', 'calls.servicebus.usgovcloudapi.net'],
    ['china', 'microsoftgraph.chinacloudapi.cn'],
    ['china', 'calls.vault.azure.cn'],
  ] as const)('of %s include %s', (cloud, host) => {
    expect(isHostOf(cloud, host)).toBe(true);
  });

  it.each([
    ['global', 'graph.microsoft.us'],
    ['usgov', 'dod-graph.microsoft.us'],
    ['china', 'graph.microsoft.com'],
    ['global', 'evil-graph.microsoft.com'],
    ['global', 'graph.microsoft.com.evil.example'],
    ['global', 'graph.microsoft.com.'],
    ['global', '.servicebus.windows.net'],
    ['global', 'servicebus.windows.net'],
    ['global', 'a.b.servicebus.windows.net'],
    ['global', 'xservicebus.windows.net'],
    ['global', 'localhost'],
  ] as const)('of %s do not include %s', (cloud, host) => {
    expect(isHostOf(cloud, host)).toBe(false);
  });

  it('include where each cloud signs in and where its Graph is', () => {
    for (const [cloud, { entra, graph }] of Object.entries(clouds)) {
      expect(isHostOf(cloud as keyof typeof clouds, new URL(entra).hostname)).toBe(true);
      expect(isHostOf(cloud as keyof typeof clouds, new URL(graph).hostname)).toBe(true);
    }
  });
});
