import { spawn } from 'node:child_process';
import { expect, test } from 'vitest';
import { systemClock } from '#adapters/system/clock.ts';
import { deadlineOf } from '#adapters/temporal/call-gate.ts';
import { createConnection, transport } from '#adapters/temporal/connection.ts';
import { freePort } from '#adapters/temporal/dev-server/ports.ts';
import { temporaryFolder } from '#test/support/temporary-folder.ts';
import { describeTemporal, startTemporal } from './start-temporal.ts';
import { connect } from './start-worker.ts';

test('plain text is for loopback only, and an API key needs TLS', () => {
  const namespace = 'tocsin';
  for (const address of ['127.0.0.1:7233', 'localhost:7233', '[::1]:7233', '127.8.8.8:1'])
    expect(transport({ address, namespace })).toEqual({});
  for (const address of ['temporal.example.com:7233', '10.0.0.1:7233', '127.0.0.1.example.com:7233', '[::2]:7233'])
    expect(() => transport({ address, namespace })).toThrow('plain text is for loopback only');
  expect(() => transport({ address: '127.0.0.1:7233', namespace, apiKey: () => 'x' })).toThrow('needs TLS');
});

test('certificates, client certificates and names go where the SDK wants them', () => {
  const [ca, cert, key] = [1, 2, 3].map((byte) => new Uint8Array([byte]));
  const target = { address: 'temporal.example.com:7233', namespace: 'tocsin' };
  expect(transport({ ...target, tls: true })).toEqual({ tls: true });
  expect(transport({ ...target, tls: { ca: ca!, cert: cert!, key: key!, serverName: 'other' } })).toEqual({
    tls: { serverRootCACertificate: ca, clientCertPair: { crt: cert, key }, serverNameOverride: 'other' },
  });
});

test('calls that wait on the server have more time', () => {
  expect(deadlineOf('/temporal.api.workflowservice.v1.WorkflowService/StartWorkflowExecution')).toBe(10_000);
  expect(deadlineOf('/temporal.api.workflowservice.v1.WorkflowService/GetWorkflowExecutionHistory')).toBe(30_000);
});

test('a call to nobody ends at its deadline, and a connection that is closed meanwhile ends it at once', async () => {
  const address = `127.0.0.1:${await freePort()}`;
  const connection = connect(address);
  const describe = () => connection.client.workflow.getHandle('x').describe();
  await expect(connection.within(300, describe)).rejects.toThrow();
  const pending = [1, 2, 3].map(() => describe().catch((error: Error) => error));
  await connection.close();
  for (const error of await Promise.all(pending)) expect(error).toBeInstanceOf(Error);
  await expect(describe()).rejects.toThrow();
});

test('closing while calls are being repeated does not end the process', async () => {
  const script = `
    import { createConnection } from '#adapters/temporal/connection.ts';
    import { systemClock } from '#adapters/system/clock.ts';
    for (const wait of [0, 50, 150, 400]) {
      const connection = createConnection({ target: { address: '127.0.0.1:9', namespace: 'x' }, clock: systemClock });
      const call = connection.client.workflow.getHandle('x').describe().catch(() => {});
      await systemClock.sleep(wait);
      await connection.close();
      await call;
    }
    await systemClock.sleep(1500);
    console.log('still here');
  `;
  const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', script], {
    cwd: `${import.meta.dirname}/../../..`,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('NODE_'))),
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (said += String(chunk)));
  const code = await new Promise((resolve) => child.once('close', resolve));
  expect(said).toBe('still here\n');
  expect(code).toBe(0);
});

describeTemporal('a connection', () => {
  test('repeats a call until the server is there, with the same effect as one call', async () => {
    const stateDir = temporaryFolder();
    const first = await startTemporal({ stateDir });
    await first.stop();
    const connection = createConnection({
      target: { address: first.address, namespace: 'tocsin' },
      clock: systemClock,
    });
    const starting = connection.client.workflow.start('x', { workflowId: 'once', taskQueue: 'nobody' });
    const second = await startTemporal({ stateDir });
    const handle = await starting;
    expect((await handle.describe()).status.name).toBe('RUNNING');
    const answer = handle.result().catch((error: Error) => error);
    await connection.close();
    expect(await answer).toBeInstanceOf(Error);
    await second.stop();
  });
});
