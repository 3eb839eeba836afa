import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bareEnvironment, bin, expectPlain } from '#test/cli/one-run.ts';
import { eventually } from '#test/support/eventually.ts';
import { temporaryFolder } from '#test/support/temporary-folder.ts';
import { launchTocsin, startTocsin, tocsin } from '#test/support/tocsin-process.ts';

interface Replayed {
  readonly equal: boolean;
  readonly events: number;
  readonly digests: Readonly<Record<string, string>>;
}

/** What somebody does who can write to the file of the log and wants that a call looks like a test: a few bytes of one event, and nothing else. */
function alterOneEvent(file: string): void {
  const db = new DatabaseSync(file);
  try {
    const { changes } = db
      .prepare(
        `UPDATE events SET data = CAST(replace(CAST(data AS TEXT), '"test":false', '"test":true') AS BLOB)
         WHERE type = 'EmergencyRaised' AND instr(CAST(data AS TEXT), '"test":false') > 0`,
      )
      .run();
    expect(changes).toBe(1);
  } finally {
    db.close();
  }
}

const id = '6f1a1b7c-6a5e-5f0e-9d3b-2c8e5a7d4f10';
const commands = [
  ['emergency', 'list'],
  ['audit', 'list', '--caller', 'Grace Okonkwo'],
];

describe('a state folder of which the process has ended', () => {
  const kept = mkdtempSync(join(tmpdir(), 'tocsin-after-run-'));
  let emergencyId = '';
  let shown: readonly unknown[] = [];
  let end = async () => {};
  afterAll(async () => {
    await end();
    rmSync(kept, { recursive: true, force: true, maxRetries: 5 });
  });
  beforeAll(async () => {
    const run = await launchTocsin(kept, ['--simulate'], {}, (given) => {
      end = given;
    });
    const call = await tocsin(kept, ['simulate', 'call', '--wait', '--json']);
    emergencyId = (JSON.parse(call.stdout) as { readonly emergencyId: string }).emergencyId;
    shown = await eventually('both feeds reported it', async () => {
      const { stdout } = await tocsin(kept, ['emergency', 'list', '--json']);
      const page = JSON.parse(stdout) as { readonly items: readonly { readonly feeds: readonly string[] }[] };
      return page.items[0]?.feeds.length === 2 && page.items;
    });
    expect(await run.end('SIGTERM')).toBe(0);
  });
  /** A copy for one test. */
  const whatIsLeft = () => {
    const stateDir = temporaryFolder();
    cpSync(kept, stateDir, { recursive: true });
    return stateDir;
  };

  it('is read by commands themselves, which send what acts to a desk', async () => {
    const stateDir = whatIsLeft();
    rmSync(join(stateDir, 'read-models'), { recursive: true });
    const kept = readdirSync(stateDir).sort();

    const later = async (...args: readonly string[]) => {
      const done = await tocsin(stateDir, args);
      expect(done).toMatchObject({ code: 0, stderr: '' });
      expectPlain(done.stdout);
      return done.stdout;
    };
    expect(JSON.parse(await later('emergency', 'list', '--json'))).toMatchObject({ items: shown });
    expect(await later('emergency', 'show', emergencyId)).toContain('EmergencyRaised');
    const records = (await later('audit', 'list', '--json')).trim().split('\n');
    const raised = records
      .map((line) => JSON.parse(line) as { readonly type: string; readonly id: string })
      .find(({ type }) => type === 'EmergencyRaised');
    expect(JSON.parse(await later('audit', 'show', raised?.id ?? ''))).toEqual(raised);
    expect(await tocsin(stateDir, ['emergency', 'show', id])).toMatchObject({ code: 1, stdout: '' });

    for (const args of [
      ['emergency', 'acknowledge', emergencyId],
      ['emergency', 'watch'],
      ['projection', 'list'],
      ['simulate', 'call'],
      ['status'],
    ])
      expect(await tocsin(stateDir, args), args.join(' ')).toMatchObject({ code: 69, stdout: '' });
    const expected = await tocsin(stateDir, ['audit', 'replay', '--expect', '00'.repeat(32)]);
    expect(expected.code).toBe(1);
    expect(readdirSync(stateDir).sort()).toEqual(kept);
  });

  it('with one altered event in the file of the log makes `tocsin audit replay` end with 1, and say which digest differs', {
    timeout: 90_000,
  }, async () => {
    const stateDir = whatIsLeft();
    const replay = (digest: string, ...more: readonly string[]) =>
      tocsin(stateDir, ['audit', 'replay', '--expect', digest, ...more]);
    const before = JSON.parse((await replay('0'.repeat(64), '--json')).stdout) as Replayed;
    const noted = before.digests['emergencies'] ?? '';
    const equal = await replay(noted);
    expect(equal.stdout).toMatch(/^EQUAL /m);
    expect(equal.code).toBe(0);

    alterOneEvent(join(stateDir, 'simulator', 'event-log.db'));

    const different = await replay(noted);
    expect(different.code).toBe(1);
    const found = /^digest +emergencies +([0-9a-f]{64})$/m.exec(different.stdout)?.[1];
    expect(found).toBeDefined();
    expect(found).not.toBe(noted);
    expect(different.stdout).toMatch(/^DIFFERENT +the log does not fold to what was expected:$/m);
    expect(different.stdout).toMatch(new RegExp(`^expected +emergencies +${noted}$`, 'm'));
    const after = await replay(noted, '--json');
    expect(after.code).toBe(1);
    expect(JSON.parse(after.stdout)).toMatchObject({
      equal: false,
      events: before.events,
      expected: { emergencies: noted },
    });
  });

  it('is read with the key store that sealed it or not at all, and nothing is made or left behind', async () => {
    const stateDir = whatIsLeft();
    const alone = temporaryFolder();
    mkdirSync(join(alone, 'simulator'));
    const log = join('simulator', 'event-log.db');
    copyFileSync(join(stateDir, log), join(alone, log));
    for (const args of commands) {
      const done = await tocsin(alone, args);
      expect(done).toMatchObject({ code: 78, stdout: '' });
      expect(done.stderr).toMatch(
        /TOCSIN_KEY_STORE: there is no key store at .*keys\.db, and the event log is sealed by/,
      );
      expect(existsSync(join(alone, 'keys.db'))).toBe(false);
    }

    const other = temporaryFolder();
    const elsewhere = await startTocsin(other, ['desk']);
    expect(await elsewhere.end('SIGTERM')).toBe(0);
    for (const name of ['keys.db', 'keys.db.master']) copyFileSync(join(other, name), join(alone, name));
    for (const args of commands) {
      const done = await tocsin(alone, args);
      expect(done).toMatchObject({ code: 78, stdout: '' });
      expect(done.stderr).toMatch(/the event log is sealed by the key store .*, and this one is/);
    }

    const folder = temporaryFolder();
    const env = bareEnvironment(stateDir, { TMPDIR: folder });
    const left = () => readdirSync(folder).filter((name) => name.startsWith('tocsin-reading-'));
    const child = spawn(process.execPath, [bin, 'audit', 'list', '--json'], {
      ...{ env, stdio: ['ignore', 'pipe', 'inherit'] },
    });
    const ended = once(child, 'exit');
    child.stdout.destroy();
    expect(await ended).toEqual([0, null]);
    expect(left()).toEqual([]);

    const interrupted = spawn(process.execPath, [bin, 'audit', 'list', '--json'], { env, stdio: 'ignore' });
    const stopped = once(interrupted, 'exit');
    await eventually('it reads', () => left().length === 1);
    interrupted.kill('SIGINT');
    expect(await stopped).toEqual([null, 'SIGINT']);
    expect(left()).toEqual([]);
  });
});
