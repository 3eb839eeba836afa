import {
  type CloudFile,
  cloudConfig,
  diskTimer,
  fetchSecrets,
  followRotation,
  mountDisk,
  rotationTimer,
  scripts,
} from '#infra/cloud-init/cloud-config.ts';

export interface LogNode {
  /** Host name inside the zone, such as `log1`. */
  readonly name: string;
  /** DNS zone of the log. */
  readonly zone: string;
  /** All nodes, this one among them. */
  readonly nodes: readonly string[];
  /** Image of EventStoreDB by digest. */
  readonly image: string;
  /** Client id of the identity that reads the secrets. */
  readonly clientId: string;
  /** `https://<vault>.vault.azure.net/secrets`. */
  readonly secretsUrl: string;
}

const folder = '/run/tocsin';
const data = '/var/lib/eventstore';

/**
 * Cloud-init of one machine of a self-hosted EventStoreDB: the disk, the secrets in memory, the container by systemd. Settings by the vendor's
 * "Configuration options" and "Cluster" pages; two nodes of three have to have written before an append is answered. Pure, and without a secret.
 */
export function logNodeCloudInit(node: LogNode): string {
  const address = (name: string) => `${name}.${node.zone}`;
  const peerNames = node.nodes.filter((name) => name !== node.name);
  const peers = peerNames.map((name) => `${address(name)}:2113`);
  const environment = [
    `EVENTSTORE_CLUSTER_SIZE=${node.nodes.length}`,
    ...(node.nodes.length > 1
      ? ['EVENTSTORE_DISCOVER_VIA_DNS=false', `EVENTSTORE_GOSSIP_SEED=${peers.join(',')}`]
      : []),
    `EVENTSTORE_NODE_HOST_ADVERTISE_AS=${address(node.name)}`,
    `EVENTSTORE_REPLICATION_HOST_ADVERTISE_AS=${address(node.name)}`,
    'EVENTSTORE_NODE_IP=0.0.0.0',
    'EVENTSTORE_REPLICATION_IP=0.0.0.0',
    'EVENTSTORE_DB=/data',
    'EVENTSTORE_LOG=/data/logs',
    `EVENTSTORE_CERTIFICATE_FILE=${folder}/certificate.pem`,
    `EVENTSTORE_CERTIFICATE_PRIVATE_KEY_FILE=${folder}/key.pem`,
    `EVENTSTORE_TRUSTED_ROOT_CERTIFICATES_PATH=${folder}/authority`,
    'EVENTSTORE_RUN_PROJECTIONS=None',
    'EVENTSTORE_ENABLE_ATOM_PUB_OVER_HTTP=false',
  ];
  // The second user of a new log, `ops`, is made with a password that everybody knows unless it is given one. Nobody signs in as it: nobody is told.
  const unit = `[Unit]
Description=EventStoreDB
After=network-online.target
Wants=network-online.target
RequiresMountsFor=${data}

[Service]
ExecStartPre=${scripts.secrets}
ExecStartPre=/bin/sh -c 'printf "EVENTSTORE_DEFAULT_ADMIN_PASSWORD=%%s\\nEVENTSTORE_DEFAULT_OPS_PASSWORD=%%s\\n" "$(cat ${folder}/password)" "$(head -c 24 /dev/urandom | base64 -w 0)" > ${folder}/first.env; mkdir -p ${folder}/authority; cp ${folder}/authority.pem ${folder}/authority/ca.crt; chown -R 1000:1000 ${folder}'
ExecStartPre=-/usr/bin/podman rm -f eventstore
ExecStart=/usr/bin/podman run --name eventstore --rm --network host --read-only --tmpfs /tmp --cap-drop all --security-opt no-new-privileges --user 1000:1000 --ulimit nofile=65536 --env-file /etc/eventstore.env --env-file ${folder}/first.env -v ${folder}:${folder}:ro -v ${data}:/data ${node.image}
ExecStop=/usr/bin/podman stop -t 60 eventstore
Restart=always
RestartSec=5
TimeoutStartSec=900

[Install]
WantedBy=multi-user.target
`;
  const secrets = [
    { url: `${node.secretsUrl}/log-certificate`, file: 'certificate.pem' },
    { url: `${node.secretsUrl}/log-key`, file: 'key.pem' },
    { url: `${node.secretsUrl}/log-authority`, file: 'authority.pem' },
    { url: `${node.secretsUrl}/log-password`, file: 'password' },
  ];
  return cloudConfig({
    packages: ['podman', 'jq', 'curl', 'xfsprogs'],
    files: [
      ...mountDisk(data),
      {
        path: scripts.secrets,
        permissions: '0700',
        content: fetchSecrets({ clientId: node.clientId, folder, secrets }),
      },
      // Certificates are read again without a restart ("Certificate update upon expiry"): all nodes may notice in the same minute.
      ...followRotation({
        service: 'eventstore.service',
        folder,
        apply: [
          `for one in "$next"/*; do install -m 0600 -o 1000 -g 1000 "$one" "${folder}/\${one##*/}"; done`,
          `install -m 0600 -o 1000 -g 1000 ${folder}/authority.pem ${folder}/authority/ca.crt`,
          'podman kill --signal HUP eventstore',
        ],
      }),
      ...(peerNames.length === 0 ? [] : [joined(address(node.name), peerNames.map(address))]),
      { path: '/etc/eventstore.env', permissions: '0644', content: `${environment.join('\n')}\n` },
      { path: '/etc/systemd/system/eventstore.service', permissions: '0644', content: unit },
    ],
    commands: [scripts.disk, `systemctl enable --now eventstore.service ${rotationTimer} ${diskTimer}`],
  });
}

const joinedScript = '/usr/local/sbin/tocsin-joined';

/** Shell command that ends when a node of a cluster has joined it, or when there is no cluster yet. It fails when the node has not joined for half an hour. */
export const waitUntilJoined = `cloud-init status --wait > /dev/null; ${joinedScript}`;

/**
 * A node is back when it leads or follows: then it has what the cluster has. It is alone when nobody else has answered for a minute: the cluster is just
 * being made, or is down, and nothing is lost by going on. `/info` tells the state of a node to anybody who reaches its port (HTTP API of EventStoreDB).
 */
function joined(own: string, others: readonly string[]): CloudFile {
  const content = `#!/bin/sh
set -eu
state() {
  curl -sf --max-time 5 --cacert ${folder}/authority.pem "https://$1:2113/info" | jq -er .state
}
alone=0
for try in $(seq 360); do
  sleep 5
  [ -s ${folder}/authority.pem ] || continue
  case "$(state ${own} || true)" in leader | follower) exit 0 ;; esac
  if ${others.map((name) => `state ${name} > /dev/null`).join(' || ')}; then
    alone=0
  else
    alone=$((alone + 1))
    [ "$alone" -lt 12 ] || exit 0
  fi
done
echo 'this node has not joined the others: see journalctl -u eventstore' >&2
exit 1
`;
  return { path: joinedScript, permissions: '0700', content };
}
