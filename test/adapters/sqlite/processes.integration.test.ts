import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createSqliteEventLog, type SqliteEventLog } from '#adapters/sqlite/event-log.ts';
import { systemClock } from '#adapters/system/clock.ts';
import { batchSize, idOf } from '#test/adapters/sqlite/numbered-events.ts';
import { temporaryFolder } from '#test/adapters/sqlite/temporary-folder.ts';
import { follow, newEvents, readWhole, write } from '#test/contract/event-log/suite.ts';

describe('the embedded log', () => {
  let folder: ReturnType<typeof temporaryFolder>;
  let file: string;
  const logs: SqliteEventLog[] = [];
  const children: ChildProcess[] = [];

  async function open(lockTimeoutMs = 4_000): Promise<SqliteEventLog> {
    const log = await createSqliteEventLog({ file, clock: systemClock, lockTimeoutMs });
    logs.push(log);
    return log;
  }

  /** A process that appends until it is killed. */
  function startWriter(stream: string, acknowledged = -1) {
    const body = fileURLToPath(new URL('./writer-process.ts', import.meta.url));
    const child = spawn(process.execPath, [body, file, stream, String(acknowledged)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    children.push(child);
    let last = acknowledged;
    const lines = createInterface(child.stdout).on('line', (line) => {
      last = Number(line);
    });
    const ended = Promise.all([once(child, 'exit'), once(lines, 'close')]);
    return {
      acknowledged: () => last,
      async until(appends: number) {
        const goal = last + appends * batchSize;
        while (last < goal && child.exitCode === null) await Promise.race([once(lines, 'line'), ended]);
      },
      async kill() {
        child.kill('SIGKILL');
        await ended;
      },
    };
  }

  /** What a process answers that opens the file with SQLite alone, and closes it. */
  function useElsewhere(statement: string): string {
    const program = `const { DatabaseSync } = require('node:sqlite');
      const db = new DatabaseSync(process.argv[1]);
      process.stdout.write(JSON.stringify(db.prepare(process.argv[2]).all()));
      db.close();`;
    return execFileSync(process.execPath, ['-e', program, file, statement], { encoding: 'utf8' });
  }

  beforeEach(() => {
    folder = temporaryFolder();
    file = folder.path('state/log.db');
  });
  afterEach(async () => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
    await Promise.all(logs.splice(0).map((log) => log.close()));
    folder.remove();
  });

  it('keeps every acknowledged append of a process that is killed, and its successor repeats none', async () => {
    const other = await open();
    let acknowledged = -1;
    let mine = -1;
    for (let round = 0; round < 8; round++) {
      const writer = startWriter('killed', acknowledged);
      await writer.until(1);
      // Killed at a different moment each time, while this process writes to the same file.
      for (let n = 0; n < 3 + round * 2; n++) {
        mine = (await write(other, 'other', mine < 0 ? 'no-stream' : mine, newEvents(7))).revision;
      }
      await writer.kill();
      expect(writer.acknowledged()).toBeGreaterThan(acknowledged);
      acknowledged = writer.acknowledged();
      const stored = await readWhole(other, 'killed', 500);
      expect(stored.length).toBeGreaterThanOrEqual(acknowledged + 1);
      expect(stored.length % batchSize).toBe(0);
      expect(stored.map((event) => event.id)).toEqual(stored.map((_, n) => idOf('killed', n)));
    }
    expect((await readWhole(other, 'other')).map((event) => event.revision)).toEqual(
      Array.from({ length: mine + 1 }, (_, n) => n),
    );
  });

  it('shows subscribers at once what another process appends', async () => {
    const log = await open();
    let writer: ReturnType<typeof startWriter> | undefined;
    const options = { filter: { by: 'stream-prefix', prefixes: ['foreign'] } } as const;
    const seen = await follow(log, options, async ({ caughtUp, events }) => {
      if (caughtUp) writer ??= startWriter('foreign');
      return events.length >= 200;
    });
    await writer?.kill();
    expect(seen.events.length).toBeGreaterThanOrEqual(200);
    expect(seen.events.map((event) => event.id)).toEqual(seen.events.map((_, n) => idOf('foreign', n)));
  });

  it('gives one order to several logs that are open on one file', async () => {
    const [one, two] = [await open(), await open()];
    await Promise.all(
      [one, two].map(async (log, index) => {
        for (let n = 0; n < 30; n++) await write(log, `log-${index}`, n === 0 ? 'no-stream' : n - 1, newEvents(1));
      }),
    );
    const all = { direction: 'forwards', limit: 1_000 } as const;
    const seen = await one.readAll(all);
    expect(seen.ok && seen.events.length).toBe(60);
    expect(await two.readAll(all)).toEqual(seen);
  });

  it('lets one of several logs win a revision', async () => {
    const both = [await open(), await open()];
    for (let n = 0; n < 20; n++) {
      const expected = n === 0 ? 'no-stream' : n - 1;
      const results = await Promise.all(both.map((log) => log.append('contested', expected, newEvents(1))));
      expect(results.filter((result) => result.ok)).toHaveLength(1);
      expect(results.find((result) => !result.ok)).toMatchObject({ reason: 'wrong-expected-revision', actual: n });
    }
  });

  it('waits for the lock of another process, and can be read meanwhile', async () => {
    const log = await open();
    await write(log, 'locked', 'no-stream', newEvents(1));
    const holder = new DatabaseSync(file);
    holder.exec('BEGIN IMMEDIATE');
    const pending = write(log, 'locked', 0, newEvents(1));
    expect(await readWhole(log, 'locked')).toHaveLength(1);
    holder.exec('ROLLBACK');
    holder.close();
    expect((await pending).revision).toBe(1);
  });

  it('answers unavailable when the lock is held for too long, and writes nothing', async () => {
    const log = await open(50);
    const holder = new DatabaseSync(file);
    holder.exec('BEGIN IMMEDIATE');
    const late = newEvents(1);
    expect(await log.append('late', 'no-stream', late)).toMatchObject({ ok: false, reason: 'unavailable' });
    holder.exec('ROLLBACK');
    holder.close();
    expect(await log.readStream('late', { direction: 'forwards', limit: 1 })).toMatchObject({ ok: false });
    expect((await write(log, 'late', 'no-stream', late)).revision).toBe(0);
  });

  it('gives an append up as unknown when its time is over', async () => {
    const log = await open();
    const holder = new DatabaseSync(file);
    holder.exec('BEGIN IMMEDIATE');
    const events = newEvents(1);
    const result = await log.append('unknown', 'no-stream', events, { timeoutMs: 20 });
    expect(result).toMatchObject({ ok: false, reason: 'unknown-outcome' });
    holder.exec('ROLLBACK');
    holder.close();
    expect((await write(log, 'unknown', 'no-stream', events)).revision).toBe(0);
    expect(await readWhole(log, 'unknown')).toHaveLength(1);
  });

  it('acknowledges nothing once its file was taken away', async () => {
    const log = await open();
    await write(log, 'gone', 'no-stream', newEvents(1));
    renameSync(file, `${file}.away`);
    const unavailable = { ok: false, reason: 'unavailable', detail: expect.stringContaining('taken away') };
    expect(await log.append('gone', 0, newEvents(1))).toEqual(unavailable);
    expect(await log.readAll({ direction: 'forwards', limit: 1 })).toEqual(unavailable);
    renameSync(`${file}.away`, file);
    expect((await write(log, 'gone', 0, newEvents(1))).revision).toBe(1);
  });

  it.skipIf(process.platform !== 'linux')(
    'holds its lock on the file, so that nobody else takes its log away',
    async () => {
      await open();
      await open();
      const { ino } = statSync(file);
      const locks = readFileSync('/proc/locks', 'utf8').split('\n');
      expect(locks.filter((lock) => lock.includes(`:${ino} `))).toEqual([expect.stringContaining(' READ ')]);
    },
  );

  it('keeps its write-ahead log while other processes open the file, read, write and close it', async () => {
    const log = await open();
    await write(log, 'beside', 'no-stream', newEvents(1));
    const inodes = () => ['', '-wal', '-shm'].map((end) => statSync(file + end).ino);
    const before = inodes();
    for (const statement of [
      'SELECT count(*) FROM events',
      'CREATE TABLE beside (n)',
      'DROP TABLE beside',
      'PRAGMA wal_checkpoint(TRUNCATE)',
    ]) {
      useElsewhere(statement);
      expect(inodes()).toEqual(before);
    }
    const beside = startWriter('elsewhere');
    await beside.until(3);
    await beside.kill();
    expect(inodes()).toEqual(before);
    expect((await write(log, 'beside', 0, newEvents(1))).revision).toBe(1);
    expect(useElsewhere("SELECT rev FROM streams WHERE name = 'beside'")).toContain('"rev":1');
  });

  it('acknowledges and reads nothing once its write-ahead log or its index was taken away', async () => {
    for (const end of ['-wal', '-shm']) {
      const log = await open();
      const stream = `without${end}`;
      await write(log, stream, 'no-stream', newEvents(1));
      renameSync(file + end, `${file}.away`);
      const unavailable = { ok: false, reason: 'unavailable', detail: expect.stringContaining(`${file}${end}`) };
      expect(await log.append(stream, 0, newEvents(1))).toEqual(unavailable);
      expect(await log.readAll({ direction: 'forwards', limit: 1 })).toEqual(unavailable);
      writeFileSync(file + end, '');
      expect(await log.append(stream, 0, newEvents(1))).toEqual(unavailable);
      renameSync(`${file}.away`, file + end);
      expect((await write(log, stream, 0, newEvents(1))).revision).toBe(1);
      await log.close();
    }
  });

  it('keeps what it acknowledged when its write-ahead log was deleted and it is stopped in the ordinary way', async () => {
    const log = await open();
    await write(log, 'deleted', 'no-stream', newEvents(5));
    for (const end of ['-wal', '-shm']) rmSync(file + end);
    expect(await log.append('deleted', 4, newEvents(1))).toMatchObject({ reason: 'unavailable' });
    await log.close();
    expect(await readWhole(await open(), 'deleted')).toHaveLength(5);
  });

  it('is readable for its owner alone and leaves one file behind when it is closed', async () => {
    const log = await open();
    await write(log, 'closed', 'no-stream', newEvents(10));
    await log.close();
    expect(statSync(file).mode & 0o077).toBe(0);
    expect([`${file}-wal`, `${file}-shm`, `${file}-waiting`].filter((path) => existsSync(path))).toEqual([]);
    expect(await readWhole(await open(), 'closed')).toHaveLength(10);
  });

  it('refuses a file that a newer version wrote, and one that is something else', async () => {
    await open();
    const db = new DatabaseSync(file);
    db.exec('PRAGMA user_version = 99');
    db.close();
    await expect(open()).rejects.toThrow(/newer version \(99/);
    file = folder.path('notes.txt');
    writeFileSync(file, 'not an event log, and longer than the head of a database file'.repeat(10));
    await expect(open()).rejects.toThrow(/not a database/);
  });
});
