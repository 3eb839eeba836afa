import { existsSync, readFileSync } from 'node:fs';
import { CommandError, exitCodes } from '#cli/exit-codes.ts';
import type { SettingFlags } from '#cli/setting-flags.ts';
import { type ReadSettingsResult, readSettings } from '#config/read-settings.ts';
import type { Settings } from '#config/settings.ts';

/** The state folder alone, or all flags that were given. */
export type GivenSettings = string | SettingFlags | undefined;

/** Reads the settings of this process; what is wrong with them is all said at once. */
export function loadSettings(given: GivenSettings): ReadSettingsResult {
  return settingsFrom(process.env, given);
}

/** As {@link loadSettings}, from another environment. */
export function settingsFrom(
  environment: Readonly<Record<string, string | undefined>>,
  given: GivenSettings,
): ReadSettingsResult {
  const flags = typeof given === 'string' ? { stateDir: given } : given;
  return readSettings({ environment, file: readFile('tocsin.json'), ...(flags === undefined ? {} : { flags }) });
}

/** As {@link loadSettings}, ending the command with exit code 78 where they are wrong. */
export function requireSettings(given: GivenSettings): Settings {
  const read = loadSettings(given);
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
