import { DatabaseSync } from 'node:sqlite';

/** What is wrong with a file of SQLite, looked through from end to end; undefined where nothing is. Others may use the file meanwhile. */
export function damageOf(file: string): string | undefined {
  let db: DatabaseSync | undefined;
  try {
    db = new DatabaseSync(file, { readOnly: true });
    const found = db.prepare('PRAGMA quick_check(1)').get()?.['quick_check'];
    return found === 'ok' ? undefined : 'database disk image is malformed';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    if (db?.isOpen === true) db.close();
  }
}
