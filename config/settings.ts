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
  keyStore: setting('TOCSIN_KEY_STORE', parse.sqliteFile, {
    absent: '`sqlite:` in the state folder',
    description:
      'Where the keys live that seal personal data: `sqlite:<file>`, with the master key in a file beside it (mode 0600).',
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
  temporal: setting('TOCSIN_TEMPORAL', parse.oneOf('off'), {
    default: 'off',
    description: 'Temporal: `off` until the role `worker` is there.',
  }),
  http: setting('TOCSIN_HTTP', parse.loopbackHostAndPort, {
    default: '127.0.0.1:8080',
    description: '`host:port` of the desk; port 0 takes a free one.',
  }),
  probes: setting('TOCSIN_PROBES', parse.loopbackHostAndPort, {
    absent: 'with the desk',
    description: '`host:port` on which any role serves `/health/*` and `/metrics`, nothing personal in them.',
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
  largePayloads: setting('TOCSIN_LARGE_PAYLOADS', parse.text, {
    absent: 'notices whose content went to a blob wait as `referred`',
    secret: true,
    description:
      'Storage account (connection string) to which Graph writes notifications that are too large for the hub.',
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
    description: "Port of the simulated cloud's control, and of Graph once that is simulated; 0 takes a free one.",
  }),
  simulatorEntra: setting('TOCSIN_SIMULATOR_ENTRA', parse.integer(0, 65_535), {
    default: '0',
    description: 'Port of the simulated Entra ID once that is there; 0 takes a free one.',
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
export const otherNames = ['TOCSIN_CACHE_DIR', 'TOCSIN_PROJECT'] as const;
/** Prefix of what only tests read. */
export const testPrefix = 'TOCSIN_TEST_';

type ValueOf<S> = S extends { parse: (text: string) => Parsed<infer T> } ? T : never;
type Table = typeof settings;
export type SettingKey = keyof Table;

/** All values, frozen; undefined where a setting without a default was left out. */
export type Settings = {
  readonly [K in SettingKey]: Table[K] extends { default: string } ? ValueOf<Table[K]> : ValueOf<Table[K]> | undefined;
};
