import { rm } from 'node:fs/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createEventStoreDbLog } from '#adapters/eventstoredb/event-log.ts';
import { systemClock } from '#adapters/system/clock.ts';
import { systemIds } from '#adapters/system/ids.ts';
import { keysStream } from '#processor/keys.ts';
import { deskOf, listeningIs, onBoard, placeCall, postJson } from '#test/support/desk.ts';
import { eventually } from '#test/support/eventually.ts';
import { startCloud } from '#test/support/separate-roles.ts';
import { temporaryFolder } from '#test/support/temporary-folder.ts';
import { startTocsin, tocsin } from '#test/support/tocsin-process.ts';

interface Status {
  readonly processes: readonly { readonly roles: readonly string[]; readonly answers: boolean }[];
  readonly listening?: { readonly ok: boolean };
  readonly rows: readonly { readonly kind: string; readonly name: string; readonly state: string }[];
}

describe('roles as processes of their own, each with an empty state folder', () => {
  it('bring a call to the desk, unsealed, and the desk says when nobody reads the hub', async () => {
    const folder = temporaryFolder();
    const { process: cloud, pointing } = await startCloud(`${folder}/cloud`);
    const [ingest, , , deskProcess] = await Promise.all(
      (['ingest', 'triage', 'resolve', 'desk'] as const).map((role) =>
        startTocsin(`${folder}/${role}`, [role], pointing),
      ),
    );
    if (ingest === undefined || deskProcess === undefined) throw new Error('unreachable');
    const desk = deskOf(deskProcess);

    const shown = await onBoard(desk, await placeCall(cloud, { caller: 'Grace Okonkwo' }));
    expect(shown.caller).toMatchObject({
      name: 'Grace Okonkwo',
      upn: 'grace.okonkwo@contoso.example',
      callbackNumber: '+14255550117',
    });
    expect(shown.location).toMatchObject({ street: '725 Harbour Mill Way', latitude: 47.6421 });
    expect(shown.text).toContain('Grace Okonkwo');

    await listeningIs(desk, true);
    for (const role of ['ingest', 'triage', 'resolve', 'desk']) {
      // Each process proves by itself that it hears its partitions.
      const result = await eventually(`${role} in good order`, async () => {
        const answer = await tocsin(`${folder}/${role}`, ['status', '--json'], pointing);
        return answer.code === 0 && answer;
      });
      const status = JSON.parse(result.stdout) as Status;
      expect(status.processes).toEqual([expect.objectContaining({ roles: [role], answers: true })]);
      expect(status.rows.filter(({ state }) => state === 'trouble')).toEqual([]);
      if (role === 'ingest') expect(status.rows.filter(({ kind }) => kind === 'partition')).toHaveLength(4);
      if (role === 'desk') expect(status.listening).toMatchObject({ ok: true });
    }
    const readable = await tocsin(`${folder}/desk`, ['status'], pointing);
    expect(readable.stdout).toMatch(/^LISTENING/);

    await ingest.end('SIGKILL');
    const deaf = await listeningIs(desk, false);
    expect(deaf.listening.word).toContain('not being read');
    const alarmed = await tocsin(`${folder}/desk`, ['status'], pointing);
    expect(alarmed.code).toBe(1);
    expect(alarmed.stdout).toMatch(/^NOT LISTENING since /);
    const unheard = await placeCall(cloud, { caller: 'Hélène Dufour' });

    await startTocsin(`${folder}/ingest`, ['ingest'], pointing);
    expect((await onBoard(desk, unheard)).caller?.name).toBe('Hélène Dufour');
    await listeningIs(desk, true);

    // Without the log a call that is heard could not be shown either.
    const dies = (action: string) =>
      postJson(`${cloud.endpoints['simulator']}/faults`, { name: 'eventstoredb.dies', action });
    await dies('start');
    expect((await listeningIs(desk, false)).listening.word).toContain('event log does not answer');
    await dies('stop');
    await listeningIs(desk, true);
    // What else the desk follows may be back a moment later than what it listens with.
    const again = await eventually('the desk in good order again', async () => {
      const answer = await tocsin(`${folder}/desk`, ['status'], pointing);
      return answer.code === 0 && answer;
    });
    expect(again.stdout).toMatch(/^LISTENING/);
  });

  it('refuse to work with another key store than the one that seals the log, and say what is missing where its master key was lost', async () => {
    const folder = temporaryFolder();
    const { pointing } = await startCloud(`${folder}/cloud`);
    const first = await startTocsin(`${folder}/ingest-first`, ['ingest'], pointing);
    // A log in which nothing was sealed is anybody's; the first notice binds it.
    expect((await tocsin(`${folder}/cloud`, ['simulate', 'call', '--json'])).code).toBe(0);
    const log = await createEventStoreDbLog({
      connectionString: pointing['TOCSIN_EVENT_LOG'] ?? '',
      clock: systemClock,
      ids: systemIds,
    });
    onTestFinished(() => log.close());
    await eventually(
      'the log is bound',
      async () => (await log.readStream(keysStream, { direction: 'forwards', limit: 1 })).ok,
    );
    for (const role of ['desk', 'ingest']) {
      const refused = await tocsin(`${folder}/${role}`, ['run', role], {
        ...pointing,
        TOCSIN_KEY_STORE: `sqlite:${folder}/${role}/other-keys.db`,
      });
      expect(refused.code, refused.stderr).toBe(78);
      expect(refused.stderr).toContain('TOCSIN_KEY_STORE');
      expect(refused.stderr).toContain('sealed by the key store');
    }

    expect(await first.end('SIGTERM')).toBe(0);
    const file = (pointing['TOCSIN_KEY_STORE'] ?? '').replace('sqlite:', '');
    await rm(`${file}.master`);
    const refused = await tocsin(`${folder}/desk`, ['run', 'desk'], pointing);
    expect(refused.code, refused.stderr).toBe(78);
    expect(refused.stderr).toContain(`${file}.master is missing`);
  });
});
