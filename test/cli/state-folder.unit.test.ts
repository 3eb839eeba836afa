import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createContext } from '#cli/roles/context.ts';
import type { Settings } from '#config/settings.ts';
import { temporaryFolder } from '#test/support/temporary-folder.ts';

it.each([
  ['is a file', 'taken', 'EEXIST'],
  ['is to be made in a file', 'taken/state', 'ENOTDIR'],
])('a state folder that %s is a wrong setting, and is named', async (_, name, code) => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'taken'), '');
  const stateDir = join(folder, name);
  const settings = { stateDir, logLevel: 'silent' } as Settings;
  await expect(createContext(settings, '0.0.0', new AbortController().signal)).rejects.toMatchObject({
    exitCode: 78,
    message: expect.stringContaining(`TOCSIN_STATE_DIR: nothing can be kept in the folder ${stateDir} (${code})`),
  });
});
