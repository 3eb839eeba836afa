import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A folder of its own for one key store. */
export function temporaryPlace() {
  const folder = mkdtempSync(join(tmpdir(), 'key-store-'));
  return {
    folder,
    file: join(folder, 'keys.db'),
    masterKeyFile: join(folder, 'master.key'),
    /** Every byte that the key store has in files, its master key left out. */
    bytes: () =>
      Buffer.concat(
        readdirSync(folder)
          .filter((name) => name.startsWith('keys.db'))
          .map((name) => readFileSync(join(folder, name))),
      ),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
