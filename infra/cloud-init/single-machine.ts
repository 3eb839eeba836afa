import {
  cloudConfig,
  diskTimer,
  fetchSecrets,
  followRotation,
  mountDisk,
  rotationTimer,
  scripts,
} from '#infra/cloud-init/cloud-config.ts';
import { ports, secretsFolder, stateFolder } from '#infra/inside-container.ts';
import type { RoleSetting } from '#infra/role-settings.ts';

/** A setting whose value is known by now. */
export type KnownSetting =
  | { readonly name: string; readonly kind: 'value'; readonly value: string }
  | Exclude<RoleSetting, { kind: 'value' }>;

export interface SingleMachine {
  /** Image of Tocsin by digest. */
  readonly image: string;
  /** Server of a container registry of Azure, when the image comes from one: the machine signs in to it by its identity. */
  readonly registryServer?: string;
  /** Image of Caddy by digest. */
  readonly proxyImage: string;
  readonly deskHost: string;
  readonly roles: readonly string[];
  readonly settings: readonly KnownSetting[];
  readonly clientId: string;
  /** `https://<vault>.vault.azure.net/secrets`. */
  readonly secretsUrl: string;
  /** URLs of secrets that are in another vault, by name. */
  readonly elsewhere: Readonly<Record<string, string>>;
}

/**
 * Cloud-init of the one machine of a small tenant: every role in one process, the log on its own disk, Caddy in front of the desk for TLS. Pure, and
 * without a secret: those come from the key vault into memory before every start, and it starts again when one of them changed.
 */
export function singleMachineCloudInit(machine: SingleMachine): string {
  const secretNames = new Set(machine.settings.flatMap((s) => (s.kind === 'value' ? [] : [s.secret])));
  const urlOf = (name: string) => machine.elsewhere[name] ?? `${machine.secretsUrl}/${name}`;
  const secrets = [...secretNames, 'desk-certificate', 'desk-key'].map((name) => ({
    url: urlOf(name),
    file: `${name}.pem`,
  }));
  const environment = [
    `AZURE_CLIENT_ID=${machine.clientId}`,
    ...machine.settings.map((s) => {
      if (s.kind === 'value') return `${s.name}=${s.value}`;
      if (s.kind === 'secret') return `${s.name}_FILE=${secretsFolder}/${s.secret}.pem`;
      return `${s.name}=${s.path}`;
    }),
  ];
  const signIn = machine.registryServer === undefined ? '' : `ExecStartPre=/usr/local/sbin/tocsin-registry\n`;
  const unit = `[Unit]
Description=Tocsin
After=network-online.target
Wants=network-online.target
RequiresMountsFor=${stateFolder}
StartLimitIntervalSec=0

[Service]
ExecStartPre=${scripts.secrets}
ExecStartPre=/bin/chown -R 1000:1000 ${secretsFolder}
${signIn}ExecStartPre=-/usr/bin/podman rm -f tocsin
ExecStart=/usr/bin/podman run --name tocsin --rm --network host --read-only --tmpfs /tmp --cap-drop all --security-opt no-new-privileges --user 1000:1000 --env-file /etc/tocsin.env -v ${secretsFolder}:${secretsFolder}:ro -v ${stateFolder}:${stateFolder} ${machine.image} run ${machine.roles.join(',')}
ExecStop=/usr/bin/podman stop -t 60 tocsin
Restart=always
RestartSec=2
TimeoutStartSec=900

[Install]
WantedBy=multi-user.target
`;
  // Not Requires: where a start of Tocsin fails once, systemd would drop the start of the proxy for good ("dependency"), and nobody reached the desk again.
  // The image gives the right to open port 443 to the program file itself, so the kernel starts it only where that right may be had (capabilities(7),
  // "Safety checking for capability-dumb binaries").
  const proxyUnit = `[Unit]
Description=TLS in front of the desk
After=tocsin.service
Wants=tocsin.service
PartOf=tocsin.service
StartLimitIntervalSec=0

[Service]
ExecStartPre=-/usr/bin/podman rm -f tocsin-proxy
ExecStart=/usr/bin/podman run --name tocsin-proxy --rm --network host --read-only --tmpfs /data --tmpfs /config --cap-drop all --cap-add NET_BIND_SERVICE --security-opt no-new-privileges --user 1000:1000 -v /etc/tocsin-proxy:/etc/caddy:ro -v ${secretsFolder}:${secretsFolder}:ro ${machine.proxyImage}
Restart=always
RestartSec=2

[Install]
WantedBy=multi-user.target
`;
  const proxy = `{
	admin off
	auto_https off
}
https://${machine.deskHost} {
	tls ${secretsFolder}/desk-certificate.pem ${secretsFolder}/desk-key.pem {
		protocols tls1.2 tls1.3
	}
	reverse_proxy 127.0.0.1:${ports.desk} {
		flush_interval -1
	}
}
`;
  return cloudConfig({
    packages: ['podman', 'jq', 'curl', 'xfsprogs'],
    files: [
      ...mountDisk(stateFolder),
      {
        path: scripts.secrets,
        permissions: '0700',
        content: fetchSecrets({ clientId: machine.clientId, folder: secretsFolder, secrets }),
      },
      // The proxy is part of the service: systemd starts it again, too, with the certificate of the desk.
      ...followRotation({
        service: 'tocsin.service',
        folder: secretsFolder,
        apply: ['systemctl restart tocsin.service'],
      }),
      ...(machine.registryServer === undefined
        ? []
        : [
            {
              path: '/usr/local/sbin/tocsin-registry',
              permissions: '0700',
              content: registryScript(machine.registryServer, machine),
            },
          ]),
      { path: '/etc/tocsin.env', permissions: '0644', content: `${environment.join('\n')}\n` },
      { path: '/etc/systemd/system/tocsin.service', permissions: '0644', content: unit },
      { path: '/etc/systemd/system/tocsin-proxy.service', permissions: '0644', content: proxyUnit },
      { path: '/etc/tocsin-proxy/Caddyfile', permissions: '0644', content: proxy },
    ],
    commands: [
      scripts.disk,
      `systemctl enable --now tocsin.service tocsin-proxy.service ${rotationTimer} ${diskTimer}`,
    ],
  });
}

/**
 * Signs podman in to a container registry by the identity of the machine ("Authentication overview", Azure Container Registry). It tries for five minutes,
 * because a role takes that long to come into force; an image that is there needs no registry, so a start never waits for one that is away.
 */
function registryScript(server: string, { clientId, image }: Pick<SingleMachine, 'clientId' | 'image'>): string {
  return `#!/bin/sh
set -eu
podman image exists ${image} && exit 0
sign_in() {
  access=$(curl -sf --max-time 20 -H Metadata:true "http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https%3A%2F%2Fmanagement.azure.com%2F&client_id=${clientId}" | jq -er .access_token) || return 1
  refresh=$(printf 'grant_type=access_token&service=${server}&access_token=%s' "$access" | curl -sf --max-time 20 -d @- https://${server}/oauth2/exchange | jq -ejr .refresh_token) || return 1
  printf %s "$refresh" | podman login --username 00000000-0000-0000-0000-000000000000 --password-stdin ${server}
}
for try in $(seq 60); do
  if sign_in; then exit 0; fi
  sleep 5
done
echo 'cannot sign in to ${server}' >&2
exit 1
`;
}
