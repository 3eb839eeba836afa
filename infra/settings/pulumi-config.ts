import type { StackSetting } from '#infra/settings/row.ts';
import { requiredSettings, type StackSettingKey, stackSettings } from '#infra/settings/schema.ts';

/** One entry of the `config:` block of `Pulumi.yaml`. */
export interface DeclaredSetting {
  readonly description: string;
  readonly default: string;
  readonly type?: 'string';
  readonly secret?: true;
}

/**
 * The `config:` block of `Pulumi.yaml`. Every entry is text with a default, an empty one where there is none: the engine would otherwise stop at its
 * first fault, and people want all of them at once, which `readStackSettings` lists. A typed secret could have no default, so secrets are untyped.
 */
export function declaredSettings(): Readonly<Record<string, DeclaredSetting>> {
  return Object.fromEntries(
    (Object.entries(stackSettings) as [StackSettingKey, StackSetting<unknown>][]).map(([key, row]) => [
      key,
      {
        ...(row.secret ? {} : { type: 'string' as const }),
        description: row.description + without(key, row),
        default: row.default ?? '',
        ...(row.secret ? { secret: true as const } : {}),
      },
    ]),
  );
}

const without = (key: StackSettingKey, row: StackSetting<unknown>): string =>
  requiredSettings.includes(key) || row.absent === undefined ? '' : ` Left out: ${row.absent}.`;
