import { Worker } from 'node:worker_threads';
import type { EventHubsConnection, EventHubsTransport } from '#adapters/event-hubs/connection.ts';
import type { FromSource } from '#adapters/event-hubs/source-messages.ts';
import type { PartitionState } from '#adapters/event-hubs/states.ts';
import { createThreadedSource, type SourceThread } from '#adapters/event-hubs/threaded-source.ts';
import { bounded } from '#cli/roles/bounded.ts';
import { agentOf, type Reaching } from '#cli/roles/reaching.ts';
import type { EventHubsSetting } from '#config/parsers.ts';
import type { Clock } from '#ports/clock.ts';
import type { EventSource } from '#ports/event-source.ts';

/** What the thread of a hub's source is started with. */
export interface HubSourceOrder {
  readonly connection: EventHubsSetting;
  readonly hub: string;
  readonly consumerGroup: string;
  readonly transport: EventHubsTransport;
  readonly reaching: Reaching;
  /** PEM file of an authority to be trusted besides the usual ones. */
  readonly certificateAuthority?: string;
}

export interface HubSourceListeners {
  readonly onState: (partitionId: string, state: PartitionState) => void;
  /** Told of faults of the thread, for the log. */
  readonly onFault: (detail: string) => void;
}

/** MiB for young objects: with the usual 16 the collector copies what is received over and over before it is handed on. */
const youngGenerationMb = 192;

/** Milliseconds that the thread is given to be gone. */
const terminateMs = 1_000;

/** The source of a hub in a thread of its own. */
export function openHubSource(
  order: HubSourceOrder,
  clock: Pick<Clock, 'sleep'>,
  { onState, onFault }: HubSourceListeners,
): EventSource {
  const start = (): SourceThread => {
    const worker = new Worker(new URL('./hub-source-worker.ts', import.meta.url), {
      workerData: order,
      execArgv: [],
      resourceLimits: { maxYoungGenerationSizeMb: youngGenerationMb },
    });
    worker.on('error', (error) => onFault(error instanceof Error ? error.message : String(error)));
    worker.on('message', (message: FromSource) => {
      if (message.kind === 'rejection') onFault(message.detail);
    });
    return {
      postMessage: (message, transfer) => worker.postMessage(message, transfer ?? []),
      on: (_, listener) => worker.on('message', listener),
      onGone: (listener) => worker.once('exit', listener),
      // A thread that does not end must not hold up the stop of what comes after it; the end of the process leaves it behind.
      terminate: () => bounded(worker.terminate(), terminateMs),
    };
  };
  return createThreadedSource({ start, clock, onState, closeTimeoutMs: 2_000 });
}

/** The vendor's identity package is large: it is loaded only where a managed identity is asked for. */
export async function connectionOf(hub: EventHubsSetting, reaching: Reaching): Promise<EventHubsConnection> {
  if (hub.kind === 'connection-string') return { kind: 'connection-string', value: hub.value };
  const { DefaultAzureCredential } = await import('@azure/identity');
  const agent = await agentOf(reaching);
  return {
    ...{ kind: 'namespace', host: hub.host, credential: new DefaultAzureCredential() },
    ...(agent === undefined ? {} : { agent }),
  };
}
