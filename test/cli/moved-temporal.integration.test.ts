import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { systemClock } from '#adapters/system/clock.ts';
import { readRecord } from '#adapters/temporal/dev-server/record.ts';
import type { RunContext } from '#cli/roles/context.ts';
import { openTemporal } from '#cli/roles/temporal.ts';
import { cacheDir, describeTemporal, quietLog } from '#test/adapters/temporal/start-temporal.ts';
import { eventually } from '#test/support/eventually.ts';
import { temporaryFolder } from '#test/support/temporary-folder.ts';
import { createFakeSecrets } from '#test/workflows/fakes.ts';

/** Takes the port for itself, as another program may while a server is down; undefined while somebody has it. */
async function take(port: number): Promise<Server | undefined> {
  const server = createServer((socket) => socket.destroy());
  return await new Promise((resolve) => {
    server.once('error', () => resolve(undefined));
    server.listen(port, '127.0.0.1', () => resolve(server));
  });
}

describeTemporal('a dev server whose port was taken while it was down', () => {
  it('is found at its new address, and whoever works with it begins anew', async () => {
    const stateDir = temporaryFolder();
    const ending = new AbortController();
    const settings = { temporalNamespace: 'tocsin', temporalPort: 0, temporalUiPort: 0, cacheDir };
    const context = { settings, clock: systemClock, stateDir, log: quietLog, signal: ending.signal };
    const { secrets } = createFakeSecrets();
    const temporal = await openTemporal(context as unknown as RunContext, { kind: 'managed' }, secrets);
    onTestFinished(async () => {
      ending.abort();
      await temporal.close();
    });
    const first = await temporal.ready;
    const moved = temporal.moved();
    const port = Number(first?.address.split(':').at(-1));
    const killed = new Set<number>();
    const taken = await eventually('the port', async () => {
      const record = readRecord(join(stateDir, 'temporal/server.json'));
      if (record?.ready === true && !killed.has(record.pid)) {
        process.kill(record.pid, 'SIGKILL');
        killed.add(record.pid);
      }
      return await take(port);
    });
    onTestFinished(() => void taken.close());
    await eventually('it moved', () => moved.aborted, 60_000);
    expect(temporal.target()?.address).not.toBe(first?.address);
    expect(temporal.moved().aborted).toBe(false);
    const connection = temporal.connection();
    await connection?.within(10_000, () => connection.connection.workflowService.getSystemInfo({}));
    expect(temporal.row()).toMatchObject({ state: 'ok' });
  });
});
