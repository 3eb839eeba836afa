import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { logNodeCloudInit } from '#infra/cloud-init/log-node.ts';
import { singleMachineCloudInit } from '#infra/cloud-init/single-machine.ts';

interface Parsed {
  readonly packages: readonly string[];
  readonly write_files: readonly { readonly path: string; readonly permissions: string; readonly content: string }[];
  readonly runcmd: readonly (readonly string[])[];
}

const node = (nodes: readonly string[]) =>
  logNodeCloudInit({
    name: 'log1',
    zone: 'log.tocsin.internal',
    nodes,
    image: `eventstore@sha256:${'b'.repeat(64)}`,
    clientId: 'client',
    secretsUrl: 'https://kv.vault.azure.net/secrets',
  });

const machine = (more: { readonly registryServer?: string } = {}) =>
  singleMachineCloudInit({
    image: `tocsin@sha256:${'a'.repeat(64)}`,
    proxyImage: `caddy@sha256:${'c'.repeat(64)}`,
    deskHost: 'desk.contoso.com',
    roles: ['ingest', 'triage', 'resolve', 'desk', 'worker'],
    settings: [
      { name: 'TOCSIN_PHRASES', kind: 'value', value: 'fi=on soittanut "hätäpuhelun" | sv=har ringt \'112\'' },
      { name: 'TOCSIN_TEMPORAL_API_KEY', kind: 'secret', secret: 'temporal-api-key' },
      { name: 'TOCSIN_LARGE_PAYLOADS', kind: 'secret', secret: 'large-notifications' },
      {
        name: 'TOCSIN_TEMPORAL_TLS_CA',
        kind: 'file',
        secret: 'temporal-authority',
        path: '/run/tocsin/temporal-authority.pem',
      },
    ],
    clientId: 'client',
    secretsUrl: 'https://kv.vault.azure.net/secrets',
    elsewhere: { 'large-notifications': 'https://kvg.vault.azure.net/secrets/large-notifications' },
    ...more,
  });

function read(text: string): Parsed {
  expect(text.startsWith('#cloud-config\n')).toBe(true);
  return parse(text) as Parsed;
}

const file = (text: string, path: string) => read(text).write_files.find((one) => one.path === path)?.content ?? '';

describe.each([
  ['a node of the log', node(['log1', 'log2', 'log3'])],
  ['a single machine', machine({ registryServer: 'contoso.azurecr.io' })],
])('cloud-init of %s', (_name, text) => {
  it('is a document whose scripts a shell can read', () => {
    const { write_files: files, runcmd } = read(text);
    for (const { content } of files.filter((one) => one.content.startsWith('#!/bin/sh')))
      execFileSync('sh', ['-n'], { input: content });
    for (const [shell, , command] of runcmd) {
      expect(shell).toBe('sh');
      execFileSync('sh', ['-n'], { input: command ?? '' });
    }
  });

  it('never formats a disk that has a file system', () => {
    const script = file(text, '/usr/local/sbin/tocsin-disk');
    expect(script).toMatch(/blkid "\$disk" \|\| mkfs/);
    expect(script.match(/mkfs/g)).toHaveLength(1);
  });

  it('keeps secrets in memory, behind the identity of the machine', () => {
    const script = file(text, '/usr/local/sbin/tocsin-secrets');
    expect(script).toContain('umask 077');
    expect(script).toContain('client_id=client');
    expect([...script.matchAll(/^secret \S+ (\S+)$/gm)].every(([, path]) => path?.startsWith('/run/'))).toBe(true);
  });

  it('runs containers without rights, by digest', () => {
    const runs = read(text).write_files.flatMap(({ content }) => content.match(/^ExecStart=.*$/gm) ?? []);
    expect(runs.length).toBeGreaterThan(0);
    for (const run of runs) {
      expect(run).toContain('--read-only');
      expect(run).toContain('--cap-drop all');
      expect(run).toContain('no-new-privileges');
      expect(run).toContain('--user 1000:1000');
      expect(run).toMatch(/@sha256:[0-9a-f]{64}/);
    }
  });
});

describe('a node of the log', () => {
  it('finds the others of a cluster, and needs nobody when it is alone', () => {
    const cluster = file(node(['log1', 'log2', 'log3']), '/etc/eventstore.env');
    expect(cluster).toContain('EVENTSTORE_CLUSTER_SIZE=3\n');
    expect(cluster).toContain('EVENTSTORE_GOSSIP_SEED=log2.log.tocsin.internal:2113,log3.log.tocsin.internal:2113\n');
    const alone = file(node(['log1']), '/etc/eventstore.env');
    expect(alone).toContain('EVENTSTORE_CLUSTER_SIZE=1\n');
    expect(alone).not.toContain('GOSSIP');
  });
});

describe('a single machine', () => {
  it('gives settings as they are, and secrets as files', () => {
    const environment = file(machine(), '/etc/tocsin.env').split('\n');
    expect(environment).toContain('TOCSIN_PHRASES=fi=on soittanut "hätäpuhelun" | sv=har ringt \'112\'');
    expect(environment).toContain('TOCSIN_TEMPORAL_API_KEY_FILE=/run/tocsin/temporal-api-key.pem');
    expect(environment).toContain('TOCSIN_TEMPORAL_TLS_CA=/run/tocsin/temporal-authority.pem');
  });

  it('gets each secret from the vault that holds it', () => {
    const script = file(machine(), '/usr/local/sbin/tocsin-secrets');
    expect(script).toContain(
      'secret https://kvg.vault.azure.net/secrets/large-notifications /run/tocsin/large-notifications.pem',
    );
    expect(script).toContain('secret https://kv.vault.azure.net/secrets/desk-key /run/tocsin/desk-key.pem');
  });

  it('runs every role in one process: only one may write the embedded log', () => {
    const unit = file(machine(), '/etc/systemd/system/tocsin.service');
    expect(unit.match(/ run ingest,triage,resolve,desk,worker$/gm)).toHaveLength(1);
    expect(file(machine(), '/etc/tocsin-proxy/Caddyfile')).toContain('reverse_proxy 127.0.0.1:8080');
  });

  it('signs in to a registry only where there is one', () => {
    expect(machine()).not.toContain('tocsin-registry');
    expect(machine({ registryServer: 'contoso.azurecr.io' })).toContain('https://contoso.azurecr.io/oauth2/exchange');
  });
});
