import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createEventHubsPublisher } from '#adapters/event-hubs/event-publisher.ts';
import { createSqliteEventLog } from '#adapters/sqlite/event-log.ts';
import { systemClock } from '#adapters/system/clock.ts';
import { systemIds } from '#adapters/system/ids.ts';
import { accessOf } from '#cli/deployed/access.ts';
import { startBlobStorage } from '#cli/deployed/blob-storage.ts';
import { type DeployedStack, nameOf, ofType } from '#cli/deployed/deployed-stack.ts';
import { clientsOf } from '#cli/deployed/simulated-directory.ts';
import { startVaults, type Vaults } from '#cli/deployed/vaults.ts';
import { tokenCheck } from '#cli/roles/graph-tokens.ts';
import { defaultPhrases } from '#domain/notices/phrases.ts';
import type { EventPublisher } from '#ports/event-publisher.ts';
import { type SimulatorControl, startControl } from '#simulator/control.ts';
import { createEntraSimulator, type EntraSimulator } from '#simulator/entra/simulator.ts';
import { createEventHubsSimulator } from '#simulator/event-hubs/simulator.ts';
import { createEventStoreDbSimulator } from '#simulator/eventstoredb/simulator.ts';
import type { Faults } from '#simulator/faults.ts';
import type { GraphSimulator } from '#simulator/graph/options.ts';
import { createGraphSimulator } from '#simulator/graph/simulator.ts';
import {
  createManagedIdentitySimulator,
  type ManagedIdentitySimulator,
} from '#simulator/managed-identity/simulator.ts';
import { createSimulatedTeams, type SimulatedTeams } from '#simulator/teams/teams.ts';
import { openTenant, type SimulatedTenant } from '#simulator/teams/tenant.ts';
import type { CertificateAuthority } from '#simulator/tls/certificate-authority.ts';

/** Everything of Azure and Microsoft 365 that the roles of a stack talk to, on this machine. */
export interface SimulatedServices {
  readonly tenant: SimulatedTenant;
  /** Host names of the stack, to where they are: `TOCSIN_ADDRESSES`. */
  readonly addresses: Readonly<Record<string, string>>;
  /** Settings that say where Entra ID and Graph are. */
  readonly pointing: Readonly<Record<string, string>>;
  readonly identity: ManagedIdentitySimulator;
  readonly entra: EntraSimulator;
  readonly teams: SimulatedTeams;
  readonly graph: GraphSimulator;
  /** Puts on the hub what Graph would. */
  readonly publisher: EventPublisher;
  readonly vaults: Vaults;
  /** For `tocsin simulate`. */
  readonly control: SimulatorControl;
  /** What was asked for without a role that allows it; empty where the stack gives every role that its parts need. */
  readonly refused: readonly string[];
  close(): Promise<void>;
}

const sas = { keyName: 'simulated', key: 'c2ltdWxhdGVkLWtleS1ub3QtYS1zZWNyZXQ=' };
const hubAudience = 'https://eventhubs.azure.net';
const partitions = 4;
const deskRoles = ['Responder', 'Operator', 'Compliance', 'Administrator'];

/** @param moreDesks addresses of the desk beside its own, for people on this machine */
export async function startServices(
  stack: DeployedStack,
  given: {
    readonly folder: string;
    readonly authority: CertificateAuthority;
    /** PEM file of that authority. */
    readonly authorityFile: string;
    readonly moreDesks: readonly string[];
    readonly testNumber: string;
  },
): Promise<SimulatedServices> {
  const { folder, authority, authorityFile } = given;
  const clock = systemClock;
  const refused: string[] = [];
  await using stopping = new AsyncDisposableStack();
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const access = accessOf(stack);
  const machine = stack.units.find(({ kind }) => kind === 'machine');
  const identity = await createManagedIdentitySimulator({
    ...{ clock, tenantId: stack.tenantId, identities: stack.units.map((one) => one.identity) },
    ...(machine === undefined ? {} : { machine: machine.identity }),
  });
  stopping.defer(() => identity.close());
  const judged = { authority, identity, access, onRefused: (detail: string) => void refused.push(detail) };
  const vaults = await startVaults(stack, judged);
  stopping.defer(() => vaults.close());
  const blobs = await startBlobStorage(stack, { ...judged, folder: join(folder, 'blobs'), now: clock.now() });
  stopping.defer(() => blobs.close());

  const namespaceHost = new URL(stack.settings.ingest['TOCSIN_EVENT_HUBS'] ?? '').hostname;
  const hubName = stack.settings.ingest['TOCSIN_EVENT_HUB'] ?? '';
  const hubId = ofType(stack, 'azure-native:eventhub:EventHub')[0]?.id ?? '';
  const hub = await createEventHubsSimulator({
    ...{ port: 0, clock, sas, storage: { kind: 'memory' } },
    hubs: [{ name: hubName, partitions, consumerGroups: [stack.settings.ingest['TOCSIN_CONSUMER_GROUP'] ?? ''] }],
    tls: { ...authority.issue([namespaceHost], clock.now()), port: 0 },
    webSockets: { port: 0 },
    async jwt(token, audience) {
      const checked = identity.check(token, hubAudience);
      if (!checked.ok) return checked;
      const { path } = parseAudience(audience);
      if (access.mayUseHub(checked.principalId, hubId, path)) return { ok: true, path, expiresAt: checked.expiresAt };
      refused.push(`the hub refuses ${path} to ${nameOf(stack, checked.clientId)}`);
      return { ok: false, reason: 'Unauthorized: no role on the hub.' };
    },
  });
  stopping.defer(() => hub.close());
  const publisher = createEventHubsPublisher({
    ...{ hub: hubName, transport: 'amqp', clock },
    connection: { kind: 'connection-string', value: hub.connectionString },
  });
  stopping.defer(() => publisher.close());

  const record = await createSqliteEventLog({ file: join(folder, 'event-log.db'), clock });
  stopping.defer(() => record.close());
  const local = authority.issue(['localhost', '127.0.0.1'], clock.now());
  const log = await createEventStoreDbSimulator({
    host: 'localhost',
    port: 0,
    engine: record.engine,
    clock,
    tls: local,
  });
  stopping.defer(() => log.close());

  const worker = stack.settings.worker;
  const founded = await openTenant(folder);
  const serviceUser = worker['TOCSIN_SERVICE_USER'] ?? founded.serviceUser;
  const tenant: SimulatedTenant = {
    ...founded,
    serviceUser,
    users: founded.users.map((user) =>
      user.id === founded.serviceUserId ? { ...user, userPrincipalName: serviceUser } : user,
    ),
    ...{ id: stack.tenantId, domain: stack.settings.desk['TOCSIN_TENANT_DOMAIN'] ?? '' },
    chatClientId: worker['TOCSIN_CHAT_CLIENT_ID'] ?? '',
    eventsClientId: worker['TOCSIN_EVENTS_CLIENT_ID'] ?? '',
    deskClientId: stack.settings.desk['TOCSIN_DESK_CLIENT_ID'] ?? '',
  };
  const entra = await createEntraSimulator({
    ...{ tls: local, clock, folder, clients: clientsOf(stack, identity, given.moreDesks) },
    tenant: {
      ...{ id: tenant.id, domain: tenant.domain, serviceUser: tenant.serviceUser },
      users: tenant.users.map(({ id, displayName, userPrincipalName }, index) => {
        const role = deskRoles[index - 1];
        return {
          ...{ id, upn: userPrincipalName, name: displayName },
          ...(role === undefined ? {} : { roles: [role] }),
        };
      }),
    },
  });
  stopping.defer(() => entra.close());
  const graph = await createGraphSimulator({
    ...{ port: 0, tls: local, clock, ids: systemIds, tenant },
    verifyToken: async (bearer) => tokenCheck(entra, bearer),
    hubs: [{ namespaces: [namespaceHost], hub: hubName, publisher, keyVaultSecrets: largeSecrets(stack) }],
  });
  stopping.defer(() => graph.close());
  const teams = createSimulatedTeams({
    ...{ tenant, graph, publisher, clock, ids: systemIds, testNumber: given.testNumber },
    phraseFor: (language) =>
      (defaultPhrases.find((one) => one.language.split('-')[0] === language.split('-')[0]) ?? defaultPhrases[0])
        ?.text ?? '',
  });
  const control = await startControl({
    ...{ teams, entra, host: '127.0.0.1', port: 0, settings: () => ({}) },
    faults: {
      ...({ 'event-hubs': hub.faults, eventstoredb: log.faults, entra: entra.faults, graph: graph.faults } as Readonly<
        Record<string, Faults>
      >),
      'managed-identity': identity.faults,
      ...Object.fromEntries(vaults.simulators.map(({ vaultUrl, faults }) => [vaultUrl.split(/[/.]/)[2] ?? '', faults])),
    },
  });
  stopping.defer(() => control.close());
  const running = stopping.move();
  return {
    ...{ tenant, identity, entra, teams, graph, publisher, vaults, control, refused },
    addresses: {
      ...vaults.addresses,
      ...blobs.addresses,
      [namespaceHost]: `127.0.0.1:${hub.webSocketsPort}`,
      ...Object.fromEntries(logHosts(stack).map((host) => [host, `localhost:${log.port}`])),
    },
    pointing: {
      TOCSIN_GRAPH: graph.url,
      TOCSIN_ENTRA: entra.authority,
      TOCSIN_ALLOWED_HOSTS: [graph.url, entra.authority].map((url) => new URL(url).host).join(','),
      TOCSIN_CERTIFICATE_AUTHORITY: authorityFile,
    },
    close: () => running.disposeAsync(),
  };
}

/** `sb://host/hub/ConsumerGroups/…`: what follows the host. */
function parseAudience(audience: string): { readonly path: string } {
  return { path: audience.replace(/^[a-z]+:\/\/[^/]*\/?/i, '').toLowerCase() };
}

/** Hosts in the connection string that the stack keeps in its vault. */
function logHosts(stack: DeployedStack): readonly string[] {
  const texts = ofType(stack, 'azure-native:keyvault:Secret').map(({ inputs }) => JSON.stringify(inputs['properties']));
  const hosts = texts.flatMap(
    (text) => /esdb(?:\+discover)?:\/\/(?:[^@"]*@)?([^/?"]+)/.exec(text)?.[1]?.split(',') ?? [],
  );
  return hosts.map((host) => host.replace(/:\d+$/, ''));
}

function largeSecrets(stack: DeployedStack): readonly string[] {
  const url = /^https:\/\/([^?]+)/.exec(stack.settings.worker['TOCSIN_LARGE_PAYLOADS_URL'] ?? '')?.[1];
  return url === undefined ? [] : [url];
}
