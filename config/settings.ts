import * as parse from '#config/parsers.ts';
import type { Parsed, Setting } from '#config/setting.ts';

function setting<T, Rest extends { description: string; default?: string; absent?: string; secret?: boolean }>(
  name: Setting<T>['name'],
  parser: (text: string) => Parsed<T>,
  rest: Rest,
): Setting<T> & Rest {
  return { name, parse: parser, secret: false, ...rest };
}

/** Every setting there is. The documents, the command line flags and the reader are made from this table. */
export const settings = {
  stateDir: setting('TOCSIN_STATE_DIR', parse.text, {
    default: '.tocsin',
    description: 'Folder where the embedded defaults keep everything.',
  }),
  eventLog: setting('TOCSIN_EVENT_LOG', parse.eventLog, {
    absent: 'with `--simulate` the simulated EventStoreDB, otherwise `sqlite:` in the state folder',
    secret: true,
    description: 'The event log: `sqlite:<file>`, or a connection string of EventStoreDB (`esdb://…`).',
  }),
  keyStore: setting('TOCSIN_KEY_STORE', parse.keyStore, {
    absent: '`sqlite:` in the state folder',
    description:
      'Where the keys live that seal personal data: `sqlite:<file>`, with the master key in a file beside it (mode 0600), or `https://<vault>.vault.azure.net/keys/<name>`, the key that wraps the master key.',
  }),
  subjectKeys: setting('TOCSIN_SUBJECT_KEYS', parse.containerUrl, {
    absent: 'must be there when `TOCSIN_KEY_STORE` is a key in a vault',
    secret: true,
    description: 'Blob container, without versions and soft delete, for wrapped keys and sealed secrets.',
  }),
  signInStore: setting('TOCSIN_SIGN_IN_STORE', parse.vaultKey, {
    absent: 'the key store keeps them',
    description:
      'A second key in a vault, `https://<vault>.vault.azure.net/keys/<name>`, for what the roles ingest and triage need not read: sign-ins, keys of sessions at the desk and of workflow payloads. Only where the key store is in a vault, and the same for every role that is given it.',
  }),
  signIns: setting('TOCSIN_SIGN_INS', parse.containerUrl, {
    absent: 'must be there when `TOCSIN_SIGN_IN_STORE` is',
    secret: true,
    description: 'Blob container of their own for what is sealed under that key; as `TOCSIN_SUBJECT_KEYS`.',
  }),
  addresses: setting('TOCSIN_ADDRESSES', parse.addresses, {
    absent: 'as the name service says',
    description:
      'Where the hosts of vaults, storage, hubs (over WebSockets) and EventStoreDB are in truth, `<host>=<host:port>`, comma separated; `TOCSIN_CERTIFICATE_AUTHORITY` may vouch for them.',
  }),
  eventHubs: setting('TOCSIN_EVENT_HUBS', parse.eventHubs, {
    absent: 'the simulator with `--simulate`, otherwise it must be given',
    secret: true,
    description:
      'Event Hubs: a connection string, or `https://<namespace>.servicebus.windows.net` with a managed identity.',
  }),
  partitionOwnership: setting('TOCSIN_PARTITION_OWNERSHIP', parse.ownership, {
    absent: '`sqlite:` in the state folder',
    secret: true,
    description: "Who works on which partition: `sqlite:<file>`, or a Blob container's URL. It only spares work.",
  }),
  eventHub: setting('TOCSIN_EVENT_HUB', parse.text, { default: 'teams-emergency', description: 'Name of the hub.' }),
  consumerGroup: setting('TOCSIN_CONSUMER_GROUP', parse.text, {
    default: '$Default',
    description: 'Consumer group; one for each log.',
  }),
  eventHubsTransport: setting('TOCSIN_EVENT_HUBS_TRANSPORT', parse.oneOf('amqp', 'amqp-websockets'), {
    default: 'amqp',
    description: '`amqp` (port 5671), or `amqp-websockets` where only 443 is open.',
  }),
  temporal: setting('TOCSIN_TEMPORAL', parse.temporal, {
    absent: '`managed` with `--simulate`, otherwise `off`',
    description:
      'Temporal: `host:port` of a cluster, `managed` (a dev server that Tocsin gets and starts by itself), or `off`.',
  }),
  temporalNamespace: setting('TOCSIN_TEMPORAL_NAMESPACE', parse.text, {
    default: 'default',
    description: 'Namespace of Temporal.',
  }),
  temporalTlsCa: setting('TOCSIN_TEMPORAL_TLS_CA', parse.text, {
    absent: "the system's authorities",
    description: 'PEM file of the authority behind the certificate of the Temporal cluster.',
  }),
  temporalTlsCertificate: setting('TOCSIN_TEMPORAL_TLS_CERTIFICATE', parse.text, {
    absent: 'no certificate is shown',
    description: 'PEM file of the certificate that Tocsin shows to the Temporal cluster.',
  }),
  temporalTlsKey: setting('TOCSIN_TEMPORAL_TLS_KEY', parse.text, {
    absent: 'no certificate is shown',
    secret: true,
    description: 'Private key (PEM) of that certificate.',
  }),
  temporalTlsServerName: setting('TOCSIN_TEMPORAL_TLS_SERVER_NAME', parse.text, {
    absent: 'the host of `TOCSIN_TEMPORAL`',
    description: "Name that the Temporal cluster's certificate must carry.",
  }),
  temporalApiKey: setting('TOCSIN_TEMPORAL_API_KEY', parse.text, {
    absent: 'none is sent',
    secret: true,
    description: 'API key of Temporal Cloud.',
  }),
  temporalCli: setting('TOCSIN_TEMPORAL_CLI', parse.text, {
    absent: '`temporal` on the PATH, else one that is downloaded or built once and kept',
    description: 'Path of the `temporal` executable for `TOCSIN_TEMPORAL=managed`.',
  }),
  temporalPort: setting('TOCSIN_TEMPORAL_PORT', parse.integer(0, 65_535), {
    default: '0',
    description: 'Port of the managed Temporal dev server; 0 takes a free one.',
  }),
  temporalUiPort: setting('TOCSIN_TEMPORAL_UI_PORT', parse.integer(0, 65_535), {
    default: '0',
    description: 'Port of its web pages; 0 takes a free one.',
  }),
  temporalPages: setting('TOCSIN_TEMPORAL_PAGES', parse.deskUrl, {
    absent: 'the pages of a cluster show what is encrypted as it is',
    description:
      "Where the web pages of your Temporal cluster are, such as `https://temporal.contoso.example`. They may then ask the desk's `/api/payloads` as their codec server, for people with the role Operator.",
  }),
  cacheDir: setting('TOCSIN_CACHE_DIR', parse.text, {
    absent: '`~/.cache/tocsin`',
    description: 'Folder for programs and bundles that are fetched or made once and shared by all runs.',
  }),
  pulumiCli: setting('TOCSIN_PULUMI_CLI', parse.text, {
    absent: '`pulumi` on the PATH, else one that is built once with Go and kept',
    description: 'Path of the `pulumi` executable for `tocsin tenant`.',
  }),
  cloud: setting('TOCSIN_CLOUD', parse.oneOf('global', 'usgov', 'usgov-dod', 'china'), {
    default: 'global',
    description: "Which of Microsoft's clouds the tenant is in.",
  }),
  tenant: setting('TOCSIN_TENANT', parse.text, {
    absent: 'the simulated one with `--simulate`; without it nobody signs in and nothing is subscribed',
    description: 'Directory (tenant) id of the Microsoft 365 tenant, a GUID.',
  }),
  tenantDomain: setting('TOCSIN_TENANT_DOMAIN', parse.text, {
    absent: "the simulated one's with `--simulate`, otherwise `TOCSIN_TENANT`",
    description: "The tenant's primary domain; Graph wants it in the address of the hub.",
  }),
  chatClientId: setting('TOCSIN_CHAT_CLIENT_ID', parse.text, {
    absent: 'the chat feed is not subscribed by Tocsin',
    description: 'Application (client) id of the public client that the service user signs in to: the chat feed.',
  }),
  serviceUser: setting('TOCSIN_SERVICE_USER', parse.text, {
    absent: 'whoever signs in is taken for it',
    description:
      'Sign-in name or object id of the service user, whose chats are watched: a sign-in as anybody else is not taken.',
  }),
  eventsClientId: setting('TOCSIN_EVENTS_CLIENT_ID', parse.text, {
    absent: 'the emergency events feed is not subscribed by Tocsin',
    description: 'Application (client) id that holds `CallEvents-Emergency.Read.All`: the emergency events feed.',
  }),
  eventsCertificate: setting('TOCSIN_EVENTS_CERTIFICATE', parse.text, {
    absent: 'the managed identity of this machine is used (federated credential)',
    description: 'PEM file of the certificate by which that application proves itself.',
  }),
  eventsPrivateKey: setting('TOCSIN_EVENTS_PRIVATE_KEY', parse.text, {
    absent: 'as above',
    secret: true,
    description: 'Private key (PEM) of that certificate.',
  }),
  policies: setting('TOCSIN_POLICIES', parse.list, {
    absent: 'those of `TOCSIN_POLICY_LIST`',
    description: 'Teams emergency calling policies to watch, comma separated; one subscription each.',
  }),
  policyList: setting('TOCSIN_POLICY_LIST', parse.text, {
    absent: 'those of `TOCSIN_POLICIES` alone',
    description:
      'File with the output of `Get-CsTeamsEmergencyCallingPolicy | ConvertTo-Json` (or `Export-Csv`): every policy in it must be covered.',
  }),
  eventsApi: setting('TOCSIN_EVENTS_API', parse.oneOf('v1.0', 'beta'), {
    default: 'v1.0',
    description: 'Version of Graph for subscriptions to emergency events.',
  }),
  chatContent: setting('TOCSIN_CHAT_CONTENT', parse.oneOf('rich', 'basic'), {
    default: 'rich',
    description:
      'Whether chat notifications carry the message encrypted (`rich`), or only name it and it is fetched (`basic`).',
  }),
  notificationUrl: setting('TOCSIN_NOTIFICATION_URL', parse.text, {
    absent: 'made from `TOCSIN_EVENT_HUBS`, `TOCSIN_EVENT_HUB` and `TOCSIN_TENANT_DOMAIN`',
    description:
      'Where Graph is asked to deliver: `EventHub:https://<namespace>.servicebus.windows.net/eventhubname/<hub>?tenantId=<domain>`, or `EventGrid:?…`.',
  }),
  graph: setting('TOCSIN_GRAPH', parse.httpsUrl, {
    absent: "the cloud's own, or the simulator with `--simulate`",
    description: 'Base URL of Microsoft Graph, without its version.',
  }),
  entra: setting('TOCSIN_ENTRA', parse.httpsUrl, {
    absent: "the cloud's own, or the simulator with `--simulate`",
    description:
      'Authority of Microsoft Entra ID with the tenant, such as `https://login.microsoftonline.com/<tenant>`.',
  }),
  certificateAuthority: setting('TOCSIN_CERTIFICATE_AUTHORITY', parse.text, {
    absent: "the system's authorities alone",
    description: "PEM file of a further authority that is trusted for outgoing connections, such as the simulators'.",
  }),
  allowedHosts: setting('TOCSIN_ALLOWED_HOSTS', parse.list, {
    absent: "Microsoft's hosts of `TOCSIN_CLOUD` alone",
    description: 'Further host names that Tocsin may connect to, comma separated.',
  }),
  webhookUrl: setting('TOCSIN_WEBHOOK_URL', parse.webhookUrl, {
    absent: 'nobody is paged',
    description:
      'Where pages about emergencies are sent (Standard Webhooks), again and again until somebody acts; reminders to sign in go there too.',
  }),
  webhookSecret: setting('TOCSIN_WEBHOOK_SECRET', parse.webhookSecret, {
    absent: 'must be there when `TOCSIN_WEBHOOK_URL` is',
    secret: true,
    description: 'Secret that signs those pages, as `whsec_<base64>` (24 to 64 bytes).',
  }),
  unverifiedAfter: setting('TOCSIN_UNVERIFIED_AFTER', parse.integer(5, 86_400), {
    default: '60',
    description:
      'Seconds that a chat notice without content waits for Graph before one unverified emergency is raised for all that wait.',
  }),
  http: setting('TOCSIN_HTTP', parse.hostAndPort, {
    default: '127.0.0.1:8080',
    description:
      '`host:port` of the desk; port 0 takes a free one. Beyond this machine only where people sign in (`TOCSIN_DESK_URL`), and behind a proxy that speaks TLS.',
  }),
  deskUrl: setting('TOCSIN_DESK_URL', parse.deskUrl, {
    absent: 'nobody signs in: the desk is on this machine alone',
    description: 'Where people reach the desk, such as `https://desk.contoso.example`; with it they sign in.',
  }),
  deskClientId: setting('TOCSIN_DESK_CLIENT_ID', parse.text, {
    absent: 'must be there when `TOCSIN_DESK_URL` is',
    description: 'Application (client) id that people sign in to.',
  }),
  deskClientSecret: setting('TOCSIN_DESK_CLIENT_SECRET', parse.text, {
    absent: 'certificate or managed identity',
    secret: true,
    description: 'Secret of that application.',
  }),
  deskCertificate: setting('TOCSIN_DESK_CERTIFICATE', parse.text, {
    absent: 'secret or managed identity',
    description: 'PEM file of its certificate.',
  }),
  deskPrivateKey: setting('TOCSIN_DESK_PRIVATE_KEY', parse.text, {
    absent: 'as above',
    secret: true,
    description: 'Private key (PEM, PKCS #8) of that certificate.',
  }),
  deskHelp: setting('TOCSIN_DESK_HELP', parse.text, {
    absent: 'the page names the Entra administrator',
    description: 'One sentence for people without a role: who can help.',
  }),
  trustedProxy: setting('TOCSIN_TRUSTED_PROXY', parse.oneOf('yes', 'no'), {
    default: 'no',
    description: 'A proxy before the desk speaks TLS and sets X-Forwarded-Proto and X-Forwarded-For itself.',
  }),
  probes: setting('TOCSIN_PROBES', parse.probes, {
    absent: 'with the desk',
    description:
      '`host:port` on which any role serves `/health/*` and `/metrics`, nothing personal in them; `0.0.0.0` in a container that only its orchestrator reaches.',
  }),
  testNumbers: setting('TOCSIN_TEST_NUMBERS', parse.list, {
    default: '933',
    description: 'Dialled numbers that make a test call, comma separated.',
  }),
  phrases: setting('TOCSIN_PHRASES', parse.phrases, {
    absent: 'the built-in table alone',
    description:
      'Further texts by which Teams announces an emergency call: `<language>=<text>`, several with `|` between them.',
  }),
  quarantineDays: setting('TOCSIN_QUARANTINE_DAYS', parse.integer(1, 3650), {
    default: '30',
    description: 'How many days undecodable bytes stay readable.',
  }),
  notificationKeys: setting('TOCSIN_NOTIFICATION_KEYS', parse.text, {
    absent: 'none but those of subscriptions of its own',
    description:
      'Folder of PEM private keys named `<encryptionCertificateId>.pem`, for subscriptions that Tocsin did not create itself.',
  }),
  clientStates: setting('TOCSIN_CLIENT_STATES', parse.list, {
    absent: 'notices of such subscriptions are judged normally, and say so',
    secret: true,
    description: 'Accepted `clientState` values of such subscriptions, comma separated.',
  }),
  largePayloads: setting('TOCSIN_LARGE_PAYLOADS', parse.storageConnection, {
    absent: 'notices whose content went to a blob wait as `referred`',
    secret: true,
    description:
      'Storage account (connection string) to which Graph writes notifications that are too large for the hub.',
  }),
  largePayloadsUrl: setting('TOCSIN_LARGE_PAYLOADS_URL', parse.blobStoreUrl, {
    absent: 'notifications that are too large for the hub never come',
    description:
      'Where Graph learns of that account: `https://<vault>.vault.azure.net/secrets/<name>?tenantId=<domain>`, the secret that holds its connection string. It becomes the `blobStoreUrl` of each new subscription.',
  }),
  evidence: setting('TOCSIN_EVIDENCE', parse.storageUrl, {
    absent: 'no checkpoint of the record is put anywhere',
    secret: true,
    description:
      'Storage account for evidence that must not be changed afterwards, with the containers `checkpoints` and `exports`: `https://<account>.blob.core.windows.net`. The role `desk` puts a checkpoint of the record there every hour.',
  }),
  logLevel: setting('TOCSIN_LOG_LEVEL', parse.oneOf('trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'), {
    default: 'info',
    description: 'How much is logged.',
  }),
  simulatorEventHubs: setting('TOCSIN_SIMULATOR_EVENT_HUBS', parse.integer(0, 65_535), {
    default: '5672',
    description: 'Port of the simulated Event Hubs; 0 takes a free one.',
  }),
  simulatorEventStoreDb: setting('TOCSIN_SIMULATOR_EVENTSTOREDB', parse.integer(0, 65_535), {
    default: '2113',
    description: 'Port of the simulated EventStoreDB; 0 takes a free one.',
  }),
  simulatorGraph: setting('TOCSIN_SIMULATOR_GRAPH', parse.integer(0, 65_535), {
    default: '0',
    description: 'Port of the simulated Microsoft Graph; 0 takes a free one.',
  }),
  simulatorEntra: setting('TOCSIN_SIMULATOR_ENTRA', parse.integer(0, 65_535), {
    default: '0',
    description: 'Port of the simulated Microsoft Entra ID; 0 takes a free one.',
  }),
  simulatorPartitions: setting('TOCSIN_SIMULATOR_PARTITIONS', parse.integer(1, 32), {
    default: '4',
    description: 'Partitions of the simulated hub, when it is first made.',
  }),
  simulatorChatter: setting('TOCSIN_SIMULATOR_CHATTER', parse.rate, {
    default: '0',
    description: 'Ordinary chat messages per second that the simulated tenant makes by itself.',
  }),
} as const;

/** Names that stand beside the settings and are read by tests, scripts and caches alone. */
export const otherNames = ['TOCSIN_PROJECT'] as const;
/** What only tests read. Not by its prefix: settings begin like that, and one that is mistyped must not pass. */
export const testNames = [
  'TOCSIN_TEST_CHROMIUM',
  'TOCSIN_TEST_EVENTSTOREDB',
  'TOCSIN_TEST_GOLDEN',
  'TOCSIN_TEST_KILLS',
  'TOCSIN_TEST_RECORD_FIXTURES',
  'TOCSIN_TEST_RECORD_HISTORIES',
  'TOCSIN_TEST_REQUIRE_PULUMI',
  'TOCSIN_TEST_REQUIRE_TEMPORAL',
  'TOCSIN_TEST_YEAR_DAYS',
  'TOCSIN_TEST_YEAR_POLICIES',
  'TOCSIN_TEST_YEAR_PROGRESS',
  'TOCSIN_TEST_YEAR_SEED',
] as const;

type ValueOf<S> = S extends { parse: (text: string) => Parsed<infer T> } ? T : never;
type Table = typeof settings;
export type SettingKey = keyof Table;

/** All values, frozen; undefined where a setting without a default was left out. */
export type Settings = {
  readonly [K in SettingKey]: Table[K] extends { default: string } ? ValueOf<Table[K]> : ValueOf<Table[K]> | undefined;
};
