import type * as pulumi from '@pulumi/pulumi';
import { settings as config } from '#config/settings.ts';
import { ports, secretsFolder, stateFolder } from '#infra/inside-container.ts';
import { innerNames, type Role, roles } from '#infra/names.ts';
import { signInRoles } from '#infra/roles-and-permissions.ts';
import type { StackSettings } from '#infra/settings/stack-settings.ts';
import type { VaultSecretName } from '#infra/vault-secrets.ts';

/** Addresses and ids of resources that settings are made from. */
export interface Wiring {
  readonly settings: StackSettings;
  /** Directory (tenant) id. */
  readonly tenantId: string;
  /** `https://<namespace>.servicebus.windows.net`. */
  readonly eventHubs: pulumi.Input<string>;
  /** Where Graph is asked to deliver. */
  readonly notificationUrl: pulumi.Input<string>;
  readonly ownershipUrl: pulumi.Input<string>;
  readonly subjectKeysUrl: pulumi.Input<string>;
  readonly masterKeyUrl: pulumi.Input<string>;
  /** Both absent where the key store keeps the sign-ins, too. */
  readonly signInKeyUrl?: pulumi.Input<string>;
  readonly signInsUrl?: pulumi.Input<string>;
  readonly evidenceUrl: pulumi.Input<string>;
  readonly deskUrl: pulumi.Input<string>;
  readonly chatClientId?: pulumi.Input<string>;
  readonly eventsClientId?: pulumi.Input<string>;
  readonly deskClientId: pulumi.Input<string>;
  /** `host:port` of Temporal, `off` without. */
  readonly temporal: pulumi.Input<string>;
  /** `blobStoreUrl` of subscriptions; absent without storage for large notifications. */
  readonly largeNotificationsUrl?: pulumi.Input<string>;
}

/** One setting of one role: a value, a secret by reference, or the path of a file that holds a secret. */
export type RoleSetting =
  | { readonly name: string; readonly kind: 'value'; readonly value: pulumi.Input<string> }
  | {
      readonly name: string;
      readonly kind: 'secret';
      readonly secret: VaultSecretName;
      /** Further secrets, which its value names as files in the folder of secrets. */
      readonly naming?: readonly VaultSecretName[];
    }
  | { readonly name: string; readonly kind: 'file'; readonly secret: VaultSecretName; readonly path: string };

const value = (text: pulumi.Input<string> | undefined) =>
  text === undefined || text === '' ? undefined : ({ kind: 'value', value: text } as const);
const secret = (when: unknown, name: VaultSecretName) =>
  when === undefined || when === false ? undefined : ({ kind: 'secret', secret: name } as const);
const file = (when: unknown, name: VaultSecretName) =>
  when === undefined || when === false
    ? undefined
    : ({ kind: 'file', secret: name, path: `${secretsFolder}/${name}.pem` } as const);

type Unnamed<T> = T extends unknown ? Omit<T, 'name'> : never;
type Given = Unnamed<RoleSetting> | undefined;

interface Row {
  readonly name: string;
  readonly roles: readonly Role[];
  readonly give: (wiring: Wiring) => Given;
}

const everybody: readonly Role[] = roles;
const readers: readonly Role[] = ['ingest', 'desk'];
const hub: readonly Role[] = ['ingest', 'resolve', 'desk'];
/** The worker makes of it the address that it names to Graph, and connects to nothing there. */
const namingHub: readonly Role[] = [...hub, 'worker'];
const temporal: readonly Role[] = ['desk', 'worker'];
/** Ingest puts on record when each feed was watched: for that it has to know which there are, and whether anybody keeps them. */
const watching: readonly Role[] = ['ingest', 'desk', 'worker'];
const remote = (s: StackSettings) => s.temporal !== 'self-hosted';

/** Every setting that a stack gives, to whom, and from what. A test holds it against `config/`. */
export const roleSettingRows: readonly Row[] = [
  { name: config.stateDir.name, roles: everybody, give: () => value(stateFolder) },
  { name: config.logLevel.name, roles: everybody, give: (w) => value(w.settings.logLevel) },
  { name: config.probes.name, roles: everybody, give: () => value(`0.0.0.0:${ports.probes}`) },
  {
    name: config.quarantineDays.name,
    roles: ['ingest', 'desk', 'worker'],
    give: (w) => value(`${w.settings.quarantineDays}`),
  },
  {
    name: config.eventLog.name,
    roles: everybody,
    give: ({ settings }) => {
      if (settings.log === 'embedded') return value(`sqlite:${stateFolder}/log.db`);
      const reference = { kind: 'secret', secret: 'event-log' } as const;
      return settings.log === 'self-hosted' ? { ...reference, naming: ['log-authority'] } : reference;
    },
  },
  { name: config.keyStore.name, roles: everybody, give: (w) => value(w.masterKeyUrl) },
  { name: config.subjectKeys.name, roles: everybody, give: (w) => value(w.subjectKeysUrl) },
  { name: config.signInStore.name, roles: signInRoles, give: (w) => value(w.signInKeyUrl) },
  { name: config.signIns.name, roles: signInRoles, give: (w) => value(w.signInsUrl) },
  { name: config.eventHubs.name, roles: namingHub, give: (w) => value(w.eventHubs) },
  { name: config.eventHub.name, roles: namingHub, give: () => value(innerNames.hub) },
  { name: config.eventHubsTransport.name, roles: hub, give: () => value('amqp-websockets') },
  { name: config.consumerGroup.name, roles: readers, give: () => value(innerNames.consumerGroup) },
  { name: config.partitionOwnership.name, roles: readers, give: (w) => value(w.ownershipUrl) },
  { name: config.testNumbers.name, roles: ['ingest'], give: (w) => value(w.settings.testNumbers.join(',')) },
  { name: config.phrases.name, roles: ['ingest'], give: (w) => value(w.settings.phrases) },
  {
    name: config.largePayloads.name,
    roles: ['resolve'],
    give: (w) => secret(w.settings.largeNotifications, 'large-notifications'),
  },
  { name: config.unverifiedAfter.name, roles: ['resolve'], give: (w) => value(`${w.settings.unverifiedAfter}`) },
  { name: config.tenant.name, roles: ['ingest', 'resolve', 'desk', 'worker'], give: (w) => value(w.tenantId) },
  { name: config.tenantDomain.name, roles: temporal, give: (w) => value(w.settings.domain) },
  {
    name: config.chatClientId.name,
    roles: ['ingest', 'resolve', 'desk', 'worker'],
    give: (w) => value(w.chatClientId),
  },
  {
    name: config.serviceUser.name,
    roles: ['resolve', 'desk', 'worker'],
    give: (w) => value(w.settings.chatFeed ? w.settings.serviceUser : undefined),
  },
  { name: config.eventsClientId.name, roles: watching, give: (w) => value(w.eventsClientId) },
  {
    name: config.eventsCertificate.name,
    roles: ['worker'],
    give: (w) => file(w.settings.eventsCertificate, 'events-certificate'),
  },
  { name: config.eventsPrivateKey.name, roles: ['worker'], give: (w) => secret(w.settings.eventsKey, 'events-key') },
  { name: config.policies.name, roles: watching, give: (w) => value(w.settings.policies.join(',')) },
  { name: config.eventsApi.name, roles: ['worker'], give: (w) => value(w.settings.eventsVersion) },
  { name: config.chatContent.name, roles: ['worker'], give: (w) => value(w.settings.chatContent) },
  // Without Event Grid it is what the settings of the hub make; with it, events still go there.
  {
    name: config.notificationUrl.name,
    roles: ['worker'],
    give: (w) => value(w.settings.eventGrid ? w.notificationUrl : undefined),
  },
  { name: config.largePayloadsUrl.name, roles: ['worker'], give: (w) => value(w.largeNotificationsUrl) },
  { name: config.webhookUrl.name, roles: ['worker'], give: (w) => value(w.settings.pagingUrl) },
  {
    name: config.webhookSecret.name,
    roles: ['worker'],
    give: (w) => secret(w.settings.pagingSecret, 'paging-secret'),
  },
  { name: config.temporal.name, roles: watching, give: (w) => value(w.temporal) },
  {
    name: config.temporalNamespace.name,
    roles: temporal,
    give: (w) => value(w.settings.temporal === 'off' ? undefined : temporalNamespace(w.settings)),
  },
  { name: config.temporalPages.name, roles: ['desk'], give: (w) => value(w.settings.temporalPages) },
  {
    name: config.temporalApiKey.name,
    roles: temporal,
    give: (w) => secret(w.settings.temporalApiKey, 'temporal-api-key'),
  },
  {
    name: config.temporalTlsCa.name,
    roles: temporal,
    give: (w) => file(w.settings.temporalAuthority, 'temporal-authority'),
  },
  {
    name: config.temporalTlsCertificate.name,
    roles: temporal,
    give: (w) => file(remote(w.settings) && w.settings.temporalCertificate, 'temporal-certificate'),
  },
  {
    name: config.temporalTlsKey.name,
    roles: temporal,
    give: (w) => secret(remote(w.settings) && w.settings.temporalKey, 'temporal-key'),
  },
  {
    name: config.http.name,
    roles: ['desk'],
    give: (w) => value(w.settings.log === 'embedded' ? `127.0.0.1:${ports.desk}` : `0.0.0.0:${ports.desk}`),
  },
  { name: config.deskUrl.name, roles: ['desk'], give: (w) => value(w.deskUrl) },
  { name: config.deskClientId.name, roles: ['desk'], give: (w) => value(w.deskClientId) },
  // The ingress of the environment, or the proxy on the machine, speaks TLS before it.
  { name: config.trustedProxy.name, roles: ['desk'], give: () => value('yes') },
  { name: config.evidence.name, roles: ['desk'], give: (w) => value(w.evidenceUrl) },
];

/** Settings of the program that no stack gives, each with the reason. A new setting has to be given or to stand here. */
export const notInStacks: Readonly<Record<string, string>> = {
  [config.notificationKeys.name]:
    'a stack makes its own subscriptions, and keeps their keys sealed under the master key',
  [config.clientStates.name]:
    'a stack makes its own subscriptions, and keeps their client states sealed under the master key',
  [config.cloud.name]: 'stacks are made in the global cloud, which is the default',
  [config.graph.name]: "the cloud's own",
  [config.entra.name]: "the cloud's own",
  [config.pulumiCli.name]: 'no stack drives stacks',
  [config.cacheDir.name]: 'below the home of the user in the image',
  [config.addresses.name]: 'as the name service says',
  [config.deskClientSecret.name]: 'the desk proves itself by its managed identity',
  [config.deskCertificate.name]: 'the desk proves itself by its managed identity',
  [config.deskPrivateKey.name]: 'the desk proves itself by its managed identity',
  [config.deskHelp.name]: 'the page names the administrator of Entra ID',
  [config.allowedHosts.name]: 'Microsoft hosts alone',
  [config.certificateAuthority.name]:
    'the connection string of a self-hosted log names its authority; nothing else may be vouched for by that one',
  [config.policyList.name]: 'a stack names its policies in `policies`',
  [config.temporalTlsServerName.name]: 'the host of the address',
  [config.temporalCli.name]: 'no stack starts a dev server',
  [config.temporalPort.name]: 'no stack starts a dev server',
  [config.temporalUiPort.name]: 'no stack starts a dev server',
  [config.simulatorEventHubs.name]: 'no simulator runs in a stack',
  [config.simulatorEventStoreDb.name]: 'no simulator runs in a stack',
  [config.simulatorGraph.name]: 'no simulator runs in a stack',
  [config.simulatorEntra.name]: 'no simulator runs in a stack',
  [config.simulatorPartitions.name]: 'no simulator runs in a stack',
  [config.simulatorChatter.name]: 'no simulator runs in a stack',
};

/** The settings of a process with these roles, in the order of the table. */
export function roleSettings(inProcess: readonly Role[], wiring: Wiring): readonly RoleSetting[] {
  return roleSettingRows
    .filter((row) => row.roles.some((role) => inProcess.includes(role)))
    .flatMap(({ name, give }) => {
      const given = give(wiring);
      return given === undefined ? [] : [{ name, ...given }];
    });
}

/** The secrets that a process with these settings reads from files. */
export function secretFiles(settings: readonly RoleSetting[]): readonly VaultSecretName[] {
  return settings.flatMap((one) =>
    one.kind === 'file' ? [one.secret] : one.kind === 'secret' ? (one.naming ?? []) : [],
  );
}

/** All the secrets that it is given, as values and as files. */
export function secretsOf(settings: readonly RoleSetting[]): readonly VaultSecretName[] {
  const values = settings.flatMap((one) => (one.kind === 'secret' ? [one.secret] : []));
  return [...new Set([...values, ...secretFiles(settings)])];
}

/** Namespace of the tenant in Temporal. */
function temporalNamespace(settings: StackSettings): string {
  return settings.temporalNamespace ?? `tocsin-${settings.tenant}`;
}
