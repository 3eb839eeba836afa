import { readSecretFile, type Setting } from '#config/setting.ts';
import { type SettingKey, type Settings, settings as table } from '#config/settings.ts';

/** Settings that were left out, as the simulators want them; what was set stays. */
export function pointAt(settings: Settings, given: Readonly<Record<string, string>>): Settings {
  const pointed: Record<string, unknown> = { ...settings };
  for (const [key, setting] of Object.entries(table) as [SettingKey, Setting<unknown>][]) {
    if (settings[key] !== undefined) continue;
    const text = textOf(setting, given);
    if (text === undefined) continue;
    const parsed = setting.parse(text);
    if (!parsed.ok) throw new Error(`the simulators give ${setting.name} a value that is refused: ${parsed.problem}`);
    pointed[key] = parsed.value;
  }
  return Object.freeze(pointed) as Settings;
}

function textOf(setting: Setting<unknown>, given: Readonly<Record<string, string>>): string | undefined {
  const file = given[`${setting.name}_FILE`];
  if (file === undefined) return given[setting.name];
  const read = readSecretFile(file);
  return read.ok ? read.value : undefined;
}
