import { readFileSync } from 'node:fs';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { Worker } from 'node:worker_threads';
import { CommandError } from '#cli/exit-codes.ts';
import { bounded } from '#cli/roles/bounded.ts';
import type { RunContext } from '#cli/roles/context.ts';
import type { Settings } from '#config/settings.ts';
import type { SimulatedTenant } from '#simulator/teams/tenant.ts';

/** The simulated Microsoft cloud and EventStoreDB of this process. */
export interface RunningSimulator extends SimulatorAddresses {
  close(): Promise<void>;
}

export interface SimulatorAddresses {
  readonly tenant: SimulatedTenant;
  readonly eventHubs: string;
  /** PEM file of the authority behind the simulators' TLS. */
  readonly certificateAuthority: string;
  readonly eventStoreDb: string;
  /** The file behind the simulated EventStoreDB. */
  readonly logFile: string;
  /** Base URL of simulated Graph, without version; authority of simulated Entra ID. */
  readonly graph: string;
  readonly entra: string;
  /** Settings that point Tocsin at those two. */
  readonly settings: Readonly<Record<string, string>>;
  /** URL of the control. */
  readonly control: string;
}

export interface SimulatorOrder {
  readonly settings: Settings;
  readonly version: string;
  readonly logFile: string;
}

export type SimulatorAnswer =
  | { readonly kind: 'running'; readonly simulator: SimulatorAddresses }
  | { readonly kind: 'failed'; readonly message: string; readonly exitCode?: number }
  | { readonly kind: 'closed' };

/** Starts the simulators in a thread of their own. `logFile` is what the simulated EventStoreDB serves. */
export async function startSimulatorThread(context: RunContext, logFile: string): Promise<RunningSimulator> {
  const order: SimulatorOrder = { settings: context.settings, version: context.version, logFile };
  const worker = new Worker(new URL('./simulator-worker.ts', import.meta.url), { workerData: order });
  const answered = (kind: SimulatorAnswer['kind']) =>
    new Promise<SimulatorAnswer>((resolve, reject) => {
      worker.on('message', (answer: SimulatorAnswer) => {
        if (answer.kind === kind || answer.kind === 'failed') resolve(answer);
      });
      worker.once('error', reject);
      worker.once('exit', () => reject(new Error('the simulators ended')));
    });
  const answer = await answered('running');
  if (answer.kind !== 'running') {
    await bounded(worker.terminate(), 1000);
    const message = answer.kind === 'failed' ? answer.message : 'the simulators did not start';
    throw answer.kind === 'failed' && answer.exitCode !== undefined
      ? new CommandError(answer.exitCode, message)
      : new Error(message);
  }
  const { simulator } = answer;
  // Clients of this process trust the simulators' TLS as they trust the real cloud's.
  if (context.settings.eventHubsTransport === 'amqp-websockets')
    setDefaultCACertificates([...getCACertificates('default'), readFileSync(simulator.certificateAuthority, 'utf8')]);
  let closing = false;
  worker.on('exit', () => {
    if (!closing) context.log.fatal('the simulators ended by themselves; this is a fault of theirs');
  });
  return {
    ...simulator,
    async close() {
      closing = true;
      const closed = answered('closed').catch(() => undefined);
      worker.postMessage('close');
      // What the simulators keep survives being killed, so they need not be waited for long.
      await bounded(closed, 3000);
      await bounded(worker.terminate(), 1000);
    },
  };
}
