import { randomBytes } from 'node:crypto';
import { chmodSync, copyFileSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createSqliteKeyStore } from '#adapters/key-store/sqlite-key-store.ts';
import type { KeyStore } from '#ports/key-store.ts';
import { temporaryPlace } from './place.ts';

describe('the SQLite key store', () => {
  let place: ReturnType<typeof temporaryPlace>;
  let opened: KeyStore[];
  const open = async (options: object = {}) => {
    const store = await createSqliteKeyStore({ ...place, ...options });
    opened.push(store);
    return store;
  };
  /** Opens a store, makes a key and closes it again. */
  const prepare = async () => {
    const store = await createSqliteKeyStore(place);
    await store.subjectKeys(['number:1']);
    await store.close();
  };

  beforeEach(() => {
    place = temporaryPlace();
    opened = [];
  });
  afterEach(async () => {
    for (const store of opened) await store.close();
    place.remove();
  });

  describe('and its master key', () => {
    it('makes 32 random bytes that only the owner may read, and a database that only the owner may read', async () => {
      await open();
      const { mode, size } = statSync(place.masterKeyFile);
      expect([mode & 0o777, size]).toEqual([0o600, 32]);
      expect(statSync(place.file).mode & 0o777).toBe(0o600);
    });

    it.each([0o640, 0o604, 0o644])('refuses one of mode %o and says what to do', async (mode) => {
      await prepare();
      chmodSync(place.masterKeyFile, mode);
      await expect(open()).rejects.toMatchObject({
        problem: 'master-key-exposed',
        message: expect.stringContaining(`chmod 600 ${place.masterKeyFile}`),
      });
    });

    it('refuses to start without it when there are keys, and makes none in its place', async () => {
      await prepare();
      rmSync(place.masterKeyFile);
      await expect(open()).rejects.toMatchObject({ problem: 'master-key-missing' });
      expect(statSync(place.masterKeyFile, { throwIfNoEntry: false })).toBeUndefined();
    });

    it('refuses one that is not the one of these keys', async () => {
      await prepare();
      writeFileSync(place.masterKeyFile, randomBytes(32));
      await expect(open()).rejects.toMatchObject({ problem: 'master-key-wrong' });
    });

    it('refuses a file that is no master key, and leaves it as it is', async () => {
      writeFileSync(place.masterKeyFile, 'something else of the operator', { mode: 0o600 });
      await expect(open()).rejects.toMatchObject({ problem: 'master-key-malformed' });
      expect(readFileSync(place.masterKeyFile, 'utf8')).toBe('something else of the operator');
    });

    it('fills a file that was left empty by a process that died at that moment', async () => {
      writeFileSync(place.masterKeyFile, '', { mode: 0o600 });
      await open();
      expect(statSync(place.masterKeyFile).size).toBe(32);
    });

    it('takes one that an operator brought along', async () => {
      const brought = randomBytes(32);
      writeFileSync(place.masterKeyFile, brought, { mode: 0o600 });
      await open();
      expect(readFileSync(place.masterKeyFile)).toEqual(brought);
    });
  });

  describe('when its file cannot be used', () => {
    const away = { ok: false, reason: 'unavailable', detail: expect.any(String) };

    it('refuses to start on a file that is no database', async () => {
      writeFileSync(place.file, 'x'.repeat(10_000));
      await expect(open()).rejects.toMatchObject({ problem: 'unreachable' });
    });

    it('answers unavailable while its folder is gone, also for keys that it knows, and goes on once it is back', async () => {
      const store = await open();
      const before = await store.subjectKeys(['number:1']);
      const hidden = `${place.folder}-hidden`;
      renameSync(place.folder, hidden);
      try {
        expect(await store.subjectKeys(['number:1'])).toEqual(away);
        expect(await store.find(['x'])).toEqual(away);
        expect(await store.erase('number:1')).toEqual(away);
        expect(await store.dayKey('commitment', '2026-03-01')).toEqual(away);
        expect(await store.destroyDayKeys('commitment', '2026-03-01')).toEqual(away);
        expect(store.token(['x'])).toHaveLength(1);
      } finally {
        renameSync(hidden, place.folder);
      }
      expect(await store.subjectKeys(['number:1'])).toEqual(before);
    });

    it('makes no keys into a file that was deleted under it, nor a new store in its place', async () => {
      const store = await open();
      for (const name of ['', '-wal', '-shm']) rmSync(place.file + name, { force: true });
      expect(await store.subjectKeys(['number:2'])).toEqual(away);
      expect(statSync(place.file, { throwIfNoEntry: false })).toBeUndefined();
    });

    it.each(['-wal', '-shm'])(
      'makes no keys into a %s that was taken away, and loses none that were made',
      async (end) => {
        const store = await open();
        const before = await store.subjectKeys(['number:1']);
        renameSync(place.file + end, `${place.folder}/away`);
        const torn = { ...away, detail: expect.stringContaining('was taken away') };
        expect(await store.subjectKeys(['number:2'])).toEqual(torn);
        writeFileSync(place.file + end, '');
        expect(await store.find(['x'])).toEqual(torn);
        rmSync(place.file + end);
        await store.close();
        expect(await (await open()).subjectKeys(['number:1'])).toEqual(before);
      },
    );

    it.skipIf(process.platform !== 'linux')(
      'holds its lock on the file, so that nobody else takes its log away',
      async () => {
        await open();
        await open({ ownThread: true });
        const { ino } = statSync(place.file);
        const locks = readFileSync('/proc/locks', 'utf8').split('\n');
        expect(locks.filter((lock) => lock.includes(`:${ino} `))).toEqual([expect.stringContaining(' READ ')]);
      },
    );

    it('opens the file again when a backup of it was put in its place', async () => {
      await prepare();
      copyFileSync(place.file, `${place.folder}/backup`);
      const store = await open();
      const before = await store.subjectKeys(['number:1']);
      for (const name of ['', '-wal', '-shm']) rmSync(place.file + name, { force: true });
      expect(await store.subjectKeys(['number:1'])).toEqual(away);
      renameSync(`${place.folder}/backup`, place.file);
      expect(await store.subjectKeys(['number:1'])).toEqual(before);
    });

    it('refuses another key store that was put in its place', async () => {
      const other = temporaryPlace();
      try {
        const second = await createSqliteKeyStore({ ...other, masterKeyFile: place.masterKeyFile });
        await second.close();
        const store = await open();
        for (const name of ['', '-wal', '-shm']) rmSync(place.file + name, { force: true });
        renameSync(other.file, place.file);
        expect(await store.subjectKeys(['number:1'])).toMatchObject({ detail: expect.stringContaining('another') });
      } finally {
        other.remove();
      }
    });

    it('answers unavailable while another process holds the write lock for too long', async () => {
      const store = await open({ busyTimeoutMs: 20 });
      const known = await store.subjectKeys(['number:1']);
      const holder = new DatabaseSync(place.file);
      holder.exec('BEGIN IMMEDIATE');
      expect(await store.subjectKeys(['number:2'])).toEqual(away);
      expect(await store.subjectKeys(['number:1'])).toEqual(known);
      holder.exec('ROLLBACK');
      holder.close();
      expect(await store.subjectKeys(['number:2'])).toMatchObject({ ok: true });
    });

    it('with a thread that makes keys, waits for another process without keeping those waiting who need no new key', async () => {
      const store = await open({ ownThread: true });
      const known = await store.subjectKeys(['number:1']);
      const holder = new DatabaseSync(place.file);
      holder.exec('BEGIN IMMEDIATE');
      const waiting = store.subjectKeys(['number:2']);
      expect(await store.subjectKeys(['number:1'])).toEqual(known);
      holder.exec('ROLLBACK');
      holder.close();
      expect(await waiting).toMatchObject({ ok: true });
    });

    it('with a thread that makes keys, makes none into a file that is gone, and goes on once it is back', async () => {
      const store = await open({ ownThread: true });
      await store.subjectKeys(['number:1']);
      const hidden = `${place.folder}-hidden`;
      renameSync(place.folder, hidden);
      try {
        expect(await store.subjectKeys(['number:2'])).toEqual(away);
      } finally {
        renameSync(hidden, place.folder);
      }
      expect(await store.subjectKeys(['number:2'])).toMatchObject({ ok: true });
    });

    it('erases with somebody also chats whose keys older versions made, once they were written to again', async () => {
      const person = '7a0e0000-0000-4000-8000-000000000001';
      const chat = `chat:t/19:${person}_7a0e0000-0000-4000-8000-000000000002@unq.gbl.spaces`;
      const made = await (await open()).subjectKeys([chat]);
      const db = new DatabaseSync(place.file);
      db.exec('DROP TABLE chats_of_people');
      db.close();
      const store = await open();
      expect(await store.subjectKeys([chat])).toEqual(made);
      expect(await store.erase(`user:t/${person}`)).toEqual({
        ok: true,
        keyIds: made.ok ? made.keys.map(({ keyId }) => keyId) : [],
      });
    });

    it('does not call a subject erased whose key is damaged on the disk, and gives it a new key to seal with', async () => {
      await prepare();
      const db = new DatabaseSync(place.file);
      const { key_id } = db.prepare('SELECT key_id FROM subject_keys').get() as { key_id: string };
      db.prepare('UPDATE subject_keys SET wrapped = ?').run(randomBytes(60));
      db.close();
      const store = await open();
      expect(await store.find([key_id])).toEqual({ ...away, detail: expect.stringContaining(key_id) });
      const answer = await store.subjectKeys(['number:1']);
      expect(answer.ok && answer.keys[0]?.keyId).not.toBe(key_id);
    });
  });

  it('says that an erasure must be repeated while a reader keeps its traces, and then leaves none', async () => {
    const store = await open({ busyTimeoutMs: 20 });
    const answer = await store.subjectKeys(['number:1']);
    const reader = new DatabaseSync(place.file);
    reader.exec('BEGIN; SELECT count(*) FROM subject_keys');
    expect(await store.erase('number:1')).toMatchObject({ ok: false, detail: expect.stringContaining('repeat') });
    reader.exec('COMMIT');
    reader.close();
    const keyId = answer.ok ? answer.keys[0]?.keyId : undefined;
    expect(await store.erase('number:1')).toEqual({ ok: true, keyIds: [keyId] });
    expect(statSync(`${place.file}-wal`).size).toBe(0);
  });

  it('makes the ids of keys with the ids it was given', async () => {
    const ids = ['00000000-0000-4000-8000-000000000001', '00000000-0000-4000-8000-000000000002'];
    const store = await open({ ids: { random: () => ids.shift() ?? '' } });
    expect(store.id).toBe('00000000-0000-4000-8000-000000000001');
    const answer = await store.subjectKeys(['number:1']);
    expect(answer.ok && answer.keys[0]?.keyId).toBe('00000000-0000-4000-8000-000000000002');
  });
});
