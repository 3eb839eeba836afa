import type { SettingKey } from '#config/settings.ts';

/** What reads settings for as long as it runs. Commands read more than a table could say: they run where a person is. */
export type SettingUser = 'ingest' | 'triage' | 'resolve' | 'desk' | 'worker' | 'simulator';

const roles: readonly SettingUser[] = ['ingest', 'triage', 'resolve', 'desk', 'worker'];
const all: readonly SettingUser[] = [...roles, 'simulator'];
const hub: readonly SettingUser[] = ['ingest', 'resolve', 'desk', 'simulator'];
/** The desk asks the cluster that the worker uses. */
const workflows: readonly SettingUser[] = ['desk', 'worker'];
/** Who puts on record or shows when each feed was watched has to know which there are. */
const watching: readonly SettingUser[] = ['ingest', 'desk', 'worker'];
const signedIn: readonly SettingUser[] = ['resolve', 'desk', 'worker'];

/** Which roles use a setting; none: commands alone. A process needs what its roles use, and nothing else. */
export const usedBy: Readonly<Record<SettingKey, readonly SettingUser[]>> = {
  stateDir: all,
  eventLog: all,
  keyStore: roles,
  subjectKeys: roles,
  signInStore: signedIn,
  signIns: signedIn,
  addresses: roles,
  eventHubs: ['ingest', 'resolve', 'desk', 'worker'],
  partitionOwnership: ['ingest', 'desk', 'simulator'],
  eventHub: [...hub, 'worker'],
  consumerGroup: ['ingest', 'desk', 'simulator'],
  eventHubsTransport: hub,
  // Only where somebody keeps subscriptions alive is there something for ingest to put on record.
  temporal: [...watching, 'simulator'],
  temporalNamespace: workflows,
  temporalTlsCa: workflows,
  temporalTlsCertificate: workflows,
  temporalTlsKey: workflows,
  temporalTlsServerName: workflows,
  temporalApiKey: workflows,
  temporalCli: ['worker'],
  temporalPort: ['worker'],
  temporalUiPort: ['worker'],
  temporalPages: ['desk'],
  cacheDir: ['worker'],
  pulumiCli: [],
  cloud: signedIn,
  tenant: ['ingest', ...signedIn],
  // For `tocsin doctor` beside the desk, which compares what Graph has with the address that it should have.
  tenantDomain: workflows,
  chatClientId: ['ingest', ...signedIn],
  serviceUser: signedIn,
  eventsClientId: watching,
  eventsCertificate: ['worker'],
  eventsPrivateKey: ['worker'],
  policies: watching,
  policyList: watching,
  eventsApi: ['worker'],
  chatContent: ['worker'],
  notificationUrl: ['worker'],
  graph: ['resolve', 'worker'],
  entra: signedIn,
  certificateAuthority: roles,
  allowedHosts: signedIn,
  webhookUrl: ['worker'],
  webhookSecret: ['worker'],
  unverifiedAfter: ['resolve'],
  http: ['desk', 'simulator'],
  deskUrl: ['desk', 'simulator'],
  deskClientId: ['desk'],
  deskClientSecret: ['desk'],
  deskCertificate: ['desk'],
  deskPrivateKey: ['desk'],
  deskHelp: ['desk'],
  trustedProxy: ['desk'],
  probes: roles,
  testNumbers: ['ingest', 'simulator'],
  phrases: ['ingest', 'simulator'],
  quarantineDays: ['ingest', 'desk', 'worker'],
  notificationKeys: ['ingest', 'resolve', 'worker'],
  clientStates: ['ingest'],
  largePayloads: ['resolve'],
  largePayloadsUrl: ['worker'],
  evidence: ['desk'],
  logLevel: all,
  simulatorEventHubs: ['simulator'],
  simulatorEventStoreDb: ['simulator'],
  simulatorGraph: ['simulator'],
  simulatorEntra: ['simulator'],
  simulatorPartitions: ['simulator'],
  simulatorChatter: ['simulator'],
};
