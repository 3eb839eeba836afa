import { userInfo } from 'node:os';
import { describe, expect, it } from 'vitest';
import { expectPlain, useOneRun } from '#test/cli/one-run.ts';
import { eventually } from '#test/support/eventually.ts';
import { emergencyPageSchema, emergencySchema, emergencyWithStorySchema } from '#web/schema-answers.ts';

const run = useOneRun('--temporal', 'off');

interface Emergency {
  readonly id: string;
  readonly state: string;
  readonly test: boolean;
  readonly raisedAt: string;
  readonly revision: number;
  readonly acknowledged?: { readonly by: string; readonly from: string };
  readonly resolved?: { readonly by: string; readonly disposition: string; readonly note?: string };
}

interface Page {
  readonly items: readonly Emergency[];
  readonly next?: string;
  readonly position: string;
}

describe('tocsin emergency', () => {
  it('lists what is on the board, newest first, as a table and as the answer of the interface', async () => {
    const { id: first } = await run.dial({ feed: 'events' });
    const { id: second } = await run.dial({ feed: 'events', test: true });
    const page = await run.json<Page>('emergency', 'list');
    expect(emergencyPageSchema.safeParse(page)).toMatchObject({ success: true });
    expect(page.items.map(({ id }) => id).slice(0, 2)).toEqual([second, first]);

    const { stdout, stderr } = await run.tocsin('emergency', 'list');
    const [heading, ...rows] = stdout.trimEnd().split('\n');
    expect(heading).toMatch(/^RAISED +STATE +DIALLED +CALLER +WHERE +ID$/);
    expect(rows).toHaveLength(page.items.length);
    expect(rows[0]).toContain('UNACKNOWLEDGED TEST');
    expect(stderr).toBe('');
    expectPlain(stdout);
  });

  it('filters by state, test and time, and takes a limit', async () => {
    const { id: real } = await run.dial({ feed: 'events' });
    const { id: test } = await run.dial({ feed: 'events', test: true });
    const ids = async (...options: readonly string[]) =>
      (await run.json<Page>('emergency', 'list', ...options)).items.map(({ id }) => id);
    expect(await ids('--test', 'true')).toContain(test);
    expect(await ids('--test', 'true')).not.toContain(real);
    expect(await ids('--test', 'false')).not.toContain(test);
    expect(await ids('--state', 'resolved')).not.toContain(real);
    expect(await ids('--since', '2999-01-01')).toEqual([]);
    expect(await ids('--until', '2999-01-01T00:00:00Z')).toContain(real);
    const one = await run.json<Page>('emergency', 'list', '--limit', '1');
    expect(one.items).toHaveLength(1);
    expect(one.next).toEqual(expect.any(String));
  });

  it('says what is wrong with a time', async () => {
    const { code, stderr, stdout } = await run.tocsin('emergency', 'list', '--since', 'yesterday');
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain('since (a time like');
  });

  it('shows one with its story', async () => {
    const { id } = await run.dial();
    const found = await run.json('emergency', 'show', id);
    expect(emergencyWithStorySchema.safeParse(found)).toMatchObject({ success: true });
    const { stdout } = await run.tocsin('emergency', 'show', id);
    expect(stdout).toMatch(/^State +UNACKNOWLEDGED$/m);
    expect(stdout).toContain('EmergencyRaised');
    expectPlain(stdout);
  });

  it('answers 1 where there is none of that id', async () => {
    for (const id of ['6f1a1b7c-6a5e-5f0e-9d3b-2c8e5a7d4f10', 'nonsense'])
      for (const command of [
        ['show', id],
        ['acknowledge', id],
        ['resolve', id, '--disposition', 'real'],
      ]) {
        const { code, stdout, stderr } = await run.tocsin('emergency', ...command);
        expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
        expect(stderr).toContain('There is no such emergency');
      }
  });

  it('lets the first who acknowledges have it, tells the second who that was, and resolves it', async () => {
    const { id } = await run.dial();
    const taken = await run.json<Emergency>('emergency', 'acknowledge', id, '--by', 'A. Reyes');
    expect(emergencySchema.safeParse(taken)).toMatchObject({ success: true });
    expect(taken).toMatchObject({ state: 'acknowledged', acknowledged: { by: 'A. Reyes', from: 'cli' } });
    expect(await run.tocsin('emergency', 'acknowledge', id, '--by', 'A. Reyes')).toMatchObject({
      code: 0,
      stdout: `ACKNOWLEDGED by A. Reyes  ${id}\n`,
    });

    const late = await run.tocsin('emergency', 'acknowledge', id, '--by', 'B. Okafor', '--json');
    expect(late.code).toBe(1);
    expect(JSON.parse(late.stdout)).toMatchObject({
      code: 'already-acknowledged',
      status: 409,
      acknowledged: { by: 'A. Reyes' },
    });
    expect(late.stderr).toContain('A. Reyes has it since');

    const resolved = await run.json<Emergency>(
      'emergency',
      'resolve',
      id,
      ...['--by', 'A. Reyes', '--disposition', 'misdial', '--note', 'Wrong button'],
    );
    expect(resolved).toMatchObject({
      state: 'resolved',
      resolved: { by: 'A. Reyes', disposition: 'misdial', note: 'Wrong button' },
    });
    const again = await run.tocsin('emergency', 'acknowledge', id, '--by', 'B. Okafor');
    expect(again).toMatchObject({ code: 1, stdout: '' });
    expect(again.stderr).toContain('A. Reyes resolved it at');
  });

  it('acts in the name of the user where no other is given', async () => {
    const { id } = await run.dial({ feed: 'events' });
    const taken = await run.json<Emergency>('emergency', 'acknowledge', id);
    expect(taken.acknowledged?.by).toBe(userInfo().username);
  });

  it('wants a disposition, and one of the four', async () => {
    const without = await run.tocsin('emergency', 'resolve', 'some-id');
    expect(without).toMatchObject({ code: 2, stdout: '' });
    expect(without.stderr).toContain('--disposition');
    const wrong = await run.tocsin('emergency', 'resolve', 'some-id', '--disposition', 'prank');
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toContain('real, test, misdial, false-alarm');
  });

  it('watches: every open emergency first, then each change, one JSON document a line', async () => {
    const { id: open } = await run.dial({ feed: 'events' });
    const watching = run.start('emergency', 'watch', '--json');
    const changes = () => watching.lines.map((line) => JSON.parse(line) as Emergency);
    await eventually('the open one', () => changes().some(({ id }) => id === open));
    const { id: fresh } = await run.dial({ feed: 'events' });
    await run.tocsin('emergency', 'acknowledge', fresh, '--by', 'C. Lund');
    const statesOf = (wanted: string) =>
      changes()
        .filter(({ id }) => id === wanted)
        .map(({ state }) => state);
    await eventually('that it was acknowledged', () => statesOf(fresh).includes('acknowledged'));
    expect(statesOf(fresh)[0]).toBe('unacknowledged');
    await watching.end();
    expect(watching.stderr()).toBe('');
  });

  it('watches for people, too', async () => {
    const { id } = await run.dial({ feed: 'events', caller: '\u001b[31mMallory' });
    const watching = run.start('emergency', 'watch');
    const line = await eventually('its line', () => watching.lines.find((one) => one.includes(id)));
    await watching.end();
    expectPlain(line);
  });
});
