import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, it } from 'vitest';
import { temporaryFolder } from '#test/support/temporary-folder.ts';
import { startTocsin, tocsin } from '#test/support/tocsin-process.ts';

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

it('one altered event in the file of the log makes `tocsin audit replay` end with 1, and say which digest differs', {
  timeout: 90_000,
}, async () => {
  const stateDir = temporaryFolder();
  const run = await startTocsin(stateDir, ['--simulate']);
  expect((await tocsin(stateDir, ['simulate', 'call', '--wait'])).code).toBe(0);
  expect(await run.end('SIGTERM')).toBe(0);

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
