import { randomUUID } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createSqliteEventLog } from '#adapters/sqlite/event-log.ts';
import { systemClock } from '#adapters/system/clock.ts';
import type { JsonObject } from '#kernel/json.ts';
import { bareEnvironment, runToEnd } from '#test/cli/one-run.ts';
import { temporaryFolder } from '#test/support/temporary-folder.ts';

const id = '6f1a1b7c-6a5e-5f0e-9d3b-2c8e5a7d4f10';

describe('where nothing of Tocsin ever ran', () => {
  it.each([
    ['status'],
    ['emergency', 'list'],
    ['emergency', 'show', id],
    ['emergency', 'watch'],
    ['emergency', 'acknowledge', id],
    ['emergency', 'resolve', id, '--disposition', 'real'],
    ['audit', 'list'],
    ['audit', 'show', id],
    ['audit', 'follow'],
    ['audit', 'replay'],
    ['projection', 'list'],
    ['projection', 'digest', 'audit'],
    ['projection', 'rebuild', 'audit'],
    ['simulate', 'call'],
    ['simulate', 'chatter', '--rate', '1', '--seconds', '1'],
    ['simulate', 'notice', 'probe'],
    ['simulate', 'settings'],
    ['simulate', 'fault', '--list'],
  ])('answers `%s %s` with 69 and what to start, and leaves nothing behind', async (...args) => {
    const stateDir = join(temporaryFolder(), 'state');
    const { code, stdout, stderr } = await runToEnd(args, bareEnvironment(stateDir));
    expect({ code, stdout }).toEqual({ code: 69, stdout: '' });
    expect(stderr).toMatch(/npm start/);
    expect(existsSync(stateDir)).toBe(false);
  });

  it('lets the doctor look without making anything', async () => {
    const stateDir = join(temporaryFolder(), 'state');
    const { code, stdout } = await runToEnd(['doctor', '--json'], bareEnvironment(stateDir));
    expect(code).toBe(78);
    expect((JSON.parse(stdout) as { readonly findings: unknown }).findings).toContainEqual(
      expect.objectContaining({ check: 'event hub', state: 'fault', found: 'TOCSIN_EVENT_HUBS is not set' }),
    );
    expect((await runToEnd(['doctor', '--simulate'], bareEnvironment(stateDir))).code).toBe(0);
    expect(existsSync(stateDir)).toBe(false);
  });

  it.each([
    ['emergency', 'list'],
    ['audit', 'replay', '--expect', '00'.repeat(32)],
  ])('makes no log for `%s %s` where the setting names a file that is not there', async (...args) => {
    const folder = temporaryFolder();
    const env = bareEnvironment(join(folder, 'state'), { TOCSIN_EVENT_LOG: `sqlite:${join(folder, 'mistyped.db')}` });
    const { code, stdout, stderr } = await runToEnd(args, env);
    expect({ code, stdout }).toEqual({ code: 69, stdout: '' });
    expect(stderr).toContain('there is no event log at');
    expect(readdirSync(folder)).toEqual([]);
  });

  it('does not wait for a log that nobody serves', async () => {
    const { code, stderr } = await runToEnd(
      ['emergency', 'list'],
      bareEnvironment(join(temporaryFolder(), 'state'), { TOCSIN_EVENT_LOG: 'esdb://127.0.0.1:1?tls=false' }),
    );
    expect(code).toBe(69);
    expect(stderr).toContain('the event log cannot be read');
  });
});

describe('where Tocsin ran before', () => {
  it.each(['keys', 'old'])(
    'lets the doctor tell of a log that is damaged in stream %s, though its end can be read',
    async (name) => {
      const stateDir = temporaryFolder();
      const file = join(stateDir, 'event-log.db');
      const log = await createSqliteEventLog({ file, clock: systemClock });
      const append = (stream: string, data: JsonObject) =>
        log.append(stream, 'no-stream', [{ id: randomUUID(), type: 'Something', data, metadata: {} }]);
      expect(await append(name, { long: 'y'.repeat(200_000) })).toMatchObject({ ok: true });
      expect(await append('last', {})).toMatchObject({ ok: true });
      await log.close();
      const bytes = readFileSync(file);
      const at = bytes.indexOf('y'.repeat(1000)) + 50_000;
      writeFileSync(file, bytes.fill(0xff, at, at + 20_000));
      const { stdout } = await runToEnd(['doctor', '--json'], bareEnvironment(stateDir));
      const { findings } = JSON.parse(stdout) as { readonly findings: readonly { readonly check: string }[] };
      expect(findings.filter(({ check }) => check === 'event log')).toEqual([
        {
          ...{ check: 'event log', state: 'fault', found: 'unavailable: database disk image is malformed' },
          ...{ remedy: expect.stringContaining('restore a backup'), exit: 69 },
        },
      ]);
    },
  );
});
