import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Setting } from '#config/setting.ts';
import { type SettingKey, settings } from '#config/settings.ts';

/** Values from the command line, by setting; they beat the environment. */
export type SettingFlags = Readonly<Partial<Record<SettingKey, string>>>;

/** `TOCSIN_EVENT_HUB` is `--event-hub`. */
export function flagOf(name: Setting<unknown>['name']): string {
  return `--${name.slice('TOCSIN_'.length).toLowerCase().replaceAll('_', '-')}`;
}

/**
 * Gives a command one flag for each setting. A secret has none: everybody on a machine can read the command lines of its processes.
 * (`--state-dir` is a flag of the whole program.)
 */
export function addSettingFlags(command: Command): Command {
  for (const [key, setting] of entries) {
    if (key === 'stateDir') continue;
    const option = new Option(`${flagOf(setting.name)} <value>`, `${setting.description} (${setting.name})`);
    if (setting.secret) option.hideHelp().argParser(() => refuse(setting.name));
    command.addOption(option.helpGroup('Settings (they beat the environment, which beats tocsin.json):'));
  }
  return command;
}

/** What was given of them. */
export function settingFlags(options: Readonly<Record<string, unknown>>, stateDir: string | undefined): SettingFlags {
  const given = entries.flatMap(([key, { name }]) => {
    const value = key === 'stateDir' ? stateDir : options[new Option(`${flagOf(name)} <value>`).attributeName()];
    return typeof value === 'string' ? [[key, value] as const] : [];
  });
  return Object.fromEntries(given);
}

const entries = Object.entries(settings) as [SettingKey, Setting<unknown>][];

function refuse(name: string): never {
  throw new InvalidArgumentError(
    `It may hold a secret, and command lines can be read by everybody on this machine. Set ${name}, or ${name}_FILE to the file that holds it.`,
  );
}
