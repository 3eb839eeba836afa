import { readdir, rm } from 'node:fs/promises';
import { EventHubProducerClient } from '@azure/event-hubs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { auditLines, board, deskOf, healthOf, onBoard, placeCall } from '#test/support/desk.ts';
import { eventually } from '#test/support/eventually.ts';
import { startCloud } from '#test/support/separate-roles.ts';
import { temporaryFolder } from '#test/support/temporary-folder.ts';
import { startTocsin, tocsin } from '#test/support/tocsin-process.ts';

interface Gap {
  readonly stream: string;
  readonly data: {
    readonly data: { readonly cause: string; readonly from?: number; readonly to?: number; readonly messages?: number };
  };
}

/** The gaps of the audit trail, once there is one. */
function recordedGaps(desk: string): Promise<readonly Gap[]> {
  return eventually('a gap on record', async () => {
    const gaps = (await auditLines(desk))
      .map((line) => JSON.parse(line) as Gap & { readonly type: string })
      .filter(({ type }) => type === 'tocsin.gap');
    return gaps.length > 0 && gaps;
  });
}

describe('messages that the hub loses', () => {
  it('are put on record when the hub is made anew under the running roles, which go on with the new one', async () => {
    const folder = temporaryFolder();
    const cloud = await startCloud(`${folder}/cloud`, { TOCSIN_SIMULATOR_PARTITIONS: '1' });
    const roles = await startTocsin(`${folder}/roles`, ['ingest,triage,desk'], cloud.pointing);
    const desk = deskOf(roles);
    const before = await onBoard(desk, await placeCall(cloud.process, { caller: 'Ana Petrova' }));

    const hubs = `${folder}/cloud/simulator/event-hubs`;
    const again = await cloud.restart(() => rm(hubs, { recursive: true }));
    expect(again.pointing['TOCSIN_EVENT_HUBS']).toBe(cloud.pointing['TOCSIN_EVENT_HUBS']);
    const after = await placeCall(again.process, { caller: 'Jürgen Weiß' });
    expect((await onBoard(desk, after, 60_000)).caller?.name).toBe('Jürgen Weiß');

    const gaps = await recordedGaps(desk);
    expect(gaps).toHaveLength(1);
    expect(gaps[0]?.data.data).toMatchObject({ cause: 'hub-recreated', from: 2 });
    expect((await board(desk)).map(({ id }) => id)).toContain(before.id);
    expect(await board(desk)).toHaveLength(2);
    // Each read model comes back to the log in its own time.
    const shown = await eventually('the gap on the admin page', async () =>
      (await healthOf(desk)).rows.find(({ name }) => name === 'lost messages (gaps)'),
    );
    expect(shown.state).toBe('trouble');
    expect((await tocsin(`${folder}/roles`, ['audit', 'replay'], cloud.pointing)).code).toBe(0);
  });

  it('are put on record with their extent when retention passed while nobody read', async () => {
    const folder = temporaryFolder();
    const cloud = await startCloud(`${folder}/cloud`, { TOCSIN_SIMULATOR_PARTITIONS: '1' });
    const roles = await startTocsin(`${folder}/roles`, ['ingest,triage,desk'], cloud.pointing);
    await onBoard(deskOf(roles), await placeCall(cloud.process, { caller: 'Ana Petrova' }));
    expect(await roles.end('SIGTERM')).toBe(0);

    const producer = new EventHubProducerClient(cloud.pointing['TOCSIN_EVENT_HUBS'] ?? '', 'teams-emergency');
    onTestFinished(() => producer.close());
    // Retention works in whole segments of 2 MiB: these fill more than two.
    for (let sent = 0; sent < 100; sent += 10)
      await producer.sendBatch(Array.from({ length: 10 }, () => ({ body: { filler: 'x'.repeat(50 * 1024) } })));
    await producer.close();
    const again = await cloud.restart(() => dropOldestSegment(`${folder}/cloud/simulator/event-hubs/teams-emergency`));

    const back = await startTocsin(`${folder}/roles`, ['ingest,triage,desk'], cloud.pointing);
    const desk = deskOf(back);
    await onBoard(desk, await placeCall(again.process, { caller: 'Jürgen Weiß' }));
    expect(await board(desk)).toHaveLength(2);
    const [gap, ...others] = await recordedGaps(desk);
    expect(others).toEqual([]);
    const { cause, from = 0, to = 0, messages } = gap?.data.data ?? { cause: '' };
    expect(cause).toBe('retention');
    expect(from).toBe(2);
    expect(to).toBeGreaterThan(from);
    expect(messages).toBe(to - from + 1);
    // What was kept is all there: 100 messages but those in the gap.
    const kept = (await auditLines(desk)).filter((line) => line.includes('"type":"tocsin.unrecognised"'));
    expect(kept).toHaveLength(100 - (messages ?? 0));
  });
});

/** What the hub does when messages are too old: the first segment of its only partition is gone. */
async function dropOldestSegment(hub: string): Promise<void> {
  const life = (await readdir(hub)).find((name) => /^\d+$/.test(name));
  const partition = `${hub}/${life}/0`;
  const segments = (await readdir(partition)).filter((name) => name.endsWith('.log')).sort();
  expect(segments.length).toBeGreaterThan(1);
  await rm(`${partition}/${segments[0]}`);
}
