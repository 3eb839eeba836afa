import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { board, deskOf, onBoard, placeCall, postJson } from '#test/support/desk.ts';
import { eventually } from '#test/support/eventually.ts';
import { temporaryFolder } from '#test/support/temporary-folder.ts';
import { startTocsin, type TocsinProcess, tocsin } from '#test/support/tocsin-process.ts';

function chatter(system: TocsinProcess, rate: number, seconds: number): Promise<{ status: number; body: unknown }> {
  return postJson(`${system.endpoints['simulator']}/chatter`, { rate, seconds });
}

/** One figure of `/metrics`, summed over its labels. */
async function metric(desk: string, name: string): Promise<number> {
  const text = await (await fetch(`${desk}/metrics`)).text();
  return text
    .split('\n')
    .filter((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
}

const portOf = (url: string) => new URL(url).port;

/** Another process that is given one of its ports names who holds it, and ends with 69. */
async function refusesItsPorts(holder: TocsinProcess): Promise<void> {
  const folder = temporaryFolder();
  const held = portOf(deskOf(holder));
  const hub = /:(\d+);/.exec(holder.endpoints['eventHubs'] ?? '')?.[1] ?? '';
  const store = portOf((holder.endpoints['eventStoreDB'] ?? '').replace('esdb:', 'http:'));
  const control = portOf(holder.endpoints['simulator'] ?? '');
  const cases = [
    { name: 'TOCSIN_HTTP', value: `127.0.0.1:${held}`, port: held },
    { name: 'TOCSIN_SIMULATOR_EVENT_HUBS', value: hub, port: hub },
    { name: 'TOCSIN_SIMULATOR_EVENTSTOREDB', value: store, port: store },
    { name: 'TOCSIN_SIMULATOR_GRAPH', value: control, port: control },
  ];
  await Promise.all(
    cases.map(async ({ name, value, port }) => {
      const refused = await tocsin(`${folder}/${name}`, ['run', '--simulate'], { [name]: value });
      expect(refused.code, `${name}: ${refused.stderr}`).toBe(69);
      expect(refused.stderr).toContain(`port ${port} is held by another process`);
      // Other systems do not say who listens.
      if (process.platform === 'linux') expect(refused.stderr).toContain(`process ${holder.endpoints['pid']}: `);
      expect(refused.stderr).toContain(name);
      expect(existsSync(`${folder}/${name}/endpoints.json`)).toBe(false);
    }),
  );
  expect((await fetch(`${deskOf(holder)}/health/ready`)).status).toBe(200);
}

describe('a running process', () => {
  it('ends in good order under load, takes its endpoints back, goes on from the same board, and is named to who wants one of its ports', async () => {
    const folder = temporaryFolder();
    const first = await startTocsin(folder, ['--simulate']);
    const desk = deskOf(first);
    for (const caller of ['Ana Petrova', 'João Figueiredo']) await onBoard(desk, await placeCall(first, { caller }));
    const [newest] = await board(desk);
    expect((await postJson(`${desk}/api/emergencies/${newest?.id}/acknowledge`, { by: 'Desk One' })).status).toBe(200);
    const loading = chatter(first, 300, 60).catch(() => undefined);
    await eventually('load', async () => (await metric(desk, 'tocsin_ingest_events_total')) > 200);
    const shown = await board(desk);
    const pid = first.endpoints['pid'];
    expect(existsSync(`${folder}/endpoints.json`)).toBe(true);

    // The process itself ends with 1 when it takes longer than 10 s.
    expect(await first.end('SIGTERM')).toBe(0);
    await loading;
    expect(existsSync(`${folder}/endpoints.json`)).toBe(false);
    expect(existsSync(`${folder}/endpoints/${pid}.json`)).toBe(false);
    expect(first.said()).not.toContain('"level":50');
    expect((await tocsin(folder, ['status'])).code).toBe(69);

    const second = await startTocsin(folder, ['--simulate']);
    const again = await eventually('the same board', async () => {
      const now = await board(deskOf(second));
      return now.length === shown.length && now;
    });
    expect(again).toEqual(shown);
    const third = await onBoard(deskOf(second), await placeCall(second, { caller: 'Aylin Yılmaz' }));
    expect(third.caller?.name).toBe('Aylin Yılmaz');
    expect((await tocsin(folder, ['audit', 'replay'])).code).toBe(0);
    await refusesItsPorts(second);
  });

  it('lists every wrong setting at once and ends with 78', async () => {
    const folder = temporaryFolder();
    const secret = 'Endpoint=sb://nowhere;SharedAccessKey=dG9wLXNlY3JldA==';
    const refused = await tocsin(folder, ['run', '--simulate'], {
      TOCSIN_NO_SUCH_THING: '1',
      TOCSIN_HTTP: '0.0.0.0:8080',
      TOCSIN_LOG_LEVEL: 'loud',
      TOCSIN_QUARANTINE_DAYS: '0',
      TOCSIN_EVENT_HUBS_TRANSPORT: 'kafka',
      TOCSIN_EVENT_HUBS: secret,
    });
    expect(refused.code, refused.stderr).toBe(78);
    for (const name of [
      'TOCSIN_NO_SUCH_THING',
      'TOCSIN_HTTP',
      'TOCSIN_LOG_LEVEL',
      'TOCSIN_QUARANTINE_DAYS',
      'TOCSIN_EVENT_HUBS_TRANSPORT',
    ])
      expect(refused.stderr).toContain(`- ${name} `);
    expect(refused.stderr).not.toContain('dG9wLXNlY3JldA');
    expect(existsSync(`${folder}/keys.db`)).toBe(false);
  });
});
