import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SettingKey } from '#config/settings.ts';

/** URL of a module that has a process record which of its settings it reads, for `--import`. */
export const recorder = new URL('./record-settings.ts', import.meta.url).href;

/** What a process with this state folder has read so far. */
export function settingsRead(stateDir: string): ReadonlySet<SettingKey> {
  const text = readFileSync(join(stateDir, 'settings-read'), 'utf8');
  return new Set(text.split('\n').filter((key) => key !== '') as SettingKey[]);
}
