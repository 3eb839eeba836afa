import * as app from '@pulumi/azure-native/app/index.js';
import * as postgres from '@pulumi/azure-native/dbforpostgresql/index.js';
import * as privatedns from '@pulumi/azure-native/privatedns/index.js';
import * as pulumi from '@pulumi/pulumi';
import { appSizes } from '#infra/app-sizes.ts';
import { type Built, createComponent, type StackContext, tagsOf } from '#infra/components/component.ts';
import type { Foundation } from '#infra/components/foundation.ts';
import type { ManagedIdentity } from '#infra/components/identity.ts';
import type { Keys } from '#infra/components/keys.ts';
import { secretsFolder } from '#infra/inside-container.ts';
import { innerNames } from '#infra/names.ts';

/** Where Temporal is. */
export interface Workflows {
  /** `host:port`, or `off`. */
  readonly address: pulumi.Output<string>;
  /** Database of a self-hosted Temporal. */
  readonly databaseId?: pulumi.Output<string>;
}

/** Port of Temporal's front end. */
const port = 7233;

/** Who vouches for that front end. */
const authority = `${secretsFolder}/temporal-authority.pem`;

/**
 * Temporal, self-hosted: one container and a PostgreSQL that fails over to another zone. Several copies of the server would have to find each other by
 * address, which Container Apps has no way for; while the one restarts nothing is lost, and no call waits for it.
 */
export function createWorkflows(
  context: StackContext,
  given: {
    readonly foundation: Foundation;
    readonly keys: Keys;
    readonly identity?: ManagedIdentity;
    readonly dependsOn: readonly pulumi.Resource[];
  },
): Built<Workflows> {
  const { settings } = context;
  return createComponent('Workflows', (parent) => {
    const { environment } = given.foundation;
    const { identity } = given;
    if (settings.temporal !== 'self-hosted' || environment === undefined || identity === undefined)
      return { address: pulumi.output(settings.temporalAddress ?? 'off') };
    const { server: database, ready } = createDatabase(context, parent, given.foundation);
    const server = createServer(context, parent, {
      ...given,
      ...{ environmentId: environment.id, identity, database },
      dependsOn: [...given.dependsOn, ...ready],
    });
    return { address: pulumi.interpolate`${server.name}:${port}`, databaseId: database.id };
  });
}

/** `ready`: what has to be there before Temporal sets up its tables. */
function createDatabase(
  context: StackContext,
  parent: pulumi.Resource,
  foundation: Foundation,
): { readonly server: postgres.Server; readonly ready: readonly pulumi.Resource[] } {
  const { settings, names } = context;
  const { resourceGroupName } = foundation;
  const tags = tagsOf(context, 'Workflows');
  const zone = new privatedns.PrivateZone(
    'database-zone',
    {
      resourceGroupName,
      location: 'global',
      tags,
      privateZoneName: `${names.database.value}.private.postgres.database.azure.com`,
    },
    { parent },
  );
  const link = new privatedns.VirtualNetworkLink(
    'database-zone-link',
    {
      resourceGroupName,
      privateZoneName: zone.name,
      location: 'global',
      tags,
      virtualNetworkLinkName: 'network',
      registrationEnabled: false,
      virtualNetwork: { id: foundation.networkId },
    },
    { parent },
  );
  const small = settings.size === 'small';
  const server = new postgres.Server(
    'database',
    {
      resourceGroupName,
      location: settings.region,
      tags,
      serverName: names.database.value,
      version: '16',
      sku: small ? { name: 'Standard_B2s', tier: 'Burstable' } : { name: 'Standard_D2ds_v5', tier: 'GeneralPurpose' },
      storage: { storageSizeGB: 64, autoGrow: 'Enabled' },
      backup: { backupRetentionDays: 14, geoRedundantBackup: 'Disabled' },
      highAvailability: { mode: small ? 'Disabled' : 'ZoneRedundant' },
      network: {
        delegatedSubnetResourceId: foundation.databaseSubnetId,
        privateDnsZoneArmResourceId: zone.id,
        publicNetworkAccess: 'Disabled',
      },
      // Temporal's server signs in to PostgreSQL by password alone.
      authConfig: { passwordAuth: 'Enabled', activeDirectoryAuth: 'Disabled' },
      administratorLogin: 'temporal',
      administratorLoginPassword: pulumi.secret(settings.temporalDatabasePassword ?? ''),
    },
    { parent, dependsOn: [link], protect: settings.environment === 'production' },
  );
  const tls = new postgres.Configuration(
    'database-tls',
    {
      resourceGroupName,
      serverName: server.name,
      configurationName: 'ssl_min_protocol_version',
      value: 'TLSv1.2',
      source: 'user-override',
    },
    { parent },
  );
  const extensions = new postgres.Configuration(
    'database-extensions',
    {
      resourceGroupName,
      serverName: server.name,
      configurationName: 'azure.extensions',
      // Temporal's table for searches is set up with CREATE EXTENSION, which the server refuses for what is not on this list.
      value: 'BTREE_GIN',
      source: 'user-override',
    },
    // The server answers ServerBusy to a second change at the same time.
    { parent, dependsOn: [tls] },
  );
  const databases: postgres.Database[] = [];
  for (const databaseName of innerNames.temporalDatabases)
    databases.push(
      new postgres.Database(
        `database-${databaseName.replace('_', '-')}`,
        { resourceGroupName, serverName: server.name, databaseName, charset: 'UTF8', collation: 'en_US.utf8' },
        // A database is such a change, too: each waits for the one before it.
        { parent, dependsOn: [databases.at(-1) ?? extensions] },
      ),
    );
  return { server, ready: [extensions, ...databases] };
}

const value = (name: string, text: pulumi.Input<string>) => ({ name, value: text });

/**
 * Azure lets nobody in without TLS. The server reads the first two ("config_template.yaml" of temporalio/temporal), the tool that makes the tables before
 * it starts the others ("auto-setup.sh" of temporalio/docker-builds). The public authorities that the image knows vouch for the database, so none is named.
 */
const tlsOfDatabase = [
  value('SQL_TLS_ENABLED', 'true'),
  value('SQL_HOST_VERIFICATION', 'true'),
  value('POSTGRES_TLS_ENABLED', 'true'),
  value('POSTGRES_TLS_DISABLE_HOST_VERIFICATION', 'false'),
];

/**
 * The image waits for its own front end with the command `temporal`, and makes the namespace with it. That front end speaks TLS alone, and the command
 * calls it by its address, so it has to be told what to look for in the certificate. Up to version 1.3 of the command the authority was `TEMPORAL_TLS_CA`.
 */
const tlsOfCommands = (serverName: string) => [
  value('TEMPORAL_TLS', 'true'),
  value('TEMPORAL_TLS_CA', authority),
  value('TEMPORAL_TLS_SERVER_CA_CERT_PATH', authority),
  value('TEMPORAL_TLS_SERVER_NAME', serverName),
];

function createServer(
  context: StackContext,
  parent: pulumi.Resource,
  given: {
    readonly foundation: Foundation;
    readonly keys: Keys;
    readonly environmentId: pulumi.Output<string>;
    readonly identity: ManagedIdentity;
    readonly database: postgres.Server;
    readonly dependsOn: readonly pulumi.Resource[];
  },
): app.ContainerApp {
  const { settings, names } = context;
  const secret = (name: string) => ({
    name,
    keyVaultUrl: `${given.keys.vaultUrl}/secrets/${name}`,
    identity: given.identity.id,
  });
  const files = ['temporal-authority', 'temporal-certificate', 'temporal-key'] as const;
  const size = appSizes(settings).temporal;
  return new app.ContainerApp(
    'temporal',
    {
      resourceGroupName: given.foundation.resourceGroupName,
      location: settings.region,
      tags: tagsOf(context, 'Workflows'),
      containerAppName: names.temporal.value,
      environmentId: given.environmentId,
      workloadProfileName: 'Consumption',
      identity: { type: 'UserAssigned', userAssignedIdentities: [given.identity.id] },
      configuration: {
        activeRevisionsMode: 'Single',
        ingress: { external: false, transport: 'tcp', targetPort: port, exposedPort: port },
        secrets: [...files, 'temporal-database-password'].map(secret),
        // The identity is for the key vault alone; the container itself never gets a token.
        identitySettings: [{ identity: given.identity.id, lifecycle: 'None' }],
      },
      template: {
        containers: [
          {
            name: 'temporal',
            image: settings.temporalImage ?? '',
            resources: { cpu: size.cpu, memory: `${size.memoryGi}Gi` },
            env: [
              value('DB', 'postgres12'),
              value('DB_PORT', '5432'),
              value('DBNAME', innerNames.temporalDatabases[0]),
              value('VISIBILITY_DBNAME', innerNames.temporalDatabases[1]),
              value('SKIP_DB_CREATE', 'true'),
              value('POSTGRES_SEEDS', given.database.fullyQualifiedDomainName),
              value('POSTGRES_USER', 'temporal'),
              { name: 'POSTGRES_PWD', secretRef: 'temporal-database-password' },
              ...tlsOfDatabase,
              value('DEFAULT_NAMESPACE', settings.temporalNamespace ?? `tocsin-${settings.tenant}`),
              value('DEFAULT_NAMESPACE_RETENTION', '720h'),
              value('TEMPORAL_TLS_FRONTEND_CERT', `${secretsFolder}/temporal-certificate.pem`),
              value('TEMPORAL_TLS_FRONTEND_KEY', `${secretsFolder}/temporal-key.pem`),
              value('TEMPORAL_TLS_SERVER_CA_CERT', authority),
              value('TEMPORAL_TLS_FRONTEND_SERVER_NAME', names.temporal.value),
              ...tlsOfCommands(names.temporal.value),
            ],
            volumeMounts: [{ volumeName: 'secrets', mountPath: secretsFolder }],
            probes: [
              { type: 'Startup', tcpSocket: { port }, periodSeconds: 10, failureThreshold: 30 },
              { type: 'Liveness', tcpSocket: { port }, periodSeconds: 30, failureThreshold: 4 },
            ],
          },
        ],
        volumes: [
          {
            name: 'secrets',
            storageType: 'Secret',
            secrets: files.map((name) => ({ secretRef: name, path: `${name}.pem` })),
          },
        ],
        scale: { minReplicas: size.least, maxReplicas: size.most },
      },
    },
    { parent, dependsOn: [...given.dependsOn] },
  );
}
