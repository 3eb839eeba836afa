import { acrossSettings } from '#infra/settings/across-settings.ts';
import type { StackSetting } from '#infra/settings/row.ts';
import { requiredSettings, type StackSettingKey, stackSettings } from '#infra/settings/schema.ts';
import { sizes } from '#infra/settings/sizes.ts';
import type { StackSettings } from '#infra/settings/stack-settings.ts';

export type ReadStackSettings =
  | { readonly ok: true; readonly settings: StackSettings }
  | { readonly ok: false /** One sentence for each fault, the key first. */; readonly faults: readonly string[] };

/**
 * Reads a stack's settings from texts by key (an empty text is one that was left out). Lists every fault at once, and never repeats the value of a
 * secret. Pure: it makes no resource and asks nobody.
 */
export function readStackSettings(texts: Readonly<Record<string, string | undefined>>): ReadStackSettings {
  const faults: string[] = [];
  const wrong = new Set<string>();
  const values: Record<string, unknown> = {};
  for (const key of Object.keys(texts)) if (!(key in stackSettings)) faults.push(`${key} is not a setting of a stack.`);
  for (const [key, row] of Object.entries(stackSettings) as [StackSettingKey, StackSetting<unknown>][]) {
    const given = texts[key]?.trim();
    const text = given === undefined || given === '' ? row.default : given;
    if (text === undefined) {
      if (requiredSettings.includes(key)) faults.push(`${key} is missing. ${row.description}`);
      continue;
    }
    const result = row.parse(text);
    if (result.ok) values[key] = result.value;
    else {
      wrong.add(key);
      faults.push(`${key} ${result.fault}.`);
    }
  }
  const size = sizes[(values['size'] as keyof typeof sizes | undefined) ?? 'standard'];
  const settings = { ...size, ...values } as StackSettings;
  faults.push(...acrossSettings(settings, wrong));
  return faults.length === 0 ? { ok: true, settings: Object.freeze(settings) } : { ok: false, faults };
}
