import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { eventually } from '#test/support/eventually.ts';
import { temporaryFolder } from '#test/support/temporary-folder.ts';
import { startTocsin, tocsin } from '#test/support/tocsin-process.ts';

describe('roles as processes of their own', () => {
  it('share the work as the guide for operators says, with nothing but the settings of the simulators', async () => {
    const folder = temporaryFolder();
    const place = (name: string) => join(folder, name);
    const cloud = await startTocsin(place('cloud'), ['simulator']);
    expect(cloud.endpoints).toMatchObject({ eventLog: cloud.endpoints['eventStoreDB'] });
    expect((await tocsin(place('cloud'), ['simulate', 'call', '--wait'])).code).toBe(69);

    const { stdout } = await tocsin(place('cloud'), ['simulate', 'settings', '--json']);
    const settings = JSON.parse(stdout) as Record<string, string>;
    for (const roles of ['ingest', 'triage,resolve']) await startTocsin(place(roles), [roles], settings);
    const desk = await startTocsin(place('desk'), ['desk'], settings);
    expect(desk.endpoints).toMatchObject({ roles: ['desk'], eventLog: cloud.endpoints['eventLog'] });

    const call = await tocsin(place('cloud'), ['simulate', 'call', '--feed', 'events', '--json']);
    expect(call.code).toBe(0);
    const page = await eventually('it is on the board', async () => {
      const listed = await tocsin(place('desk'), ['emergency', 'list', '--json'], settings);
      const found = JSON.parse(listed.stdout) as { readonly items: readonly { readonly caller?: object }[] };
      return found.items.length > 0 && found;
    });
    expect(page.items[0]?.caller).toMatchObject({ name: expect.stringMatching(/^[^[]/) });
    expect(await tocsin(place('desk'), ['audit', 'replay'], settings)).toMatchObject({ code: 0 });
    expect(await desk.end('SIGTERM')).toBe(0);
    expect(await tocsin(place('desk'), ['emergency', 'list'], settings)).toMatchObject({ code: 0, stderr: '' });
  });
});
