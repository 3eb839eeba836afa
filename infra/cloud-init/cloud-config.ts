/** A file that cloud-init writes. */
export interface CloudFile {
  readonly path: string;
  /** Octal. */
  readonly permissions: string;
  readonly content: string;
}

export interface CloudConfig {
  readonly packages: readonly string[];
  readonly files: readonly CloudFile[];
  readonly commands: readonly string[];
}

/**
 * The text of a `#cloud-config` (cloudinit.readthedocs.io, "Cloud config examples"). Its values are written as JSON, which is YAML too: nothing has to
 * be escaped by hand. It is readable by everybody on the machine, so it never holds a secret.
 */
export function cloudConfig({ packages, files, commands }: CloudConfig): string {
  const lines = [
    '#cloud-config',
    'package_update: true',
    `packages: ${JSON.stringify(packages)}`,
    'write_files:',
    ...files.map((file) => `  - ${JSON.stringify({ ...file, owner: 'root:root' })}`),
    'runcmd:',
    ...commands.map((command) => `  - ${JSON.stringify(['sh', '-euc', command])}`),
  ];
  return `${lines.join('\n')}\n`;
}

/** The timer that gives the file system of the data disk what the disk has gained; systemd has to enable it. */
export const diskTimer = 'tocsin-disk.timer';

/**
 * A script that gives the data disk (logical unit 0, SCSI or NVMe) a file system once, mounts it, and lets the file system grow with the disk. A disk that
 * has one is never formatted again: it holds the log. It runs at every start of the machine and every ten minutes, because Azure makes a disk larger while
 * it is in use and tells nobody: the kernel has to look again ("Expand virtual hard disks on a Linux VM", learn.microsoft.com).
 */
export function mountDisk(folder: string): readonly CloudFile[] {
  const script = `#!/bin/sh
set -eu
if ! mountpoint -q ${folder}; then
  for try in $(seq 60); do
    disk=$(ls /dev/disk/azure/data/by-lun/0 /dev/disk/azure/scsi1/lun0 2>/dev/null | head -n 1)
    [ -n "$disk" ] && break
    sleep 5
  done
  [ -n "$disk" ] || { echo 'the data disk is not there' >&2; exit 1; }
  blkid "$disk" || mkfs.xfs -L tocsin "$disk"
  mkdir -p ${folder}
  grep -q ' ${folder} ' /etc/fstab || echo 'LABEL=tocsin ${folder} xfs defaults,nofail,noatime 0 2' >> /etc/fstab
  systemctl daemon-reload
  mount ${folder}
  chown 1000:1000 ${folder}
fi
device=$(basename "$(findmnt -n -o SOURCE ${folder})")
for look in /sys/class/block/$device/device/rescan /sys/class/block/$device/device/rescan_controller; do
  [ ! -e "$look" ] || echo 1 > "$look"
done
xfs_growfs ${folder}
`;
  const service = `[Unit]
Description=The disk of the log

[Service]
Type=oneshot
ExecStart=${scripts.disk}
`;
  const timer = `[Unit]
Description=Looks whether the disk of the log has grown

[Timer]
OnBootSec=1min
OnUnitInactiveSec=10min

[Install]
WantedBy=timers.target
`;
  return [
    { path: scripts.disk, permissions: '0700', content: script },
    { path: '/etc/systemd/system/tocsin-disk.service', permissions: '0644', content: service },
    { path: `/etc/systemd/system/${diskTimer}`, permissions: '0644', content: timer },
  ];
}

/**
 * A script that gets secrets from the key vault with the identity of the machine ("How to use managed identities on a virtual machine",
 * learn.microsoft.com) and puts them into memory: `/run` is no disk. It tries for five minutes, because a role takes that long to come into force.
 * Another folder than that in use can be its argument.
 */
export function fetchSecrets(options: {
  readonly clientId: string;
  readonly folder: string;
  readonly secrets: readonly { readonly url: string; readonly file: string }[];
}): string {
  return `#!/bin/sh
set -eu
umask 077
folder=\${1:-${options.folder}}
mkdir -p "$folder"
token() {
  curl -sf -H Metadata:true "http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https%3A%2F%2Fvault.azure.net&client_id=${options.clientId}" | jq -er .access_token
}
secret() {
  for try in $(seq 60); do
    if curl -sf --max-time 20 -H "Authorization: Bearer $(token)" "$1?api-version=7.4" | jq -ejr .value > "$2.new"; then
      mv "$2.new" "$2"
      return 0
    fi
    sleep 5
  done
  echo "cannot read $1" >&2
  return 1
}
${options.secrets.map(({ url, file }) => `secret ${url} "$folder/${file}"`).join('\n')}
`;
}

/** Where the scripts of a machine are. */
export const scripts = {
  disk: '/usr/local/sbin/tocsin-disk',
  secrets: '/usr/local/sbin/tocsin-secrets',
  rotation: '/usr/local/sbin/tocsin-rotation',
} as const;

/** The timer that looks for secrets of another version; systemd has to enable it. */
export const rotationTimer = 'tocsin-rotation.timer';

/**
 * Every ten minutes the secrets of the vault are compared with those in use; where one differs, `apply` brings it in. A vault that is away changes
 * nothing. While the service starts nothing is done: it gets its secrets itself.
 *
 * @param options.apply shell commands; `$next` is the folder with what the vault has now
 */
export function followRotation(options: {
  readonly service: string;
  readonly folder: string;
  readonly apply: readonly string[];
}): readonly CloudFile[] {
  const script = `#!/bin/sh
set -eu
systemctl is-active --quiet ${options.service} || exit 0
next=${options.folder}-next
trap 'rm -rf "$next"' EXIT
rm -rf "$next"
${scripts.secrets} "$next"
changed=
for one in "$next"/*; do
  cmp -s "$one" "${options.folder}/\${one##*/}" || changed="$changed \${one##*/}"
done
[ -n "$changed" ] || exit 0
echo "the vault has another version of:$changed"
${options.apply.join('\n')}
`;
  const service = `[Unit]
Description=Brings in secrets whose version changed

[Service]
Type=oneshot
ExecStart=${scripts.rotation}
`;
  const timer = `[Unit]
Description=Looks for secrets whose version changed

[Timer]
OnActiveSec=10min
OnUnitInactiveSec=10min
RandomizedDelaySec=60

[Install]
WantedBy=timers.target
`;
  return [
    { path: scripts.rotation, permissions: '0700', content: script },
    { path: '/etc/systemd/system/tocsin-rotation.service', permissions: '0644', content: service },
    { path: `/etc/systemd/system/${rotationTimer}`, permissions: '0644', content: timer },
  ];
}
