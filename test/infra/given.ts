/** Settings of stacks that the tests make, as somebody would type them in. */
export type Given = Readonly<Record<string, string>>;

export const subscriptionId = '11111111-2222-4333-8444-555555555555';
export const directoryId = 'aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee';
const digest = (digit: string) => `sha256:${digit.repeat(64)}`;
const certificate = (text: string) => `-----BEGIN CERTIFICATE-----\n${text}\n-----END CERTIFICATE-----\n`;
const key = (text: string) => `-----BEGIN PRIVATE KEY-----\n${text}\n-----END PRIVATE KEY-----\n`;

/** Words that may be found nowhere but in values that are marked as secret. */
export const canaries = {
  logConnection: 'canarylogconnection',
  logPassword: 'canary-log-password',
  logKey: 'canarylogkey',
  temporalApiKey: 'canary-temporal-api-key',
  temporalKey: 'canarytemporalkey',
  temporalDatabasePassword: 'Canary-temporal-database-1',
  deskKey: 'canarydeskkey',
  eventsKey: 'canaryeventskey',
  pagingSecret: 'Y2FuYXJ5cGFnaW5nc2VjcmV0Y2FuYXJ5cGFnaW5n',
  alertWebhook: 'canary-alert-webhook',
  storageKey: 'canary-storage-account-key',
} as const;

const common: Given = {
  domain: 'contoso.com',
  region: 'swedencentral',
  dataResidency: 'eu',
  image: `ghcr.io/tocsin/tocsin@${digest('a')}`,
  alertEmails: 'it@contoso.com, night@contoso.com',
  serviceUser: 'tocsin@contoso.com',
  alertWebhook: `https://alerts.contoso.com/${canaries.alertWebhook}`,
};

/** A small tenant: one machine, the embedded log, Temporal Cloud. */
export const small: Given = {
  ...common,
  tenant: 'fabrikam',
  size: 'small',
  log: 'embedded',
  temporal: 'cloud',
  temporalAddress: 'fabrikam.a1b2c.tmprl.cloud:7233',
  temporalApiKey: canaries.temporalApiKey,
  sshKey: 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA admin',
  deskHost: 'tocsin.fabrikam.com',
  deskCertificate: certificate('AAAA'),
  deskKey: key(canaries.deskKey),
  proxyImage: `docker.io/library/caddy@${digest('c')}`,
  deskAccess: 'public',
  deskNetworks: '203.0.113.0/24',
};

/** An ordinary tenant: Container Apps, the log elsewhere, Temporal elsewhere with a client certificate. */
export const standard: Given = {
  ...common,
  tenant: 'contoso',
  log: 'connection',
  logConnection: `esdb+discover://tocsin:${canaries.logConnection}@contoso.mesdb.eventstore.cloud:2113`,
  temporal: 'existing',
  temporalAddress: 'temporal.contoso.com:7233',
  temporalCertificate: certificate('BBBB'),
  temporalKey: key(canaries.temporalKey),
  temporalAuthority: certificate('CCCC'),
  pagingUrl: 'https://pager.contoso.com/tocsin',
  pagingSecret: `whsec_${canaries.pagingSecret}`,
};

/** A large tenant: Premium, both feeds, everything self-hosted, its own registry, groups for the desk, in production. */
export const large: Given = {
  ...common,
  tenant: 'northwind-traders',
  size: 'large',
  tags: 'owner=security, cost-centre=4711',
  retentionDays: '14',
  eventsFeed: 'true',
  policies: 'Stockholm,Head office',
  eventsCertificate: certificate('DDDD'),
  eventsKey: key(canaries.eventsKey),
  eventGrid: 'true',
  eventGridUntil: '2027-06-30',
  eventGridActive: 'true',
  allowedNetworks: '198.51.100.0/24',
  log: 'self-hosted',
  logImage: `docker.io/eventstore/eventstore@${digest('b')}`,
  logPassword: canaries.logPassword,
  logAuthority: certificate('EEEE'),
  logCertificate: certificate('FFFF'),
  logKey: key(canaries.logKey),
  sshKey: 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA admin',
  temporal: 'self-hosted',
  temporalImage: `docker.io/temporalio/auto-setup@${digest('d')}`,
  temporalDatabasePassword: canaries.temporalDatabasePassword,
  temporalCertificate: certificate('GGGG'),
  temporalKey: key(canaries.temporalKey),
  temporalAuthority: certificate('HHHH'),
  image: `northwind.azurecr.io/tocsin@${digest('a')}`,
  registry: `/subscriptions/${subscriptionId}/resourceGroups/shared/providers/Microsoft.ContainerRegistry/registries/northwind`,
  responders: '00000000-0000-4000-8000-000000000001',
  operators: '00000000-0000-4000-8000-000000000002',
  compliance: '00000000-0000-4000-8000-000000000003',
  administrators: '00000000-0000-4000-8000-000000000004',
};
