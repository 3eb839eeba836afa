import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { createEventHubsPublisher } from '#adapters/event-hubs/event-publisher.ts';
import type { RunContext } from '#cli/roles/context.ts';
import { openEmbeddedLog } from '#cli/roles/embedded-log.ts';
import { keyStoreFile } from '#cli/roles/key-store.ts';
import { listening, startSimulatedCloud } from '#cli/roles/simulated-cloud.ts';
import type { SimulatorAddresses } from '#cli/roles/simulator-thread.ts';
import { defaultPhrases } from '#domain/notices/phrases.ts';
import { type SimulatorControl, startControl } from '#simulator/control.ts';
import { createEventHubsSimulator } from '#simulator/event-hubs/simulator.ts';
import { createEventStoreDbSimulator } from '#simulator/eventstoredb/simulator.ts';
import type { Faults } from '#simulator/faults.ts';
import { createSimulatedTeams } from '#simulator/teams/teams.ts';
import { openTenant } from '#simulator/teams/tenant.ts';
import { openCertificateAuthority } from '#simulator/tls/certificate-authority.ts';

/** The simulators, as the thread that runs them has them. */
export interface Simulators extends Omit<SimulatorAddresses, 'control'> {
  readonly control: SimulatorControl;
  close(): Promise<void>;
}

/** Guards nothing: whoever can reach the simulated hub is on this machine. */
const sas = { keyName: 'simulated', key: 'c2ltdWxhdGVkLWtleS1ub3QtYS1zZWNyZXQ=' };

/** Starts the simulators. `logFile` is what the simulated EventStoreDB serves: its own file, or the embedded log in use. */
export async function startSimulator(context: RunContext, logFile: string): Promise<Simulators> {
  const { settings, clock, ids } = context;
  const folder = context.file('simulator');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const tenant = await openTenant(folder);
  const authority = await openCertificateAuthority(folder, clock.now());
  const overWebSockets = settings.eventHubsTransport === 'amqp-websockets';
  // Clients of this process trust the simulators' TLS as they trust the real cloud's.
  if (overWebSockets) setDefaultCACertificates([...getCACertificates('default'), authority.cert]);
  const hub = await listening('TOCSIN_SIMULATOR_EVENT_HUBS', settings.simulatorEventHubs, () =>
    createEventHubsSimulator({
      port: settings.simulatorEventHubs,
      hubs: [
        { name: settings.eventHub, partitions: settings.simulatorPartitions, consumerGroups: [settings.consumerGroup] },
      ],
      storage: { kind: 'folder', folder: context.file('simulator', 'event-hubs') },
      retention: { maxAgeMs: 7 * 86_400_000, maxBytes: 2 * 1024 ** 3 },
      sas,
      tls: { ...authority.issue(['localhost', '127.0.0.1'], clock.now()), port: 0 },
      webSockets: { port: 0 },
      clock,
      log: (message) => context.log.debug({ simulator: 'event-hubs' }, message),
    }),
  );
  const connectionString = overWebSockets
    ? `Endpoint=sb://127.0.0.1:${hub.webSocketsPort}/;SharedAccessKeyName=${sas.keyName};SharedAccessKey=${sas.key}`
    : hub.connectionString;
  const log = await openEmbeddedLog(logFile, clock);
  const store = await listening('TOCSIN_SIMULATOR_EVENTSTOREDB', settings.simulatorEventStoreDb, () =>
    createEventStoreDbSimulator({ port: settings.simulatorEventStoreDb, engine: log.engine, clock }),
  );
  const publisher = createEventHubsPublisher({
    connection: { kind: 'connection-string', value: connectionString },
    hub: settings.eventHub,
    transport: settings.eventHubsTransport,
    clock,
  });
  const phrases = [...(settings.phrases ?? []), ...defaultPhrases];
  const phraseFor = (language: string) =>
    (
      phrases.find((phrase) => phrase.language.toLowerCase() === language.toLowerCase()) ??
      phrases.find(
        (phrase) => phrase.language.split('-')[0]?.toLowerCase() === language.split('-')[0]?.toLowerCase(),
      ) ??
      phrases[0]
    )?.text ?? '';
  const authorityFile = join(folder, 'ca.pem');
  const cloud = await startSimulatedCloud(context, { tenant, authority, authorityFile, publisher });
  const teams = createSimulatedTeams({
    tenant,
    graph: cloud.graph,
    publisher,
    clock,
    ids,
    phraseFor,
    testNumber: settings.testNumbers[0] ?? '933',
  });
  const pointing = () => ({
    TOCSIN_EVENT_HUBS: connectionString,
    TOCSIN_EVENT_HUB: settings.eventHub,
    TOCSIN_CONSUMER_GROUP: settings.consumerGroup,
    TOCSIN_EVENT_LOG: store.connectionString,
    TOCSIN_KEY_STORE: `sqlite:${keyStoreFile(context) ?? context.file('keys.db')}`,
    TOCSIN_PARTITION_OWNERSHIP:
      settings.partitionOwnership?.kind === 'blob'
        ? settings.partitionOwnership.url
        : `sqlite:${settings.partitionOwnership?.file ?? context.file('ownership.db')}`,
    TOCSIN_NOTIFICATION_KEYS: tenant.keysFolder,
    TOCSIN_CLIENT_STATES: tenant.subscriptions.map(({ clientState }) => clientState).join(','),
    ...cloud.settings,
  });
  const control = await startControl({
    teams,
    entra: cloud.entra,
    faults: {
      'event-hubs': hub.faults as Faults,
      eventstoredb: store.faults as Faults,
      entra: cloud.entra.faults as Faults,
      graph: cloud.graph.faults as Faults,
    },
    settings: pointing,
    host: '127.0.0.1',
    port: 0,
  });
  const chatting = new AbortController();
  if (settings.simulatorChatter > 0) void teams.chatter(settings.simulatorChatter, 10 * 365 * 86_400, chatting.signal);
  return {
    tenant,
    eventHubs: connectionString,
    certificateAuthority: authorityFile,
    graph: cloud.graph.url,
    entra: cloud.entra.authority,
    settings: cloud.settings,
    eventStoreDb: store.connectionString,
    logFile,
    control,
    async close() {
      chatting.abort();
      await control.close();
      await cloud.close();
      await publisher.close();
      await store.close();
      await log.close();
      await hub.close();
    },
  };
}
