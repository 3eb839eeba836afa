import { slugPattern } from '#infra/names.ts';
import { allRegions, residencies } from '#infra/regions.ts';
import { forms } from '#infra/settings/forms.ts';
import { publicNetworks } from '#infra/settings/public-networks.ts';
import { choice, flag, listOf, matching, pem, type Read, type StackSetting, whole } from '#infra/settings/row.ts';

function row<T, const Rest extends { description: string; default?: string; absent?: string; secret?: boolean }>(
  parse: (text: string) => Read<T>,
  rest: Rest,
) {
  return { secret: false, parse, ...rest } satisfies StackSetting<T>;
}
const secret = { secret: true } as const;
const bySize = 'what fits `size`';

/** Every setting of a stack. `Pulumi.yaml`, the reader and the documents are made from this table. */
export const stackSettings = {
  tenant: row(matching(slugPattern, '2 to 20 lower-case letters, digits and single hyphens, a letter first'), {
    description: 'Slug of the tenant. Every name is made from it, so it never changes. Required.',
  }),
  domain: row(matching(forms.host, 'a domain name such as contoso.com'), {
    description: 'Primary domain of the Entra tenant that holds both Teams and the Azure subscription. Required.',
  }),
  environment: row(choice(['production', 'test']), {
    default: 'production',
    description:
      'production puts management locks (CanNotDelete) on the Event Hubs namespace, the key vault, the storage of wrapped keys, the evidence storage and the disks of the log, and Pulumi refuses to delete those, backups and the database of Temporal; test leaves that out.',
  }),
  region: row(choice(allRegions), { description: 'Azure region of everything. Required.' }),
  dataResidency: row(choice(residencies), {
    description: 'Where personal data has to stay; a region elsewhere is refused. Required.',
  }),
  size: row(choice(['small', 'standard', 'large']), {
    default: 'standard',
    description: 'Chooses every number that is not given: small, standard or large.',
  }),
  tags: row(listOf(/^[\w.-]{1,60}=[^<>%&\\?/,]{1,200}$/, 'name=value', 20), {
    default: '',
    description: 'More tags for every resource, name=value with commas between them.',
  }),

  eventHubsTier: row(
    choice(['Standard', 'Premium'], {
      Basic:
        'must not be Basic: it has one consumer group, keeps messages for a day and takes 256 KB at most; use Standard',
      Dedicated: 'must not be Dedicated: a cluster of its own is not built; use Premium',
    }),
    { absent: bySize, description: 'Tier of Event Hubs: Standard or Premium.' },
  ),
  throughputUnits: row(whole(1, 40), {
    absent: bySize,
    description: 'Throughput units (Standard, 1 to 40) or processing units (Premium: 1, 2, 4, 8, 12 or 16).',
  }),
  throughputUnitsMost: row(whole(1, 40), {
    absent: bySize,
    description: 'How far Standard may inflate by itself; equal to throughputUnits: never.',
  }),
  partitions: row(whole(1, 100), {
    absent: bySize,
    description: 'Partitions of the hub; they can never be changed on Standard. At most 32, on Premium 100.',
  }),
  retentionDays: row(whole(1, 90), {
    default: '7',
    description: 'Days that the hub keeps a message: at most 7, on Premium 90. An alarm goes off at half of it.',
  }),
  restrictEventHubs: row(flag, {
    default: 'false',
    description:
      'true lets only the own network and trusted Microsoft services reach the hub. Nobody has documented that Graph counts as one: try it with a drill first.',
  }),
  allowedNetworks: row(publicNetworks, {
    default: '',
    description:
      'Public networks outside from which key vault and storage may be reached (they still need a role): no private ones, and no /31.',
  }),
  addressSpace: row(matching(forms.addressSpace, 'a private /16 such as 10.40.0.0/16, and neither 172.30 nor 172.31'), {
    default: '10.40.0.0/16',
    description:
      'Addresses of the network of the stack; neither 172.30 nor 172.31, which Container Apps keeps for itself.',
  }),
  largeNotifications: row(flag, {
    default: 'true',
    description:
      'Storage for notifications that are too large for the hub. Graph takes only a connection string for it, so this one account keeps its shared key.',
  }),
  eventGrid: row(flag, {
    default: 'false',
    description:
      'Notices of chats come through an Event Grid partner topic, which hands them to the hub. Graph makes the topic, and what has to be done then is in docs/deploy.md (Through Event Grid). Emergency events go straight to the hub all the same: Event Grid has no type for them.',
  }),
  eventGridUntil: row(matching(forms.day, 'a day such as 2027-06-30'), {
    absent: 'required with eventGrid',
    description:
      'Day until which Graph may make and change topics in the resource group, at most 365 days ahead. A later day renews it; an alarm goes off 30 days before.',
  }),
  eventGridActive: row(flag, {
    default: 'false',
    description:
      'true once Graph has made the topic and it was activated: what arrives there is then handed to the hub.',
  }),

  chatFeed: row(flag, { default: 'true', description: 'Watch the chats that Teams writes to the service user.' }),
  serviceUser: row(matching(forms.email, "a user's sign-in name"), {
    absent: 'required with chatFeed',
    description: 'Sign-in name of the service user in the notification group. Consent is given for this user alone.',
  }),
  chatContent: row(choice(['rich', 'basic']), {
    default: 'rich',
    description: 'rich: notices carry the message, encrypted; basic: it is fetched afterwards.',
  }),
  eventsFeed: row(flag, {
    default: 'false',
    description: 'Watch the emergency call events of Graph (an application permission).',
  }),
  policies: row(listOf(/^[^,'"\\/]{1,100}$/, 'names of emergency calling policies', 50), {
    default: '',
    description: 'Emergency calling policies that the events feed watches; required with eventsFeed.',
  }),
  eventsVersion: row(choice(['v1.0', 'beta']), {
    default: 'v1.0',
    description: 'Version of the emergency events API.',
  }),
  eventsCertificate: row(pem('CERTIFICATE'), {
    absent: 'the managed identity of the worker signs in for it (federated credential)',
    description: 'Public certificate (PEM) of the events feed, where a federated credential is not wanted.',
  }),

  eventsKey: row(pem('PRIVATE KEY'), {
    ...secret,
    absent: 'as eventsCertificate',
    description: 'Private key (PEM) of eventsCertificate.',
  }),
  unverifiedAfter: row(whole(5, 86_400), {
    default: '60',
    description: 'Seconds that notices without content wait for Graph before an unverified emergency is raised.',
  }),
  pagingUrl: row(matching(/^https:\/\/[^\s/?#@]+(?:[/?#]\S*)?$/, 'an https URL without a user in it'), {
    absent: 'nobody is paged',
    description: 'Where pages about emergencies are sent (Standard Webhooks) until somebody acts.',
  }),
  pagingSecret: row(matching(/^whsec_[A-Za-z0-9+/]{32,88}={0,2}$/, 'whsec_ and base64 of 24 to 64 random bytes'), {
    ...secret,
    absent: 'required with pagingUrl',
    description: 'Secret that signs those pages.',
  }),

  log: row(choice(['connection', 'self-hosted', 'embedded']), {
    description:
      'Where the event log is: connection (Kurrent Cloud or a cluster of yours), self-hosted (EventStoreDB on machines of the stack), embedded (small tenants: one machine, every role in one process, the log on its disk; a file share is never used). Required.',
  }),
  logConnection: row(
    matching(
      /^(?:esdb|kurrentdb)(?:\+discover)?:\/\/(?!.*[?&]tls=false)[^\s]+$/i,
      'a connection string of EventStoreDB (esdb://…) without tls=false',
    ),
    { ...secret, absent: 'required with log connection', description: 'Connection string of the event log.' },
  ),
  logNodes: row(choice(['1', '3']), { absent: bySize, description: 'Machines of a self-hosted log, one per zone.' }),
  logDiskGb: row(whole(32, 4096), { absent: bySize, description: 'Size of the disk that holds the log, in GB.' }),
  logImage: row(matching(forms.imageByDigest, 'an image by digest (name@sha256:…)'), {
    absent: 'required with log self-hosted',
    description: 'Image of EventStoreDB.',
  }),
  logPassword: row(matching(/^[\w!#%*+,.;=~-]{16,128}$/, '16 to 128 letters, digits and !#%*+,.;=~-'), {
    ...secret,
    absent: 'required with log self-hosted',
    description: 'First password of the administrator of a self-hosted log.',
  }),
  logAuthority: row(pem('CERTIFICATE'), {
    absent: 'required with log self-hosted',
    description: 'Certificate (PEM) of the authority that signed the certificate of the nodes.',
  }),
  logCertificate: row(pem('CERTIFICATE'), {
    absent: 'required with log self-hosted',
    description: 'Certificate (PEM) of the nodes: CN eventstoredb-node, SAN *.log.tocsin.internal.',
  }),
  logKey: row(pem('PRIVATE KEY'), {
    ...secret,
    absent: 'required with log self-hosted',
    description: 'Private key (PEM) of that certificate.',
  }),
  machineSize: row(matching(forms.virtualMachineSize, 'a size such as Standard_D2s_v5'), {
    absent: bySize,
    description: 'Size of the machines of a self-hosted or embedded log.',
  }),
  sshKey: row(matching(forms.sshKey, 'a public SSH key'), {
    absent: 'required where the stack has machines',
    description: 'Public key for the machines. No port is open for it; it serves a bastion host.',
  }),

  temporal: row(choice(['off', 'cloud', 'existing', 'self-hosted']), {
    description:
      'Where Temporal is: cloud, existing, self-hosted (Container Apps and PostgreSQL), or off (nothing renews subscriptions). Required.',
  }),
  temporalAddress: row(matching(/^[a-z0-9.-]{3,253}:\d{2,5}$/, 'host:port'), {
    absent: 'required with temporal cloud and existing',
    description: 'Address of Temporal.',
  }),
  temporalNamespace: row(matching(/^[a-zA-Z0-9][\w.-]{1,199}$/, 'a namespace'), {
    absent: '`tocsin-<tenant>`',
    description: 'Namespace in Temporal.',
  }),
  temporalPages: row(
    matching(/^https:\/\/[a-z0-9.-]{3,253}(:\d{2,5})?$/, 'an https address such as https://temporal.contoso.example'),
    {
      absent: 'those pages show what is encrypted as it is',
      description: "Where Temporal's web pages are; Operators then read there in plain words what is encrypted.",
    },
  ),
  temporalApiKey: row(matching(/^\S{16,8192}$/, 'an API key of Temporal Cloud: 16 letters or more, without spaces'), {
    ...secret,
    absent: 'a client certificate signs in, or nothing does',
    description: 'API key of Temporal Cloud.',
  }),
  temporalCertificate: row(pem('CERTIFICATE'), {
    absent: 'none; of the server, required, with temporal self-hosted',
    description: "Client certificate (PEM) for Temporal; the server's own with temporal self-hosted.",
  }),
  temporalKey: row(pem('PRIVATE KEY'), {
    ...secret,
    absent: 'none; of the server, required, with temporal self-hosted',
    description: 'Private key (PEM) of temporalCertificate.',
  }),
  temporalAuthority: row(pem('CERTIFICATE'), {
    absent: 'public authorities; required with temporal self-hosted',
    description: "Certificate (PEM) of the authority that signed Temporal's certificate.",
  }),
  temporalImage: row(matching(forms.imageByDigest, 'an image by digest (name@sha256:…)'), {
    absent: 'required with temporal self-hosted',
    description: 'Image of the Temporal server (with set-up of its schema).',
  }),
  temporalDatabasePassword: row(
    matching(/^(?=.*[a-z])(?=.*[A-Z])(?=.*\d)[\w!#%*+,.;=~-]{16,128}$/, '16 to 128 characters, three kinds of them'),
    { ...secret, absent: 'required with temporal self-hosted', description: "Password of Temporal's database." },
  ),

  image: row(matching(forms.imageByDigest, 'an image by digest (name@sha256:…); a tag can be moved'), {
    description: 'Image of Tocsin, by digest. Required.',
  }),
  registry: row(matching(forms.registryId, 'the resource id of a container registry'), {
    absent: 'the image is public',
    description: 'Azure container registry that the image is pulled from.',
  }),
  ingestMost: row(whole(1, 100), { absent: bySize, description: 'Most copies of ingest; never more than partitions.' }),
  deskMost: row(whole(1, 10), { absent: bySize, description: 'Most copies of the desk.' }),
  deskAccess: row(choice(['internal', 'public']), {
    default: 'internal',
    description: 'internal: the desk answers in the network of the stack; public: on the internet, behind sign-in.',
  }),
  deskNetworks: row(listOf(forms.network, 'IPv4 networks'), {
    default: '',
    description:
      'Networks that may open the desk; none given: with deskAccess internal the network of the stack and those joined to it (VPN, peering), otherwise all.',
  }),
  deskHost: row(matching(forms.host, 'a host name'), {
    absent: 'the name that Container Apps gives; required with log embedded',
    description: 'Host name of the desk.',
  }),
  deskCertificate: row(pem('CERTIFICATE'), {
    absent: 'that of Container Apps; required with log embedded',
    description: 'Certificate (PEM, with chain) of the desk on a single machine.',
  }),
  deskKey: row(pem('PRIVATE KEY'), {
    ...secret,
    absent: 'as deskCertificate',
    description: 'Private key (PEM) of the certificate of the desk.',
  }),
  proxyImage: row(matching(forms.imageByDigest, 'an image by digest (name@sha256:…)'), {
    absent: 'required with log embedded',
    description: 'Image of Caddy, which ends TLS in front of the desk on a single machine.',
  }),
  responders: row(matching(forms.uuid, "a group's object id"), {
    absent: 'given by hand in Entra',
    description: 'Entra group that gets the role Responder.',
  }),
  operators: row(matching(forms.uuid, "a group's object id"), {
    absent: 'given by hand in Entra',
    description: 'Entra group that gets the role Operator.',
  }),
  compliance: row(matching(forms.uuid, "a group's object id"), {
    absent: 'given by hand in Entra',
    description: 'Entra group that gets the role Compliance.',
  }),
  administrators: row(matching(forms.uuid, "a group's object id"), {
    absent: 'given by hand in Entra',
    description: 'Entra group that gets the role Administrator.',
  }),
  testNumbers: row(listOf(/^[\d+*#]{1,20}$/, 'dialled numbers'), {
    default: '933',
    description: 'Dialled numbers that make a test call.',
  }),
  phrases: row(matching(/^[^\r\n]{4,4000}$/, 'one line'), {
    absent: 'the built-in table alone',
    description: 'Further texts by which Teams announces an emergency call (TOCSIN_PHRASES).',
  }),
  quarantineDays: row(whole(1, 3650), { default: '30', description: 'Days that undecodable bytes stay readable.' }),
  logLevel: row(choice(['trace', 'debug', 'info', 'warn', 'error']), {
    default: 'info',
    description: 'How much is logged.',
  }),

  evidenceDays: row(whole(30, 3653), {
    default: '400',
    description: 'Days that checkpoints and exports cannot be changed or deleted.',
  }),
  lockEvidence: row(flag, {
    default: 'false',
    description:
      'true LOCKS that retention: nobody, Microsoft included, can then shorten it or delete what is kept. First run with false, then with true (a first run with true is refused); there is no way back.',
  }),
  logRetentionDays: row(whole(30, 730), { default: '90', description: 'Days that Log Analytics keeps its tables.' }),
  alertEmails: row(listOf(forms.email, 'e-mail addresses', 20), {
    description: 'Who is told when something is wrong with Tocsin itself; with commas between them. Required.',
  }),
  alertWebhook: row(matching(/^https:\/\/[^\s]+$/, 'an https URL'), {
    ...secret,
    absent: 'e-mail alone',
    description: 'Address that the same alarms are posted to.',
  }),
} as const;

type Table = typeof stackSettings;
export type StackSettingKey = keyof Table;
type ValueOf<S> = S extends { parse: (text: string) => Read<infer T> } ? T : never;
type Required = 'tenant' | 'domain' | 'region' | 'dataResidency' | 'log' | 'temporal' | 'image' | 'alertEmails';

/** What somebody gave, each value right by itself; absent where a setting without a default was left out. */
export type GivenSettings = {
  readonly [K in StackSettingKey as Table[K] extends { default: string } ? K : K extends Required ? K : never]: ValueOf<
    Table[K]
  >;
} & {
  readonly [K in StackSettingKey as Table[K] extends { default: string }
    ? never
    : K extends Required
      ? never
      : K]?: ValueOf<Table[K]>;
};

/** Settings that have to be given. */
export const requiredSettings: readonly StackSettingKey[] = [
  'tenant',
  'domain',
  'region',
  'dataResidency',
  'log',
  'temporal',
  'image',
  'alertEmails',
] satisfies readonly Required[];
