import { DatabaseSync } from 'node:sqlite';
import { afterAll, describe, expect, it } from 'vitest';
import { openLogFile } from '#adapters/sqlite/schema.ts';
import { temporaryFolder } from '#test/adapters/sqlite/temporary-folder.ts';

/** Bytes of a page, and of the write-ahead log at which it begins anew. */
function sizes(db: DatabaseSync): { readonly page: number; readonly wal: number } {
  const one = (name: string) => Number(Object.values(db.prepare(`PRAGMA ${name}`).get() ?? {})[0]);
  return { page: one('page_size'), wal: one('page_size') * one('wal_autocheckpoint') };
}

describe('the file of the event log', () => {
  const folder = temporaryFolder();
  afterAll(folder.remove);

  it('has pages that several events fit into', () => {
    const db = openLogFile(folder.path('log.db'), 'write');
    expect(sizes(db)).toEqual({ page: 16_384, wal: 64 * 1024 ** 2 });
    db.close();
  });

  it('keeps the pages that an older version gave it, and has a write-ahead log that is as long', () => {
    const file = folder.path('older.db');
    const old = new DatabaseSync(file);
    old.exec('PRAGMA page_size = 4096; PRAGMA journal_mode = WAL; CREATE TABLE kept (id INTEGER) STRICT');
    old.close();
    const db = openLogFile(file, 'write');
    expect(sizes(db)).toEqual({ page: 4096, wal: 64 * 1024 ** 2 });
    db.close();
  });
});
