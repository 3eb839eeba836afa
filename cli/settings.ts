import { existsSync, readFileSync } from 'node:fs';
import { CommandError, exitCodes } from '#cli/exit-codes.ts';
import { type ReadSettingsResult, readSettings } from '#config/read-settings.ts';
import type { Settings } from '#config/settings.ts';

/** Reads the settings of this process; what is wrong with them is all said at once. */
export function loadSettings(stateDir: string | undefined): ReadSettingsResult {
  return readSettings({
    environment: process.env,
    file: readFile('tocsin.json'),
    ...(stateDir === undefined ? {} : { flags: { stateDir } }),
  });
}

/** As {@link loadSettings}, ending the command with exit code 78 where they are wrong. */
export function requireSettings(stateDir: string | undefined): Settings {
  const read = loadSettings(stateDir);
  if (read.ok) return read.settings;
  throw new CommandError(
    exitCodes.settings,
    `the settings are wrong:\n${read.problems.map((problem) => `  - ${problem}`).join('\n')}`,
  );
}

function readFile(name: string): unknown {
  if (!existsSync(name)) return undefined;
  try {
    return JSON.parse(readFileSync(name, 'utf8'));
  } catch {
    throw new CommandError(exitCodes.settings, `${name} is not JSON`);
  }
}
