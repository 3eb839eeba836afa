import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { systemClock } from '#adapters/system/clock.ts';
import { createCodecEndpoint } from '#adapters/temporal/codec/codec-endpoint.ts';
import { startCodecServer } from '#adapters/temporal/codec/codec-server.ts';
import { createKeyRing } from '#adapters/temporal/codec/key-ring.ts';
import { createPayloadCodec } from '#adapters/temporal/codec/payload-codec.ts';
import { canaryKinds, findCanaries } from '#test/support/canaries.ts';
import { eventually } from '#test/support/eventually.ts';
import { createMemorySecrets } from './memory-secrets.ts';
import { describeTemporal, startTemporal, type TestTemporal } from './start-temporal.ts';
import { connect, startWorker } from './start-worker.ts';

const canary = canaryKinds.content;
/** A property with a name and a value of the same kind that is not hidden: proves that the search would find it. */
const plain = canaryKinds.name;

const activities = {
  remember: async (text: string) => `remembered ${text}`,
  refuse: async (text: string) => {
    throw new Error(`no ${text}`);
  },
};

describeTemporal('payloads on a real server', () => {
  const stateDir = mkdtempSync(join(tmpdir(), 'tocsin-test-'));
  let temporal: TestTemporal;
  beforeAll(async () => {
    temporal = await startTemporal({ stateDir });
  });
  afterAll(async () => {
    await temporal.stop();
    rmSync(stateDir, { recursive: true, force: true });
  });

  test('nothing that a workflow was told, tells or fails with can be read without the codec, also after a rotation', async () => {
    const { secrets } = createMemorySecrets();
    const keys = createKeyRing({ secrets, clock: systemClock });
    const codec = createPayloadCodec({ keys, namespace: 'tocsin' });
    const worker = startWorker(temporal.address, { activities, codec });
    await worker.untilRunning();
    const { client } = connect(temporal.address, codec);
    const handle = await client.workflow.start('entity', {
      workflowId: `entity-${plain}`,
      taskQueue: 'test',
      args: [canary, true],
      memo: { note: canary },
      staticDetails: canary,
      staticSummary: canary,
    });
    expect(await handle.executeUpdate('change', { args: [`${canary} two`] })).toContain(`was ${canary}`);
    await keys.rotate();
    expect(await handle.query('current')).toContain(canary);
    await handle.signal('stop', `${canary} stopped`);
    expect(await handle.result()).toContain(`${canary} stopped`);

    // Another process that only has the keys: it reads what both of them closed.
    const later = createPayloadCodec({ keys: createKeyRing({ secrets, clock: systemClock }), namespace: 'tocsin' });
    const reader = connect(temporal.address, later).client.workflow;
    expect(await reader.getHandle(handle.workflowId).result()).toContain(canary);

    const raw = connect(temporal.address);
    const { namespace } = raw;
    const { executions } = await raw.connection.workflowService.listWorkflowExecutions({
      namespace,
      query: `WorkflowId = "${handle.workflowId}"`,
    });
    const seen: string[] = [];
    for (const run of executions) {
      const history = await raw.client.workflow.getHandle(handle.workflowId, run.execution?.runId ?? '').fetchHistory();
      seen.push(JSON.stringify(history), JSON.stringify(run));
      expect(history.events?.length).toBeGreaterThan(5);
    }
    expect(seen).toHaveLength(4);
    const files = ['temporal.db', 'temporal.db-wal'].map((name) => join(stateDir, 'temporal', name)).filter(existsSync);
    const found = [
      ...seen.flatMap((text, index) => findCanaries(`history ${index}`, Buffer.from(decoded(text)))),
      ...files.flatMap((file) => findCanaries(file, readFileSync(file))),
    ];
    expect(found.filter(({ kind }) => kind === 'content')).toEqual([]);
    // The workflow id is in plain text, which shows that the search works.
    expect(new Set(found.filter(({ kind }) => kind === 'name').map(({ where }) => where)).size).toBeGreaterThan(1);
  });

  test('the UI is told where the codec endpoint is, and the endpoint opens what a page of it shows', async () => {
    const keys = createKeyRing({ secrets: createMemorySecrets().secrets, clock: systemClock });
    const codec = createPayloadCodec({ keys, namespace: 'tocsin' });
    let ui = '';
    const handler = createCodecEndpoint({ codec, namespace: 'tocsin', origins: () => [ui], authorise: () => true });
    const server = await startCodecServer(handler, 0);
    const own = await startTemporal({ codecEndpoint: server.endpoint });
    onTestFinished(async () => {
      await own.stop();
      await server.close();
    });
    ui = own.ui;
    const settings = (await (await fetch(`${ui}/api/v1/settings`)).json()) as { Codec?: { Endpoint?: string } };
    expect(settings.Codec?.Endpoint).toBe(server.endpoint);

    const { client } = connect(own.address, codec);
    await client.workflow.start('wait', { workflowId: 'shown', taskQueue: 'nobody', args: [1, canary] });
    const address = `${ui}/api/v1/namespaces/tocsin/workflows/shown/history`;
    // The UI asks the server again a second after it came up.
    const text = await eventually('a history in the UI', async () => {
      const answer = await fetch(address);
      return answer.ok && (await answer.text());
    });
    expect(decoded(text)).not.toContain(canary);
    const { history } = JSON.parse(text) as {
      history: { events: { workflowExecutionStartedEventAttributes: { input: unknown } }[] };
    };
    const answer = await fetch(`${server.endpoint}/decode`, {
      method: 'POST',
      headers: { origin: ui, 'content-type': 'application/json', 'x-namespace': 'tocsin' },
      body: JSON.stringify(history.events[0]?.workflowExecutionStartedEventAttributes.input),
    });
    expect(answer.status).toBe(200);
    expect(decoded(await answer.text())).toContain(canary);
  });
});

/** With every piece of base64 in it opened: a payload's bytes are written so. */
function decoded(text: string): string {
  const pieces = text.match(/[A-Za-z0-9+/=]{16,}/g) ?? [];
  return [text, ...pieces.map((piece) => Buffer.from(piece, 'base64').toString('latin1'))].join('\n');
}
