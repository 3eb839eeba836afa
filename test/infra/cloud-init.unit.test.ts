import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
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

/** Runs a script of a machine with its folders, the service and other programs replaced; says what it did. */
function run(script: string, given: Readonly<Record<string, string>>): { readonly code: number; readonly did: string } {
  const root = mkdtempSync(join(tmpdir(), 'tocsin-cloud-init-'));
  try {
    for (const [name, content] of Object.entries({ ...given, did: '' })) {
      mkdirSync(dirname(join(root, name)), { recursive: true });
      writeFileSync(join(root, name), content, { mode: 0o755 });
    }
    const here = script.replaceAll('/run/', `${root}/run/`).replaceAll('/usr/local/sbin/', `${root}/bin/`);
    const env = { PATH: `${root}/bin:${process.env['PATH'] ?? ''}`, ROOT: root };
    const { status } = spawnSync('sh', ['-s'], { input: here, env });
    return { code: status ?? -1, did: readFileSync(join(root, 'did'), 'utf8') };
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}
const says = '#!/bin/sh\necho "$(basename "$0") $*" >> "$ROOT/did"\n';

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
    expect(script).toMatch(/^folder=\$\{1:-\/run\/tocsin\}$/m);
    const files = [...script.matchAll(/^secret \S+ (\S+)$/gm)].map(([, path]) => path);
    expect(files.length).toBeGreaterThan(2);
    expect(files.every((path) => path?.startsWith('"$folder/'))).toBe(true);
  });

  it('looks every ten minutes for secrets of another version', () => {
    expect(file(text, '/etc/systemd/system/tocsin-rotation.timer')).toContain('OnUnitInactiveSec=10min\n');
    expect(file(text, '/etc/systemd/system/tocsin-rotation.service')).toContain(
      'ExecStart=/usr/local/sbin/tocsin-rotation\n',
    );
    expect(read(text).runcmd.flat().join('\n')).toMatch(/systemctl enable --now .*tocsin-rotation\.timer/);
  });

  it('runs containers without rights, by digest', () => {
    const runs = read(text).write_files.flatMap(({ content }) => content.match(/^ExecStart=.*podman.*$/gm) ?? []);
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

describe('a node that was made anew', () => {
  const script = file(node(['log1', 'log2', 'log3']), '/usr/local/sbin/tocsin-joined');
  /** @param states what each node answers, one word for each time that it is asked; the last one for ever */
  const wait = (states: Readonly<Record<string, string>>, tries = 360) =>
    run(script.replace('seq 360', `seq ${tries}`), {
      'run/tocsin/authority.pem': 'authority',
      'bin/sleep': says,
      'bin/jq': '#!/bin/sh\nread -r state && echo "$state"\n',
      'bin/curl': `#!/bin/sh
for url; do :; done
name=\${url#https://}; name=\${name%%.*}
[ -s "$ROOT/$name" ] || exit 7
head -n 1 "$ROOT/$name"
[ "$(wc -l < "$ROOT/$name")" -lt 2 ] || sed -i 1d "$ROOT/$name"
`,
      ...Object.fromEntries(Object.entries(states).map(([name, words]) => [name, `${words.split(' ').join('\n')}\n`])),
    });
  const times = (did: string) => did.split('\n').filter((line) => line.startsWith('sleep')).length;

  it('is waited for until it leads or follows', () => {
    const { code, did } = wait({ log1: 'unknown catchingup catchingup follower', log2: 'leader', log3: 'follower' });
    expect([code, times(did)]).toEqual([0, 4]);
  });

  it('is not waited for where nobody else is there: the cluster is just being made', () => {
    const { code, did } = wait({ log1: 'unknown' });
    expect([code, times(did)]).toEqual([0, 12]);
  });

  it('is given up when it has not joined for half an hour', () => {
    expect(script).toMatch(/for try in \$\(seq 360\); do\n {2}sleep 5\n/);
    // Longer than it waits for others that do not answer, and shorter than half an hour of programs that are started.
    const { code, did } = wait({ log2: 'leader' }, 15);
    expect([code, times(did)]).toEqual([1, 15]);
  });
});

describe.each([
  ['a node of the log', node(['log1', 'log2', 'log3']), 'podman kill --signal HUP eventstore'],
  ['a single machine', machine(), 'systemctl restart tocsin.service'],
])('rotation on %s', (_name, text, expected) => {
  const rotate = (now: string, away = false) =>
    run(file(text, '/usr/local/sbin/tocsin-rotation'), {
      'run/tocsin/key.pem': 'old',
      'run/tocsin/authority.pem': 'authority',
      'run/tocsin/authority/ca.crt': 'authority',
      'bin/tocsin-secrets': `#!/bin/sh\nmkdir -p "$1"\nprintf %s '${now}' > "$1/key.pem"\n${away ? 'exit 1' : ''}\n`,
      'bin/systemctl': says,
      'bin/podman': says,
      'bin/install': says,
    });

  it('brings in another version', () => {
    const { code, did } = rotate('new');
    expect(code).toBe(0);
    expect(did).toContain(`${expected}\n`);
  });

  it('does nothing while the versions are those in use, or the vault is away', () => {
    const same = rotate('old');
    expect(same.code).toBe(0);
    const away = rotate('new', true);
    expect(away.code).not.toBe(0);
    for (const { did } of [same, away]) expect(did).not.toContain(expected);
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
      'secret https://kvg.vault.azure.net/secrets/large-notifications "$folder/large-notifications.pem"',
    );
    expect(script).toContain('secret https://kv.vault.azure.net/secrets/desk-key "$folder/desk-key.pem"');
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
