import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readSettings } from '#config/read-settings.ts';

const read = (environment: Record<string, string>, rest: { file?: unknown; flags?: Record<string, string> } = {}) =>
  readSettings({ environment, ...rest });
const problems = (environment: Record<string, string>, rest: { file?: unknown } = {}) => {
  const result = read(environment, rest);
  return result.ok ? [] : result.problems;
};

describe('settings', () => {
  it('have defaults for everything that a newcomer need not know', () => {
    const result = read({});
    expect(result.ok && result.settings).toMatchObject({
      stateDir: '.tocsin',
      eventHub: 'teams-emergency',
      consumerGroup: '$Default',
      http: { host: '127.0.0.1', port: 8080 },
      testNumbers: ['933'],
      quarantineDays: 30,
    });
  });

  it('take flags before the environment, and the environment before the file', () => {
    const file = { TOCSIN_EVENT_HUB: 'file', TOCSIN_CONSUMER_GROUP: 'file', TOCSIN_STATE_DIR: 'file' };
    const result = read(
      { TOCSIN_CONSUMER_GROUP: 'environment', TOCSIN_STATE_DIR: 'environment' },
      { file, flags: { stateDir: 'flag' } },
    );
    expect(result.ok && result.settings).toMatchObject({
      eventHub: 'file',
      consumerGroup: 'environment',
      stateDir: 'flag',
    });
  });

  it('name every fault at once, with the remedy', () => {
    const found = problems({ TOCSIN_HTTP: 'nowhere', TOCSIN_QUARANTINE_DAYS: '0', TOCSIN_EVENT_HUBZ: 'x' });
    expect(found).toHaveLength(3);
    expect(found.join()).toContain('TOCSIN_EVENT_HUBZ is not a setting; did you mean');
  });

  it('let names of tests and scripts pass', () => {
    expect(problems({ TOCSIN_TEST_EVENTSTOREDB: 'esdb://x', TOCSIN_PROJECT: '/x', TOCSIN_CACHE_DIR: '/x' })).toEqual(
      [],
    );
  });

  it('do not take a mistyped setting for what only tests read', () => {
    expect(problems({ TOCSIN_TEST_NUMBER: '933' })).toEqual([
      expect.stringContaining('TOCSIN_TEST_NUMBER is not a setting; did you mean TOCSIN_TEST_NUMBERS'),
    ]);
  });

  it('know every name that tests and scripts read', () => {
    const root = join(import.meta.dirname, '../..');
    const files = ['test', 'bench', 'scripts', 'tools', 'simulator'].flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
        .filter((name) => /\.(ts|mjs)$/.test(name))
        .map((name) => join(root, folder, name)),
    );
    const read = files
      .filter((file) => file !== import.meta.filename)
      .flatMap((file) => readFileSync(file, 'utf8').match(/\bTOCSIN_TEST_[A-Z_]+\b/g) ?? []);
    expect(problems(Object.fromEntries([...new Set(read)].map((name) => [name, '933'])))).toEqual([]);
  });

  it('never repeat a secret in a fault or in what is shown', () => {
    const secret = 'Endpoint=nonsense;SharedAccessKey=canary';
    expect(problems({ TOCSIN_EVENT_HUBS: secret }).join()).not.toContain('canary');
    const good = read({
      TOCSIN_EVENT_HUBS: 'Endpoint=sb://ns.servicebus.windows.net/;SharedAccessKeyName=n;SharedAccessKey=canary',
    });
    expect(good.ok && [...good.shown].join()).not.toContain('canary');
  });

  it.each([
    'Endpoint=sb://ns.servicebus.windows.net/',
    'Endpoint=sb://ns.servicebus.windows.net/;SharedAccessKeyName=n',
    'Endpoint=sb://ns.servicebus.windows.net/;SharedAccessKey=k',
    'Endpoint=sb://ns.servicebus.windows.net/;SharedAccessKeyName=n;SharedAccessKey=',
  ])('tell a connection string that a shell has cut at a semicolon: %s', (value) => {
    expect(problems({ TOCSIN_EVENT_HUBS: value })).toEqual([expect.stringContaining('in quotes')]);
  });

  it('take a connection string with a signature in place of a key', () => {
    const value = 'Endpoint=sb://ns.servicebus.windows.net/;SharedAccessSignature=SharedAccessSignature sr=a&sig=b';
    expect(problems({ TOCSIN_EVENT_HUBS: value })).toEqual([]);
  });

  it('read a secret from a file, without its last line break', () => {
    const folder = mkdtempSync(join(tmpdir(), 'tocsin-settings-'));
    try {
      writeFileSync(join(folder, 'states'), 'one,two\n');
      const result = read({ TOCSIN_CLIENT_STATES_FILE: join(folder, 'states') });
      expect(result.ok && result.settings.clientStates).toEqual(['one', 'two']);
    } finally {
      rmSync(folder, { recursive: true });
    }
    expect(problems({ TOCSIN_CLIENT_STATES_FILE: join(folder, 'gone') })[0]).toContain('ENOENT');
    expect(problems({ TOCSIN_CLIENT_STATES_FILE: 'a', TOCSIN_CLIENT_STATES: 'b' })[0]).toContain('both set');
  });

  it.each([
    [
      'TOCSIN_EVENT_HUBS',
      'Endpoint=sb://10.0.0.1;SharedAccessKeyName=n;SharedAccessKey=k;UseDevelopmentEmulator=true;',
    ],
    ['TOCSIN_EVENT_LOG', 'esdb://db.example:2113?tls=false'],
    ['TOCSIN_EVENT_LOG', 'esdb://user:pass@127.0.0.1:2113,db.example:2113?TLS=false'],
    ['TOCSIN_EVENT_LOG', 'esdb://user:pass@db.example:2113?tls=false '],
    ['TOCSIN_EVENT_LOG', 'esdb://user:pass@db.example:2113? tls=false'],
    ['TOCSIN_EVENT_LOG', 'esdb://user:pass@db.example:2113?tls=true&tls=false'],
    ['TOCSIN_EVENT_LOG', 'esdb://user:pass@db.example:2113?nodePreference=leader?tls=false'],
    ['TOCSIN_PARTITION_OWNERSHIP', 'http://blob.example/container'],
    ['TOCSIN_EVIDENCE', 'http://contoso.blob.core.windows.net'],
    ['TOCSIN_HTTP', '0.0.0.0:8080'],
    ['TOCSIN_PROBES', '192.168.1.2:9090'],
  ])('refuse plain text beyond this machine: %s=%s', (name, value) => {
    expect(problems({ [name]: value })).toHaveLength(1);
  });

  it.each([
    [
      'TOCSIN_EVENT_HUBS',
      'Endpoint=sb://127.0.0.1:5672;SharedAccessKeyName=n;SharedAccessKey=k;UseDevelopmentEmulator=true;',
    ],
    ['TOCSIN_EVENT_LOG', 'esdb://localhost:2113?tls=false'],
    ['TOCSIN_EVENT_LOG', 'esdb+discover://user:pass@cluster.example:2113'],
    ['TOCSIN_EVENT_LOG', 'esdb://user:pass@cluster.example:2113?tls=true&nodePreference=leader'],
    ['TOCSIN_HTTP', '[::1]:0'],
    ['TOCSIN_EVIDENCE', 'https://contoso.blob.core.windows.net/'],
    ['TOCSIN_EVIDENCE', 'http://127.0.0.1:10000/devstoreaccount1?sv=2026-02-06&sig=s'],
    ['TOCSIN_LARGE_PAYLOADS_URL', 'https://kvg.vault.azure.net/secrets/large-notifications?tenantId=contoso.com'],
    ['TOCSIN_LARGE_PAYLOADS', 'UseDevelopmentStorage=true'],
    [
      'TOCSIN_LARGE_PAYLOADS',
      'DefaultEndpointsProtocol=https;AccountName=a;AccountKey=k==;EndpointSuffix=core.windows.net',
    ],
    ['TOCSIN_LARGE_PAYLOADS', 'AccountName=a;AccountKey=k==;BlobEndpoint=http://127.0.0.1:10000/a;'],
    ['TOCSIN_LARGE_PAYLOADS', 'BlobEndpoint=https://a.blob.core.windows.net/;SharedAccessSignature=sv=2024&sig=x'],
  ])('accept %s=%s', (name, value) => {
    expect(problems({ [name]: value })).toEqual([]);
  });

  it.each([['TOCSIN_EVENT_HUBS_TRANSPORT', 'kafka']])('refuse what is not built yet: %s=%s', (name, value) => {
    expect(problems({ [name]: value })[0]).toContain('must be one of');
  });

  it.each([
    ['TOCSIN_EVENT_LOG', 'esdb://cluster.example:2113', 'has no user and password'],
    ['TOCSIN_EVENT_LOG', 'esdb://user@cluster.example:2113', 'has no user and password'],
    ['TOCSIN_TEMPORAL', 'cluster', 'must be off, managed, or host:port'],
    ['TOCSIN_GRAPH', 'http://graph.example', 'must be an https URL'],
    ['TOCSIN_EVIDENCE', 'https://contoso.blob.core.windows.net/checkpoints', 'a storage account and nothing after it'],
    ['TOCSIN_LARGE_PAYLOADS', 'garbage', 'must be a connection string of Azure Storage'],
    ['TOCSIN_LARGE_PAYLOADS', 'AccountName=a;AccountKey=k;BlobEndpoint=nowhere', 'a BlobEndpoint that is no https URL'],
    [
      'TOCSIN_LARGE_PAYLOADS',
      'AccountName=a;AccountKey=k;BlobEndpoint=http://blob.example/a',
      'plain text (http) beyond',
    ],
    ['TOCSIN_LARGE_PAYLOADS', 'DefaultEndpointsProtocol=http;AccountName=a;AccountKey=k', 'plain text (http) beyond'],
    ['TOCSIN_LARGE_PAYLOADS_URL', 'https://kvg.vault.azure.net/secrets/large-notifications', 'tenantId=<domain>'],
    [
      'TOCSIN_LARGE_PAYLOADS_URL',
      'DefaultEndpointsProtocol=https;AccountName=a;AccountKey=k',
      'must be https://<vault>',
    ],
    ['TOCSIN_WEBHOOK_URL', 'http://pager.example/hook', 'plain text beyond this machine'],
    ['TOCSIN_WEBHOOK_URL', 'https://tocsin:secret@pager.example/hook', 'must not have a user or password'],
    ['TOCSIN_WEBHOOK_SECRET', 'whsec_c2hvcnQ=', '24 to 64 random bytes'],
  ])('refuse what cannot be meant: %s=%s', (name, value, words) => {
    expect(problems({ [name]: value })[0]).toContain(words);
  });

  it('take a page on this machine in plain text', () => {
    const secret = `whsec_${Buffer.alloc(32, 1).toString('base64')}`;
    expect(problems({ TOCSIN_WEBHOOK_URL: 'http://127.0.0.1:9000/hook', TOCSIN_WEBHOOK_SECRET: secret })).toEqual([]);
    expect(problems({ TOCSIN_WEBHOOK_SECRET: secret })).toEqual([expect.stringContaining('belong together')]);
  });

  it('take a store of its own for sign-ins only whole, and only beside a key store in a vault', () => {
    const own = { TOCSIN_SIGN_IN_STORE: 'https://kv.vault.azure.net/keys/sign-ins' };
    const both = { ...own, TOCSIN_SIGN_INS: 'https://stkey.blob.core.windows.net/sign-ins' };
    const vault = {
      TOCSIN_KEY_STORE: 'https://kv.vault.azure.net/keys/master',
      TOCSIN_SUBJECT_KEYS: 'https://stkey.blob.core.windows.net/subject-keys',
    };
    expect(problems({ ...vault, ...both })).toEqual([]);
    expect(problems({ ...vault, ...own })).toEqual([expect.stringContaining('belong together')]);
    expect(problems(both)).toEqual([expect.stringContaining('TOCSIN_KEY_STORE must be a key in a vault')]);
    expect(problems({ ...vault, ...both, TOCSIN_SIGN_IN_STORE: 'sqlite:keys.db' })).toEqual([
      expect.stringContaining('TOCSIN_SIGN_IN_STORE must be https://<vault>.vault.azure.net/keys/<name>'),
    ]);
  });

  it('let the desk beyond this machine only where people sign in and a proxy speaks TLS', () => {
    const desk = { TOCSIN_HTTP: '0.0.0.0:8080', TOCSIN_DESK_URL: 'https://desk.contoso.example' };
    expect(problems(desk)).toEqual([
      expect.stringContaining('TOCSIN_TRUSTED_PROXY=yes'),
      expect.stringContaining('TOCSIN_DESK_CLIENT_ID must be set'),
    ]);
    expect(problems({ ...desk, TOCSIN_DESK_CLIENT_ID: 'c', TOCSIN_TRUSTED_PROXY: 'yes' })).toEqual([]);
    expect(problems({ TOCSIN_DESK_URL: 'http://desk.contoso.example' })).toHaveLength(2);
    expect(problems({ TOCSIN_PROBES: '0.0.0.0:9090' })).toEqual([]);
  });
});
