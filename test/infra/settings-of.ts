import { readStackSettings } from '#infra/settings/read-stack-settings.ts';
import type { StackSettings } from '#infra/settings/stack-settings.ts';
import type { Given } from '#test/infra/given.ts';

/** Checked settings, where a test takes it for granted that they are right. */
export function settingsOf(given: Given): StackSettings {
  const result = readStackSettings(given);
  if (!result.ok) throw new Error(result.faults.join('\n'));
  return result.settings;
}

/** What is wrong with settings. */
export function faultsOf(given: Given): readonly string[] {
  const result = readStackSettings(given);
  return result.ok ? [] : result.faults;
}
