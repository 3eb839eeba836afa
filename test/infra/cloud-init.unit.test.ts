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

/** Runs a script of a machine with its folders, the service and other programs replaced; says what it did, and what is in the files that `look` names. */
function run(
  script: string,
  given: Readonly<Record<string, string>>,
  look: readonly string[] = [],
): { readonly code: number; readonly did: string; readonly found: readonly string[] } {
  const root = mkdtempSync(join(tmpdir(), 'tocsin-cloud-init-'));
  try {
    for (const [name, content] of Object.entries({ ...given, did: '' })) {
      mkdirSync(dirname(join(root, name)), { recursive: true });
      writeFileSync(join(root, name), content, { mode: 0o755 });
    }
    const here = ['/run/', '/dev/disk/', '/sys/', '/etc/fstab']
      .reduce((text, path) => text.replaceAll(path, `${root}${path}`), script)
      .replaceAll('/usr/local/sbin/', `${root}/bin/`);
    const env = { PATH: `${root}/bin:${process.env['PATH'] ?? ''}`, ROOT: root };
    const { status } = spawnSync('sh', ['-s'], { input: here, env });
    const [did = '', ...found] = ['did', ...look].map((name) => readFileSync(join(root, name), 'utf8'));
    return { code: status ?? -1, did: did.replaceAll(root, ''), found };
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
    expect(script).toMatch(/^ {2}blkid "\$disk" \|\| mkfs/m);
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

  it('looks at every start and every ten minutes whether the disk has grown', () => {
    const timer = file(text, '/etc/systemd/system/tocsin-disk.timer');
    expect(timer).toMatch(/^OnBootSec=1min$/m);
    expect(timer).toMatch(/^OnUnitInactiveSec=10min$/m);
    expect(file(text, '/etc/systemd/system/tocsin-disk.service')).toContain('ExecStart=/usr/local/sbin/tocsin-disk\n');
    expect(read(text).runcmd.flat().join('\n')).toMatch(/systemctl enable --now .*tocsin-disk\.timer/);
  });
});

describe('the disk of the log', () => {
  const nvme = 'sys/class/block/nvme0n2/device/rescan_controller';
  /** @param given `mounted`: is in use already; `formatted`: has a file system */
  const prepare = (given: { readonly mounted: boolean; readonly formatted: boolean }, device = 'sdc') =>
    run(
      file(node(['log1']), '/usr/local/sbin/tocsin-disk'),
      {
        'dev/disk/azure/data/by-lun/0': '',
        'sys/class/block/sdc/device/rescan': '',
        [nvme]: '',
        'etc/fstab': '',
        'bin/mountpoint': `#!/bin/sh\nexit ${given.mounted ? 0 : 1}\n`,
        'bin/blkid': `#!/bin/sh\nexit ${given.formatted ? 0 : 2}\n`,
        'bin/findmnt': `#!/bin/sh\necho /dev/${device}\n`,
        ...Object.fromEntries(
          ['mkfs.xfs', 'mkdir', 'mount', 'chown', 'systemctl', 'xfs_growfs'].map((name) => [`bin/${name}`, says]),
        ),
      },
      ['sys/class/block/sdc/device/rescan', nvme, 'etc/fstab'],
    );
  const mount = ['mount /var/lib/eventstore', 'chown 1000:1000 /var/lib/eventstore', 'xfs_growfs /var/lib/eventstore'];

  it('gets a file system and is mounted when it is new', () => {
    const { code, did, found } = prepare({ mounted: false, formatted: false });
    expect(code).toBe(0);
    expect(did).toContain('mkfs.xfs -L tocsin /dev/disk/azure/data/by-lun/0\n');
    expect(did.trim().split('\n').slice(-3)).toEqual(mount);
    expect(found[2]).toBe('LABEL=tocsin /var/lib/eventstore xfs defaults,nofail,noatime 0 2\n');
  });

  it('is mounted again as it is after the machine was made anew', () => {
    const { code, did } = prepare({ mounted: false, formatted: true });
    expect(code).toBe(0);
    expect(did).not.toContain('mkfs');
    expect(did.trim().split('\n').slice(-3)).toEqual(mount);
  });

  it('is used up to its new end when somebody made it larger, also while it is in use', () => {
    const scsi = prepare({ mounted: true, formatted: true });
    expect([scsi.code, scsi.did, scsi.found[0]]).toEqual([0, 'xfs_growfs /var/lib/eventstore\n', '1\n']);
    const other = prepare({ mounted: true, formatted: true }, 'nvme0n2');
    expect([other.code, other.did, other.found[1]]).toEqual([0, 'xfs_growfs /var/lib/eventstore\n', '1\n']);
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

  it('leaves no user of a new log with the password that everybody knows', () => {
    const unit = file(node(['log1']), '/etc/systemd/system/eventstore.service');
    const command = /^ExecStartPre=\/bin\/sh -c '(.*)'$/m.exec(unit)?.[1]?.replaceAll('%%', '%') ?? '';
    const given = { 'run/tocsin/password': 'secret', 'run/tocsin/authority.pem': 'authority', 'bin/chown': says };
    const first = () => run(command, given, ['run/tocsin/first.env']).found[0]?.trim().split('\n') ?? [];
    const [admin, ops] = first();
    expect(admin).toBe('EVENTSTORE_DEFAULT_ADMIN_PASSWORD=secret');
    expect(ops).toMatch(/^EVENTSTORE_DEFAULT_OPS_PASSWORD=[A-Za-z0-9+/]{32}$/);
    expect(first()[1]).not.toBe(ops);
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

  it('gives the proxy the one right without which the kernel does not start it', () => {
    const added = (unit: string) => file(machine(), `/etc/systemd/system/${unit}`).match(/--cap-add \S+/g);
    expect(added('tocsin-proxy.service')).toEqual(['--cap-add NET_BIND_SERVICE']);
    expect(added('tocsin.service')).toBeNull();
  });

  it('starts the proxy also where Tocsin starts at the second try, and again whenever Tocsin is started again', () => {
    const unit = file(machine(), '/etc/systemd/system/tocsin-proxy.service').split('\n');
    expect(unit).toEqual(
      expect.arrayContaining(['After=tocsin.service', 'Wants=tocsin.service', 'PartOf=tocsin.service']),
    );
    expect(unit.filter((line) => /^(?:Requires|Requisite|BindsTo)=/.test(line))).toEqual([]);
    for (const name of ['tocsin', 'tocsin-proxy'])
      expect(file(machine(), `/etc/systemd/system/${name}.service`)).toContain('\nStartLimitIntervalSec=0\n');
  });

  it('signs in to a registry only where there is one', () => {
    expect(machine()).not.toContain('tocsin-registry');
    expect(machine({ registryServer: 'contoso.azurecr.io' })).toContain('https://contoso.azurecr.io/oauth2/exchange');
  });
});

describe('the sign-in to a registry', () => {
  /** @param away how often the registry, or the identity, does not answer */
  const signIn = (away: number, there = false) =>
    run(file(machine({ registryServer: 'contoso.azurecr.io' }), '/usr/local/sbin/tocsin-registry'), {
      away: 'x\n'.repeat(away),
      'bin/sleep': says,
      'bin/jq': '#!/bin/sh\ngrep .\n',
      'bin/curl': '#!/bin/sh\n[ -s "$ROOT/away" ] || { echo token; exit 0; }\nsed -i 1d "$ROOT/away"\nexit 22\n',
      'bin/podman': `#!/bin/sh\n[ "$1" != image ] || exit ${there ? 0 : 1}\necho "podman $* $(cat)" >> "$ROOT/did"\n`,
    });
  const signedIn =
    'podman login --username 00000000-0000-0000-0000-000000000000 --password-stdin contoso.azurecr.io token\n';

  it('is tried again while the role is not in force or the registry is away', () => {
    const { code, did } = signIn(3);
    expect([code, did]).toEqual([0, `${'sleep 5\n'.repeat(3)}${signedIn}`]);
  });

  it('is given up after five minutes', () => {
    const { code, did } = signIn(1000);
    expect([code, did]).toEqual([1, 'sleep 5\n'.repeat(60)]);
  });

  it('is left out where the image is there: a start does not wait for a registry that is away', () => {
    expect(signIn(1000, true)).toMatchObject({ code: 0, did: '' });
  });
});
