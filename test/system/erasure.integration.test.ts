import { mkdtempSync, rmSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { people } from '#simulator/teams/directory.ts';
import {
  auditLines,
  board,
  deskOf,
  digests,
  getJson,
  healthOf,
  listeningIs,
  onBoard,
  placeCall,
  postJson,
} from '#test/support/desk.ts';
import { eventually } from '#test/support/eventually.ts';
import { launchTocsin, type TocsinProcess, tocsin } from '#test/support/tocsin-process.ts';

const ana = people[0];
const juergen = people[3];
const [, grace, helene] = people;
if (ana === undefined || juergen === undefined || grace === undefined || helene === undefined)
  throw new Error('the simulated directory lost its people');

describe('personal data of the whole system', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tocsin-erasure-'));
  let system: TocsinProcess;
  let end = async () => {};
  beforeAll(async () => {
    system = await launchTocsin(folder, ['--simulate'], {}, (given) => {
      end = given;
    });
  });
  afterAll(async () => {
    await end();
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  });

  it('is gone for good once the keys of a caller are destroyed, while everybody else and every digest stay as they were', async () => {
    const desk = deskOf(system);
    const erased = await placeCall(system, { caller: ana.displayName });
    const other = await placeCall(system, { caller: juergen.displayName });
    const before = await onBoard(desk, erased);
    const untouched = await onBoard(desk, other);
    expect(before.caller).toMatchObject({ name: ana.displayName, callbackNumber: ana.phoneNumber });
    expect(before.location).toMatchObject({ latitude: 47.6421 });
    const acknowledged = await postJson(`${desk}/api/emergencies/${before.id}/acknowledge`, { by: 'Desk One' });
    expect(acknowledged.status).toBe(200);
    const digestsBefore = await eventually('every read model at the end of the log', async () => {
      const replayed = await tocsin(system.stateDir, ['audit', 'replay', '--json']);
      return replayed.code === 0 && (await digests(desk));
    });
    const rawBefore = (await auditLines(desk)).length;

    // Named by one id: the chat feed knows her by object id, the events feed by UPN.
    const doubted = await tocsin(system.stateDir, ['erase'], {}, `${ana.id}\nno\n`);
    expect(doubted).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('nothing was erased') });
    expect(doubted.stderr).toContain('1 object id, 1 UPN, 1 number; in 1 emergency and 2 notices');
    expect((await board(desk)).find(({ id }) => id === before.id)).toEqual(await onBoard(desk, erased));
    const gone = await tocsin(system.stateDir, ['erase', '--caller', '-'], {}, `${ana.id}\nerase\n`);
    expect(gone).toMatchObject({ code: 0, stdout: expect.stringMatching(/^erased: [1-9]\d* keys are destroyed\n$/) });
    for (const part of [ana.id, ana.upn, ana.displayName]) expect(gone.stderr).not.toContain(part);

    const after = (await board(desk)).find(({ id }) => id === before.id);
    expect(after?.caller?.name).toBe('[erased]');
    expect(after?.caller?.callbackNumber).toBe('[erased]');
    expect(after?.caller?.upn).toBe('[erased]');
    expect(after?.location?.['street']).toBe('[erased]');
    expect(after?.location).not.toHaveProperty('latitude');
    expect(after?.location).not.toHaveProperty('longitude');
    expect(after?.state).toBe('acknowledged');
    expect((await board(desk)).find(({ id }) => id === untouched.id)).toEqual(untouched);
    // What is there stays there; what is new tells of the erasure, and of nobody.
    const lines = await eventually('the erasure on record', async () => {
      const read = await auditLines(desk);
      return read.at(-1)?.includes('PersonErased') && read;
    });
    expect(lines.length).toBeGreaterThanOrEqual(rawBefore + 2);
    expect(lines.filter((line) => line.includes('"subject-'))).toHaveLength(2);
    await eventually('open pages hear of it', async () => (await healthOf(desk)).erasures === 1);
    const whole = lines.join('\n') + JSON.stringify(await getJson(`${desk}/api/emergencies/${before.id}`));
    for (const part of [ana.displayName, ana.upn, ana.phoneNumber, ana.id, '47.6421'])
      expect(whole, `${part} can still be read`).not.toContain(part);
    expect(whole).toContain(juergen.displayName);
    expect(whole).toContain('Desk One');

    expect((await digests(desk))['emergencies']).toBe(digestsBefore['emergencies']);
    const replayed = await tocsin(system.stateDir, ['audit', 'replay', '--json']);
    expect(replayed.code, replayed.stderr).toBe(0);

    // Whoever was erased and calls again is somebody new.
    const again = await onBoard(desk, await placeCall(system, { caller: ana.displayName }));
    expect(again.caller?.name).toBe(ana.displayName);
    expect((await board(desk)).find(({ id }) => id === before.id)?.caller?.name).toBe('[erased]');
  });

  it('is locked while the key store is away: ingest waits and says so, the desk goes on, and nothing is lost', async () => {
    const desk = deskOf(system);
    const first = await onBoard(desk, await placeCall(system, { caller: grace.displayName }));
    await listeningIs(desk, true);
    const file = `${system.stateDir}/keys.db`;
    const files = [file, `${file}-wal`, `${file}-shm`];
    for (const each of files) await rename(each, `${each}.away`);

    const locked = await eventually('the board without keys', async () =>
      (await board(desk)).find(({ id, caller }) => id === first.id && caller?.name === '[locked]'),
    );
    expect(locked.location?.['street']).toBe('[locked]');
    expect(locked.location).not.toHaveProperty('latitude');
    expect((await auditLines(desk)).length).toBeGreaterThan(0);
    expect((await healthOf(desk)).rows).toContainEqual(
      expect.objectContaining({ kind: 'key-store', state: 'trouble', word: expect.stringContaining('away') }),
    );

    const second = await placeCall(system, { caller: helene.displayName });
    expect(second.ok).toBe(true);
    const waiting = await listeningIs(desk, false);
    expect(waiting.rows).toContainEqual(
      expect.objectContaining({ kind: 'partition', state: 'trouble', word: expect.stringContaining('key store') }),
    );
    const shown = (await board(desk)).map(({ id }) => id);
    expect(shown.filter((id) => second.emergencyIds.includes(id))).toEqual([]);
    // Who acknowledges is sealed too: without keys it is refused in plain words, not lost.
    const refused = await postJson(`${desk}/api/emergencies/${first.id}/acknowledge`, { by: 'Desk One' });
    expect(refused.status).toBe(503);
    // What needs no key goes on: the list is served, and the read models stand at the end of the log.
    expect((await tocsin(system.stateDir, ['audit', 'replay', '--json'])).code).toBe(0);

    for (const each of files) await rename(`${each}.away`, each);
    const raised = await onBoard(desk, second, 40_000);
    expect(raised.caller?.name).toBe(helene.displayName);
    const added = (await board(desk)).filter(({ id }) => id === first.id || !shown.includes(id));
    expect(added.map(({ caller }) => caller?.name).sort()).toEqual([grace.displayName, helene.displayName].sort());
    await listeningIs(desk, true);
    expect(system.said()).not.toContain('a rejection that nobody handled');
    const acknowledged = await postJson(`${desk}/api/emergencies/${first.id}/acknowledge`, { by: 'Desk One' });
    expect(acknowledged.status).toBe(200);
  });
});
