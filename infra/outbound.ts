import type { Names } from '#infra/names.ts';
import { registryOf } from '#infra/registries.ts';
import type { StackSettings } from '#infra/settings/stack-settings.ts';

/** One host that something of the stack connects to. */
export interface OutboundHost {
  /** A host name; `*` stands for one label that is only known later. */
  readonly host: string;
  readonly port: number;
  readonly why: string;
  /** Inside the network of the stack: no firewall of the organisation is asked. */
  readonly inside: boolean;
}

/** Every host that a stack with these settings connects to, sorted; anything but port 443 deserves a look. Pure. */
export function outboundHosts(s: StackSettings, names: Names): readonly OutboundHost[] {
  const hosts: OutboundHost[] = [];
  const add = (host: string, why: string, port = 443, inside = false) => hosts.push({ host, port, why, inside });
  add(`${names.eventHubNamespace.value}.servicebus.windows.net`, 'reads and publishes notices (AMQP over WebSockets)');
  add(`${names.keyVault.value}.vault.azure.net`, 'master key, settings that are secret');
  add(`${names.keyStorage.value}.blob.core.windows.net`, 'wrapped keys of persons, sign-ins, certificates');
  add(`${names.ownershipStorage.value}.blob.core.windows.net`, 'who reads which partition');
  add(`${names.evidenceStorage.value}.blob.core.windows.net`, 'checkpoints and exports');
  if (s.largeNotifications) {
    add(`${names.largePayloadStorage.value}.blob.core.windows.net`, 'notifications that were too large for the hub');
    add(`${names.graphVault.value}.vault.azure.net`, 'connection string of that storage');
  }
  add('login.microsoftonline.com', 'sign-in to Entra ID');
  add('graph.microsoft.com', 'subscriptions, messages, users');
  for (const [image, what] of [
    [s.image, 'Tocsin'],
    [s.temporalImage, 'Temporal'],
    [s.logImage, 'the event log'],
    [s.proxyImage, 'the proxy before the desk'],
  ] as const) {
    if (image === undefined) continue;
    const { host, port, beside } = registryOf(image);
    add(host, `pulls the image of ${what}`, port);
    for (const one of beside) add(one, `asked when an image is pulled from ${host}`);
  }
  if (s.pagingUrl !== undefined) add(...hostOf(s.pagingUrl, 'pages about emergencies'));
  if (s.log === 'connection' && s.logConnection !== undefined)
    for (const [host, port] of hostsOfConnection(s.logConnection)) add(host, 'the event log', port);
  if (s.log === 'self-hosted') add('*.log.tocsin.internal', 'the event log', 2113, true);
  if (s.temporalAddress !== undefined && s.temporal !== 'off') {
    const [host = '', port = '7233'] = s.temporalAddress.split(':');
    add(host, 'Temporal', Number(port));
  }
  if (s.temporal === 'self-hosted') {
    add(names.temporal.value, 'Temporal', 7233, true);
    add(`${names.database.value}.postgres.database.azure.com`, "Temporal's database", 5432, true);
  }
  if (s.log !== 'connection') {
    add('*.ods.opinsights.azure.com', 'measurements of the machines');
    add('*.handler.control.monitor.azure.com', 'measurements of the machines');
    // Ubuntu's archive in Azure speaks no TLS: apt checks the signatures of what it gets.
    add('azure.archive.ubuntu.com', 'packages and updates of the machines, signed, by plain http', 80);
  }
  const found = new Map<string, OutboundHost>();
  for (const one of hosts) {
    const key = `${one.host}:${one.port}`;
    const before = found.get(key);
    const whys = new Set([...(before?.why.split('; ') ?? []), one.why]);
    found.set(key, { ...one, why: [...whys].join('; ') });
  }
  return [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one);
}

function hostOf(url: string, why: string): [string, string, number] {
  const { hostname, port } = new URL(url);
  return [hostname, why, port === '' ? 443 : Number(port)];
}

/** Hosts of a connection string of EventStoreDB; without a port it is 2113 ("Connect to EventStoreDB", developers.eventstore.com). */
function hostsOfConnection(connection: string): readonly (readonly [string, number])[] {
  const authority = /^[a-z+]+:\/\/(?:[^@/]*@)?([^/?]+)/i.exec(connection)?.[1] ?? '';
  return authority.split(',').map((part) => {
    const [host = '', port = '2113'] = part.split(':');
    return [host, Number(port)] as const;
  });
}
