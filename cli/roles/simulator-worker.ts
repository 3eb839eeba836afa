import { parentPort, workerData } from 'node:worker_threads';
import { CommandError } from '#cli/exit-codes.ts';
import { contextOf } from '#cli/roles/context.ts';
import { startSimulator } from '#cli/roles/simulator.ts';
import type { SimulatorAnswer, SimulatorOrder } from '#cli/roles/simulator-thread.ts';
import { settleThread } from '#cli/settling.ts';

// The thread of the simulators: what they compute never delays the parts that are the product.
const { settings, version, logFile } = workerData as SimulatorOrder;
const context = contextOf(settings, version, new AbortController().signal);
const answer = (message: SimulatorAnswer) => parentPort?.postMessage(message);

process.on('unhandledRejection', (reason) => {
  const err =
    reason instanceof Error ? { name: reason.name, message: reason.message, stack: reason.stack } : String(reason);
  context.log.error({ simulator: true, err }, 'a rejection that nobody handled');
});

try {
  const { close, control, ...running } = await startSimulator(context, logFile);
  parentPort?.once('message', () => {
    close().then(
      () => answer({ kind: 'closed' }),
      () => answer({ kind: 'closed' }),
    );
  });
  settleThread();
  answer({ kind: 'running', simulator: { ...running, control: control.url } });
} catch (error) {
  const exitCode = error instanceof CommandError ? error.exitCode : undefined;
  const message = error instanceof Error ? error.message : String(error);
  answer({ kind: 'failed', message, ...(exitCode === undefined ? {} : { exitCode }) });
}
