import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { isServing } from '#adapters/temporal/dev-server/health.ts';
import { freePort } from '#adapters/temporal/dev-server/ports.ts';
import { eventually } from '#test/support/eventually.ts';

const guard = fileURLToPath(new URL('../../../adapters/temporal/dev-server/guard-worker.ts', import.meta.url));

export interface TimeSkippingServer {
  /** host:port. */
  readonly address: string;
  stop(): Promise<void>;
}

/**
 * Starts the server on a free port and waits for it: the SDK gives what it starts five seconds, which a busy machine may not keep. It ends with this process.
 * @throws when it does not come up within a minute
 */
export async function startTimeSkipping(executable: string): Promise<TimeSkippingServer> {
  const port = await freePort();
  const address = `127.0.0.1:${port}`;
  const environment = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('NODE_')));
  const child = spawn(process.execPath, [guard, '1000', executable, `${port}`], {
    stdio: ['pipe', 'ignore', 'ignore'],
    env: environment,
  });
  const stop = () => end(child);
  try {
    await eventually(
      'the server that skips time',
      async () => {
        if (child.exitCode !== null) throw new Error(`${executable} ended with ${child.exitCode}`);
        return await isServing(address, 2_000);
      },
      60_000,
    );
  } catch (error) {
    await stop();
    throw error;
  }
  return { address, stop };
}

function end(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve();
    child.once('exit', () => resolve());
    child.stdin?.end();
  });
}

/**
 * The SDK's environment on a server that was started by hand: only so does it skip. Step with `env.sleep`: after `result()` the clock has jumped on, and
 * several of them at once wait for ever.
 */
export async function timeSkippingEnvironment(address: string): Promise<TestWorkflowEnvironment> {
  // The SDK has this function, and its types hide it.
  const { create } = TestWorkflowEnvironment as unknown as {
    create(options: object): Promise<TestWorkflowEnvironment>;
  };
  return await create.call(TestWorkflowEnvironment, {
    server: { type: 'existing' },
    address,
    supportsTimeSkipping: true,
  });
}
