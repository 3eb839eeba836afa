import { randomUUID } from 'node:crypto';
import { createRequire } from 'node:module';
import grpc from '@grpc/grpc-js';
import { createAzureNative, type SimulatedSubscription } from '#simulator/azure/azure-native.ts';
import { createAzureAd } from '#simulator/azure/azuread.ts';
import { type Breakage, createBreaker } from '#simulator/azure/breakage.ts';
import { type CloudFolder, createCloudFolder } from '#simulator/azure/cloud-folder.ts';
import { createDeclarations } from '#simulator/azure/declarations.ts';
import { type ProviderCall, providerService } from '#simulator/azure/provider-service.ts';
import { startSimulatedReads } from '#simulator/azure/simulated-reads.ts';
import type { Faults } from '#simulator/faults.ts';

export interface SimulatedAzureOptions extends Partial<SimulatedSubscription> {
  /** Where the cloud is kept; the same folder is the same cloud, whichever process looks at it. */
  readonly folder: string;
  /** Path of each type of Azure Resource Manager, with its inputs in braces. */
  readonly paths: Readonly<Record<string, string>>;
  readonly onCall?: (call: ProviderCall) => void;
}

/** A subscription and a directory on this machine, for the real engine. */
export interface SimulatedAzure extends SimulatedSubscription {
  /** Value of `PULUMI_DEBUG_PROVIDERS`: the engine then asks these providers instead of the vendor's. */
  readonly debugProviders: string;
  /** Of the Graph that knows this directory, with its version. */
  readonly graphUrl: string;
  /** Of Azure Resource Manager: for reading, and for locks. */
  readonly armUrl: string;
  readonly cloud: CloudFolder;
  readonly faults: Faults;
  /** Until the returned function is called. */
  break(breakage: Breakage): () => void;
  stop(): Promise<void>;
}

/** Subscription and directory where none is named. */
const simulatedSubscription: SimulatedSubscription = {
  subscriptionId: '5ca1ab1e-0000-4000-8000-000000000001',
  tenantId: '5ca1ab1e-0000-4000-8000-000000000002',
};

/** Starts providers for `azure-native` and `azuread` on loopback. */
export async function startSimulatedAzure(options: SimulatedAzureOptions): Promise<SimulatedAzure> {
  const { folder, paths, onCall = () => {} } = options;
  const { subscriptionId = simulatedSubscription.subscriptionId, tenantId = simulatedSubscription.tenantId } = options;
  const cloud = createCloudFolder(folder);
  const declarations = createDeclarations();
  const breaker = createBreaker();
  const shared = { cloud, declarations, subscriptionId, tenantId };
  const azure = createAzureNative({ ...shared, paths });
  const providers = [azure, createAzureAd({ ...shared, newId: randomUUID })];
  const running = await Promise.all(
    providers.map(async (provider) => {
      // Whole deployments travel in one message where somebody has many rules.
      const server = new grpc.Server({ 'grpc.max_receive_message_length': -1, 'grpc.max_send_message_length': -1 });
      const { definition, handlers } = providerService({
        provider,
        version: versionOf(provider.name),
        cloud,
        breaker,
        onCall,
      });
      server.addService(definition, handlers);
      return { name: provider.name, server, port: await listen(server) };
    }),
  );
  const reads = await startSimulatedReads(cloud, tenantId, azure);
  return {
    subscriptionId,
    tenantId,
    cloud,
    graphUrl: reads.graphUrl,
    armUrl: reads.armUrl,
    debugProviders: running.map(({ name, port }) => `${name}:${port}`).join(','),
    faults: breaker.faults,
    break: (breakage) => breaker.start(breakage),
    // Calls that are silent on purpose would keep a graceful stop waiting.
    stop: async () => {
      for (const { server } of running) server.forceShutdown();
      await reads.stop();
    },
  };
}

function listen(server: grpc.Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, port) =>
      error === null ? resolve(port) : reject(error),
    );
  });
}

function versionOf(name: string): string {
  const require = createRequire(import.meta.url);
  return (require(`@pulumi/${name}/package.json`) as { version: string }).version;
}
