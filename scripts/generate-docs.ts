// Tables that would rot if people wrote them: settings, errors and stored events, made from the code. With --check nothing is written, and a difference fails.
import { readFileSync, writeFileSync } from 'node:fs';
import type { Setting } from '#config/setting.ts';
import { type SettingKey, settings } from '#config/settings.ts';
import { usedBy } from '#config/used-by.ts';
import { retryWords } from '#domain/credentials/retry.ts';
import { errorCodes } from '#domain/errors.ts';
import { applicationPermissions, delegatedPermissions } from '#domain/identity/permissions.ts';
import { identityTroubles } from '#domain/identity/trouble-table.ts';
import { reasonTexts } from '#domain/notices/reasons.ts';
import { eventRegistry } from '#domain/registry.ts';
import { gapWords } from '#domain/watch/words.ts';
import { stackDiagram } from './generate-stack-diagram.ts';

const generated = '<!-- Generated from the code by `npm run docs`; changes here are lost. -->\n';
const cell = (text: string) => text.replaceAll('|', '\\|');

function usersOf(key: SettingKey): string {
  const users = usedBy[key];
  if (users.length === 0) return 'commands';
  return users.length === 6
    ? 'all'
    : users.length === 5 && !users.includes('simulator')
      ? 'all but simulator'
      : users.join(', ');
}

function settingsPage(): string {
  const rows = (Object.entries(settings) as [SettingKey, Setting<unknown>][]).map(
    ([key, setting]) =>
      `| \`${setting.name}\`${setting.secret ? ' (also `_FILE`)' : ''} | ${cell(setting.description)} | ${cell(setting.default === undefined ? (setting.absent ?? '') : `\`${setting.default}\``)} | ${usersOf(key)} |`,
  );
  return `${generated}# Settings\n\nCommand line flags beat the environment, the environment beats an optional \`tocsin.json\` in the working folder (an object from these names to texts). A name that begins with \`TOCSIN_\` and is not listed here is an error. Secrets can be read from a file: \`<name>_FILE\`. Where roles run apart, each needs what it uses and nothing else.\n\n| name | meaning | default | roles that use it |\n|---|---|---|---|\n${rows.join('\n')}\n`;
}

function errorsPage(): string {
  const rows = Object.entries(errorCodes).map(
    ([code, entry]) =>
      `| <a id="${code}"></a>\`${code}\` | ${cell(entry.title)} | ${entry.status} | ${entry.exit} | ${cell(entry.remedy)} |`,
  );
  const why = Object.entries(reasonTexts).map(([word, sentence]) => `| \`${word}\` | ${cell(sentence)} |`);
  return `${generated}# Errors and reasons\n\nEvery answer that is not what was asked for is a problem detail (RFC 9457) with a \`code\` of this table; the command line exits with the number beside it.\n\n| code | what it means | HTTP | exit | what to do |\n|---|---|---|---|---|\n${rows.join('\n')}\n\n## Why an emergency is what it is\n\nThe words that stand in \`reasons\` of an emergency.\n\n| word | meaning |\n|---|---|\n${why.join('\n')}\n`;
}

function eventsPage(): string {
  const rows = eventRegistry.map(
    (row) =>
      `| \`${row.type}\` | ${row.version} | ${row.streams.map((stream) => `\`${stream}\``).join(', ')} | ${cell(row.description)} |`,
  );
  return `${generated}# Stored events\n\nEvery type of event that Tocsin writes, with the version of its data (\`metadata.schemaVersion\`). Older versions are read through upcasters.\n\n| type | version | stream | what it says |\n|---|---|---|---|\n${rows.join('\n')}\n`;
}

const whoActs = {
  'sign-in-again': 'Somebody has to sign in again',
  'admin-must-act': 'An administrator has to change something first',
  'back-off': 'Nobody has to do anything: it is tried again',
  'our-fault': 'A fault of ours',
} as const;

function signInPage(): string {
  const permissions = [...delegatedPermissions, ...applicationPermissions].map(
    ({ name, reason }) =>
      `| \`${name}\` | ${applicationPermissions.some((one) => one.name === name) ? 'application, events feed' : 'delegated, chat feed'} | ${cell(reason)} |`,
  );
  const troubles = Object.entries(whoActs).map(([kind, title]) => {
    const rows = identityTroubles
      .filter((row) => row.kind === kind)
      .map((row) => `| \`${row.code}\` | ${cell(row.what)} | ${cell(row.next)} | ${retryWords(row)} |`);
    return `### ${title}\n\n| code | what it means | what to do | tried again |\n|---|---|---|---|\n${rows.join('\n')}\n`;
  });
  const gaps = Object.entries(gapWords).map(
    ([cause, { word, next }]) => `| \`${cause}\` | ${cell(word)} | ${cell(next)} |`,
  );
  return `${generated}# Sign-in, permissions and gaps\n\n## Permissions\n\nTocsin asks for these and no others; \`tocsin doctor\` says when one is missing or one too many is granted.\n\n| permission | kind | what for |\n|---|---|---|\n${permissions.join('\n')}\n\n## What Microsoft Entra ID answers, and what to do\n\nA refusal that somebody can repair elsewhere (consent given, a policy lifted, a certificate uploaded) is tried again by itself, so that the feed is watched again within a minute of the repair. One that only a new sign-in ends is ended by that sign-in at once, and tried again hourly.\n\n${troubles.join('\n')}\n## Why a feed was not watched\n\nThe causes that \`tocsin watch report\` and the page Watch name.\n\n| cause | in words | if it goes on |\n|---|---|---|\n${gaps.join('\n')}\n`;
}

const pages = {
  'docs/settings.md': settingsPage(),
  'docs/errors.md': errorsPage(),
  'docs/events.md': eventsPage(),
  'docs/sign-in.md': signInPage(),
  'docs/stack.md': stackDiagram(),
};
const check = process.argv.includes('--check');
let stale = 0;
for (const [file, text] of Object.entries(pages)) {
  if (!check) {
    writeFileSync(file, text);
    continue;
  }
  let current = '';
  try {
    current = readFileSync(file, 'utf8');
  } catch {}
  if (current !== text) {
    console.error(`${file} is not what the code says; run \`npm run docs\``);
    stale++;
  }
}
process.exit(stale === 0 ? 0 : 1);
