import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createGroupCommit } from '#adapters/sqlite/group-commit.ts';
import type { WriteReply, WriteRequest } from '#adapters/sqlite/messages.ts';
import { createRecentIds } from '#adapters/sqlite/recent-ids.ts';

const turnstile = { enter: (begin: () => void) => begin(), leave: () => undefined };

/** A request that the writer below understands: what to write, or which fault to cause. */
function request(stream: string): WriteRequest {
  return { kind: 'soft-delete', stream, expected: 'any', eventId: '', now: 0 };
}

describe('group commit', () => {
  let db: DatabaseSync;
  let guard: () => void;
  const rows = () =>
    db
      .prepare('SELECT name FROM written')
      .all()
      .map((row) => row['name']);

  beforeEach(() => {
    db = new DatabaseSync(':memory:', { enableForeignKeyConstraints: true });
    db.exec(`CREATE TABLE written (name TEXT NOT NULL, parent INTEGER REFERENCES parents DEFERRABLE INITIALLY DEFERRED);
      CREATE TABLE parents (id INTEGER PRIMARY KEY)`);
    guard = () => undefined;
  });
  afterEach(() => db.close());

  function commit(...streams: string[]): WriteReply[] {
    const insert = db.prepare('INSERT INTO written VALUES (?, ?)');
    const write = ({ stream }: WriteRequest): WriteReply => {
      // A missing parent is noticed by the commit alone.
      insert.run(stream, stream === 'fails at the commit' ? 1 : null);
      if (stream === 'throws') throw new Error('fault of this request');
      if (stream === 'fills the disk')
        db.exec('PRAGMA max_page_count = 1; CREATE TABLE more AS SELECT zeroblob(100000)');
      return { ok: true, position: 1n };
    };
    return createGroupCommit(db, write, createRecentIds(), turnstile, () => guard())(streams.map(request));
  }

  it('undoes a request that fails, and it alone', () => {
    expect(commit('a', 'throws', 'b')).toMatchObject([
      { ok: true },
      { ok: false, reason: 'unavailable', detail: 'fault of this request' },
      { ok: true },
    ]);
    expect(rows()).toEqual(['a', 'b']);
  });

  it('calls the outcome unknown when the commit itself fails', () => {
    const unknown = { ok: false, reason: 'unknown-outcome' };
    expect(commit('a', 'fails at the commit')).toMatchObject([unknown, unknown]);
    expect(commit('b')).toMatchObject([{ ok: true }]);
    expect(rows()).toEqual(['b']);
  });

  it('answers unavailable when the disk is full, and works again when it is not', () => {
    expect(commit('fills the disk')).toMatchObject([{ ok: false, reason: 'unavailable' }]);
    db.exec('PRAGMA max_page_count = 100000');
    expect(commit('b')).toMatchObject([{ ok: true }]);
    expect(rows()).toEqual(['b']);
  });

  it('writes nothing when the guard objects', () => {
    guard = () => {
      throw new Error('taken away');
    };
    expect(commit('a')).toEqual([{ ok: false, reason: 'unavailable', detail: 'taken away' }]);
    expect(rows()).toEqual([]);
  });
});
