import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { freePort } from '#adapters/temporal/dev-server/ports.ts';
import { eventually } from '#test/support/eventually.ts';
import { startCloud } from '#test/support/separate-roles.ts';
import { temporaryFolder } from '#test/support/temporary-folder.ts';
import { startTocsin } from '#test/support/tocsin-process.ts';

const chat = 'tocsin_feed_watched{feed="chat",policy=""} 0';

async function figures(url: string | undefined): Promise<readonly string[]> {
  return (await (await fetch(`${url}/metrics`)).text()).split('\n').filter((line) => line.startsWith('tocsin_'));
}

describe('the figures of a tenant that nobody has subscribed yet', () => {
  it('are served by the desk, on its probes too, and by a worker that runs alone', { timeout: 120_000 }, async () => {
    const folder = temporaryFolder();
    const { pointing } = await startCloud(join(folder, 'cloud'));
    // A cluster that nobody serves: nothing is signed in or subscribed, and that is what has to show.
    const more = { ...pointing, TOCSIN_TEMPORAL: `127.0.0.1:${await freePort()}`, TOCSIN_PROBES: '127.0.0.1:0' };
    const [together, worker] = await Promise.all([
      startTocsin(join(folder, 'together'), ['ingest,triage,desk'], more),
      startTocsin(join(folder, 'worker'), ['worker'], more),
    ]);
    for (const url of [together.endpoints['desk'], together.endpoints['probes'], worker.endpoints['probes']])
      await eventually(`${url} says that the chat feed is not watched`, async () =>
        (await figures(url)).includes(chat),
      );
    const desks = (lines: readonly string[]) => lines.filter((line) => line.startsWith('tocsin_desks{'));
    const three = ['armed', 'muted', 'off'].map((sound) => `tocsin_desks{sound="${sound}"} 0`);
    expect(desks(await figures(together.endpoints['desk']))).toEqual(three);
    expect(desks(await figures(together.endpoints['probes']))).toEqual(three);
    expect(desks(await figures(worker.endpoints['probes']))).toEqual([]);
    expect(await worker.end('SIGTERM')).toBe(0);
    expect(await together.end('SIGTERM')).toBe(0);
  });
});
