import { expect, it } from 'vitest';
import { large } from '#test/infra/given.ts';
import { permissionIdOf, type Registered } from '#test/infra/mocked-stack.ts';
import { stackContract } from '#test/infra/stack.contract.ts';

const stack = stackContract('large', large);
const one = (name: string): Registered['inputs'] => {
  const found = stack().resources.filter((resource) => resource.name === name && !resource.type.startsWith('tocsin:'));
  if (found.length !== 1) throw new Error(`${found.length} resources are named ${name}`);
  return found[0]?.inputs ?? {};
};
const named = (pattern: RegExp) => stack().resources.filter(({ name }) => pattern.test(name));

it('the chat application asks for seven scopes by name, and consent is for the service user alone', () => {
  const scopes = [
    'User.Read',
    'Chat.Read',
    'Chat.ReadBasic',
    'ChatMessage.Read',
    'openid',
    'offline_access',
    'profile',
  ];
  expect(one('chat-application')['requiredResourceAccesses']).toEqual([
    {
      resourceAppId: '00000003-0000-0000-c000-000000000000',
      resourceAccesses: scopes.map((scope) => ({ id: permissionIdOf(scope), type: 'Scope' })),
    },
  ]);
  expect(one('chat-consent')).toMatchObject({ claimValues: scopes, userObjectId: 'object-of-service-user' });
});

it('the events application holds one permission and no password', () => {
  expect(one('events-application')['requiredResourceAccesses']).toEqual([
    {
      resourceAppId: '00000003-0000-0000-c000-000000000000',
      resourceAccesses: [{ id: permissionIdOf('CallEvents-Emergency.Read.All'), type: 'Role' }],
    },
  ]);
  expect(one('events-consent')['appRoleId']).toBe(permissionIdOf('CallEvents-Emergency.Read.All'));
  expect(one('events-certificate')['type']).toBe('AsymmetricX509Cert');
  expect(stack().resources.filter(({ type }) => /Password$/.test(type))).toEqual([]);
});

it('the groups of the desk get their roles, and nobody signs in without one', () => {
  expect(named(/^desk-(?:responders|operators|compliance|administrators)$/)).toHaveLength(4);
  expect(one('desk-principal')['appRoleAssignmentRequired']).toBe(true);
});

it('the log has a machine, a disk and an address in each zone, and a backup of each disk', () => {
  for (const number of [1, 2, 3]) {
    expect(one(`log-machine-${number}`)['zones']).toEqual([`${number}`]);
    expect(one(`log-machine-${number}-disk`)['zones']).toEqual([`${number}`]);
    expect(one(`log-record-${number}`)['aRecords']).toEqual([{ ipv4Address: `10.40.4.${10 + number}` }]);
  }
  expect(named(/^backup-disk-\d$/)).toHaveLength(3);
});

it('the database of Temporal allows the extension that its tables need, before Temporal sets them up', () => {
  expect(one('database-extensions')).toMatchObject({
    configurationName: 'azure.extensions',
    value: 'BTREE_GIN',
    source: 'user-override',
  });
});

it('the server of the database is never asked for two changes at once, and Temporal waits for the last', () => {
  const changes = ['database-tls', 'database-extensions', 'database-temporal', 'database-temporal-visibility'];
  const after = (name: string) => named(new RegExp(`^${name}$`)).flatMap((resource) => resource.after);
  for (const [index, change] of changes.entries())
    expect(after(change), change).toContain(changes[index - 1] ?? 'database');
  expect(after('temporal')).toContain(changes.at(-1));
});

it('Temporal speaks TLS with its database from the first table on, and so do the commands that wait for it and make its namespace', () => {
  const [container] = (one('temporal')['template'] as { containers: { env: { name: string; value?: string }[] }[] })
    .containers;
  const set = Object.fromEntries(container?.env.map(({ name, value }) => [name, value]) ?? []);
  const authority = '/run/tocsin/temporal-authority.pem';
  expect(set).toMatchObject({
    // The server.
    SQL_TLS_ENABLED: 'true',
    SQL_HOST_VERIFICATION: 'true',
    // The tool that makes the tables.
    POSTGRES_TLS_ENABLED: 'true',
    POSTGRES_TLS_DISABLE_HOST_VERIFICATION: 'false',
    // The command line, of both generations.
    TEMPORAL_TLS: 'true',
    TEMPORAL_TLS_CA: authority,
    TEMPORAL_TLS_SERVER_CA_CERT_PATH: authority,
    TEMPORAL_TLS_SERVER_NAME: set['TEMPORAL_TLS_FRONTEND_SERVER_NAME'],
  });
});

it('ingest never gets more copies than partitions, and follows the unread messages', () => {
  const scale = (one('ingest')['template'] as { scale: { maxReplicas: number; rules: { custom: { type: string } }[] } })
    .scale;
  expect(scale.maxReplicas).toBeLessThanOrEqual(one('hub')['partitionCount'] as number);
  expect(scale.rules[0]?.custom.type).toBe('azure-eventhub');
});

it('what holds evidence, keys and the address that Graph knows is locked in production', () => {
  expect(
    named(/-lock$/)
      .map(({ name }) => name)
      .toSorted(),
  ).toEqual([
    'evidence-lock',
    'log-machine-1-disk-lock',
    'log-machine-2-disk-lock',
    'log-machine-3-disk-lock',
    'namespace-lock',
    'subject-keys-lock',
    'vault-lock',
  ]);
});

it('evidence cannot be changed for its days, and is not locked unless somebody asks', () => {
  expect(one('evidence-storage')['immutableStorageWithVersioning']).toEqual({
    enabled: true,
    immutabilityPolicy: {
      state: 'Unlocked',
      immutabilityPeriodSinceCreationInDays: 400,
      allowProtectedAppendWrites: false,
    },
  });
  expect(stack().outputs['evidenceLocked']).toBe(false);
});

const topicUrl =
  'EventGrid:?azuresubscriptionid=11111111-2222-4333-8444-555555555555&resourcegroup=rg-tocsin-northwind-traders&partnertopic=pt-northwind-traders-1q0sa6ld&location=swedencentral';

it('Graph may make the topic that its subscriptions name, and what arrives there is handed to the hub as an identity that may send there', () => {
  expect(one('event-grid-partner')['partnerAuthorization']).toMatchObject({
    authorizedPartnersList: [
      { partnerName: 'MicrosoftGraphAPI', authorizationExpirationTimeInUtc: '2027-06-30T00:00:00Z' },
    ],
  });
  const identity = { type: 'UserAssigned', userAssignedIdentity: expect.stringMatching(/\/grid-identity$/) };
  expect(one('event-grid-to-hub')).toMatchObject({
    partnerTopicName: new URLSearchParams(topicUrl.slice(topicUrl.indexOf('?'))).get('partnertopic'),
    eventDeliverySchema: 'CloudEventSchemaV1_0',
    deliveryWithResourceIdentity: {
      identity,
      destination: { endpointType: 'EventHub', resourceId: expect.stringMatching(/EventHub\/hub$/) },
    },
    deadLetterWithResourceIdentity: {
      identity,
      deadLetterDestination: {
        endpointType: 'StorageBlob',
        blobContainerName: one('dead-letters-container')['containerName'],
      },
    },
    retryPolicy: { eventTimeToLiveInMinutes: 1440, maxDeliveryAttempts: 30 },
  });
  for (const name of ['grid-gave-up', 'grid-dropped', 'grid-refused'])
    expect(one(`alarm-${name}`)['scopes']).toEqual([expect.stringContaining('/partnerTopics/pt-northwind-traders-')]);
});

it('the outputs hold what others need, and of secrets only where they are', () => {
  expect(stack().outputs).toMatchObject({
    tenant: 'northwind-traders',
    notificationUrl: topicUrl,
    roleSettings: {
      worker: { TOCSIN_NOTIFICATION_URL: topicUrl },
      ingest: { TOCSIN_EVENT_LOG: 'secret:https://kv-northwind-t-1q0sa6ld.vault.azure.net/secrets/event-log' },
    },
  });
});
