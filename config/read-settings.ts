import { crossChecks } from '#config/cross-checks.ts';
import { readSecretFile, type Setting } from '#config/setting.ts';
import { otherNames, type SettingKey, type Settings, settings, testNames } from '#config/settings.ts';

/** Where values come from, the strongest first. */
export interface SettingSources {
  /** By setting key, from the command line. */
  readonly flags?: Readonly<Partial<Record<SettingKey, string>>>;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Content of `tocsin.json`: an object from setting names to texts. */
  readonly file?: unknown;
}

export type ReadSettingsResult =
  | {
      readonly ok: true;
      readonly settings: Settings /** The value as text with its source, secrets as `(secret)`. */;
      readonly shown: ReadonlyMap<string, string>;
    }
  | {
      readonly ok: false /** One sentence each: the name, what is wrong, what to do. */;
      readonly problems: readonly string[];
    };

/** Reads every setting once, at the edge. All problems are listed at once; a secret's value is never part of one. */
export function readSettings(sources: SettingSources): ReadSettingsResult {
  const problems: string[] = [];
  const names = new Map<string, Setting<unknown>>(Object.values(settings).map((setting) => [setting.name, setting]));
  const fromFile = fileValues(sources.file, problems);
  for (const [name, where] of [
    ...Object.keys(sources.environment).map((n) => [n, ''] as const),
    ...Object.keys(fromFile).map((n) => [n, ' in tocsin.json'] as const),
  ]) {
    if (name.startsWith('TOCSIN_') && !isKnown(name, names))
      problems.push(`${name}${where} is not a setting${nearest(name, names)}.`);
  }
  const values: Record<string, unknown> = {};
  const shown = new Map<string, string>();
  const refused = new Set<SettingKey>();
  for (const [key, setting] of Object.entries(settings) as [SettingKey, Setting<unknown>][]) {
    const found = textOf(setting, sources.flags?.[key], sources.environment, fromFile, problems);
    if (found === undefined) {
      values[key] = undefined;
      continue;
    }
    const parsed = setting.parse(found.text);
    if (parsed.ok) values[key] = parsed.value;
    else {
      problems.push(`${setting.name} ${parsed.problem}.`);
      refused.add(key);
    }
    shown.set(setting.name, `${setting.secret ? '(secret)' : found.text} (${found.from})`);
  }
  problems.push(...crossChecks(values, refused));
  if (problems.length > 0) return { ok: false, problems };
  return { ok: true, settings: Object.freeze(values) as Settings, shown };
}

function fileValues(file: unknown, problems: string[]): Record<string, string> {
  if (file === undefined) return {};
  const entries = typeof file === 'object' && file !== null && !Array.isArray(file) ? Object.entries(file) : undefined;
  if (entries === undefined) {
    problems.push('tocsin.json must be an object from setting names to texts.');
    return {};
  }
  for (const [name, value] of entries) {
    if (!name.startsWith('TOCSIN_')) problems.push(`${name} in tocsin.json is not a setting.`);
    else if (!['string', 'number'].includes(typeof value)) problems.push(`${name} in tocsin.json must be a text.`);
  }
  return Object.fromEntries(entries.map(([name, value]) => [name, String(value)]));
}

function isKnown(name: string, names: ReadonlyMap<string, Setting<unknown>>): boolean {
  if (names.has(name) || ([...otherNames, ...testNames] as readonly string[]).includes(name)) return true;
  return name.endsWith('_FILE') && names.get(name.slice(0, -'_FILE'.length))?.secret === true;
}

function nearest(name: string, names: ReadonlyMap<string, Setting<unknown>>): string {
  const start = name.split('_').slice(0, 2).join('_');
  const near = [...names.keys()].filter((known) => known.startsWith(start));
  return near.length > 0
    ? `; did you mean ${near.slice(0, 3).join(' or ')}`
    : '; `tocsin doctor` lists those that there are';
}

function textOf(
  setting: Setting<unknown>,
  flag: string | undefined,
  environment: SettingSources['environment'],
  file: Record<string, string>,
  problems: string[],
): { text: string; from: string } | undefined {
  if (flag !== undefined) return { text: flag, from: 'command line' };
  const direct = environment[setting.name];
  const secretFile = setting.secret ? environment[`${setting.name}_FILE`] : undefined;
  if (direct !== undefined && direct !== '' && secretFile !== undefined) {
    problems.push(`${setting.name} and ${setting.name}_FILE are both set; keep one.`);
    return undefined;
  }
  if (direct !== undefined && direct !== '') return { text: direct, from: 'environment' };
  if (secretFile !== undefined) {
    const read = readSecretFile(secretFile);
    if (read.ok) return { text: read.value, from: 'file' };
    problems.push(`${setting.name}_FILE: ${read.problem}.`);
    return undefined;
  }
  const inFile = file[setting.name];
  if (inFile !== undefined) return { text: inFile, from: 'tocsin.json' };
  const named = setting.secret ? file[`${setting.name}_FILE`] : undefined;
  if (named !== undefined) {
    const read = readSecretFile(named);
    if (read.ok) return { text: read.value, from: 'file' };
    problems.push(`${setting.name}_FILE in tocsin.json: ${read.problem}.`);
    return undefined;
  }
  return setting.default === undefined ? undefined : { text: setting.default, from: 'default' };
}
