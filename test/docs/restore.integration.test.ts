import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, it } from 'vitest';
import { shellLines, textOf } from '#test/docs/documents.ts';
import { eventually } from '#test/support/eventually.ts';
import { temporaryFolder } from '#test/support/temporary-folder.ts';
import { startTocsin, type TocsinProcess, tocsin } from '#test/support/tocsin-process.ts';

const section = textOf('docs/operator.md').split('## Backup and restore')[1]?.split('\n## ')[0] ?? '';
const lines = shellLines(section);
const restoring = lines.findIndex((line) => line.startsWith('mkdir before'));

it('a backup made while Tocsin runs and restored after kill -9, by the commands of the guide, is the log and the keys as they were', {
  timeout: 300_000,
}, async () => {
  const folder = temporaryFolder();
  const stateDir = join(folder, '.tocsin');
  const shell = (commands: readonly string[]) => {
    expect(commands.length).toBeGreaterThan(3);
    execFileSync('sh', ['-ec', commands.map(ofSimulatedRun).join('\n')], { cwd: folder, env: withSqlite(folder) });
  };
  const call = async () => expect(await tocsin(stateDir, ['simulate', 'call', '--wait'])).toMatchObject({ code: 0 });
  const files = { log: join(stateDir, 'simulator/event-log.db'), keys: join(stateDir, 'keys.db') };

  const first = await startTocsin(stateDir, ['--simulate']);
  await call();
  const noted = await digest(stateDir);
  const inodes = besideInodes(files);
  shell(lines.slice(0, restoring));
  expect(besideInodes(files)).toEqual(inodes);
  await call();
  expect(await digest(stateDir)).not.toBe(noted);
  await first.end('SIGKILL');

  shell(lines.slice(restoring));
  expect(readdirSync(join(stateDir, 'simulator')).filter((name) => name.startsWith('event-log.db'))).toEqual([
    'event-log.db',
  ]);
  for (const file of Object.values(files)) expect(integrityOf(file)).toEqual(['ok']);
  expect(statSync(files.keys).mode & 0o077).toBe(0);
  const replayed = await tocsin(stateDir, ['audit', 'replay', '--expect', noted]);
  expect(replayed.stdout).toMatch(/^EQUAL /m);
  expect(replayed.code).toBe(0);

  const second = await startTocsin(stateDir, ['--simulate']);
  // What the backup lacks is read from the hub again.
  await eventually('all calls', async () => (await callsOf(second)).length === 2);
  await call();
  await second.end('SIGTERM');
  for (const file of Object.values(files)) expect(integrityOf(file)).toEqual(['ok']);
});

/** A simulated run keeps its log elsewhere, as the guide says. */
function ofSimulatedRun(line: string): string {
  return line.replaceAll('.tocsin/event-log.db', '.tocsin/simulator/event-log.db');
}

async function digest(stateDir: string): Promise<string> {
  const { stdout } = await tocsin(stateDir, ['audit', 'replay', '--json']);
  return (JSON.parse(stdout) as { digests: Record<string, string> }).digests['emergencies'] ?? '';
}

async function callsOf(process: TocsinProcess): Promise<readonly unknown[]> {
  const response = await fetch(`${process.endpoints['desk']}/api/emergencies`);
  return ((await response.json()) as { items: readonly unknown[] }).items;
}

/** Which files stand beside the databases: another one in place of an open one means that what Tocsin writes is lost. */
function besideInodes(files: Readonly<Record<string, string>>): readonly number[] {
  return Object.values(files).flatMap((file) => ['-wal', '-shm'].map((end) => statSync(file + end).ino));
}

function integrityOf(file: string): readonly unknown[] {
  const db = new DatabaseSync(file, { readOnly: true });
  try {
    return db
      .prepare('PRAGMA integrity_check')
      .all()
      .map((row) => row['integrity_check']);
  } finally {
    db.close();
  }
}

/** The machine's own `sqlite3` where it has one, else what stands in for it here. */
function withSqlite(folder: string): NodeJS.ProcessEnv {
  const bin = join(folder, 'bin');
  mkdirSync(bin, { recursive: true });
  const program = `#!${process.execPath}
const { DatabaseSync, backup } = require('node:sqlite');
const [, , file, command] = process.argv;
const db = new DatabaseSync(file);
backup(db, /^\\.backup '(.*)'$/.exec(command)[1]).then(() => db.close());
`;
  writeFileSync(join(bin, 'sqlite3'), program);
  chmodSync(join(bin, 'sqlite3'), 0o700);
  return { ...process.env, PATH: `${process.env['PATH']}${delimiter}${bin}` };
}
