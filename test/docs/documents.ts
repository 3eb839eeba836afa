import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { Command } from 'commander';
import { CommanderError } from 'commander';
import { createProgram, walk } from '#cli/program.ts';

export const root = join(import.meta.dirname, '../..');

/** Every document that people read, by its path in the repository. */
export const documents = [
  ...readdirSync(root).filter((name) => name.endsWith('.md')),
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => relative(root, join(root, 'docs', name))),
];

export function textOf(document: string): string {
  return readFileSync(join(root, document), 'utf8');
}

/** Lines of the shell blocks of a text, continued lines joined, without comments. */
export function shellLines(text: string): readonly string[] {
  return [...text.matchAll(/```sh\n(.*?)```/gs)]
    .flatMap(([, block]) => (block ?? '').replaceAll('\\\n', ' ').split('\n'))
    .map((line) => line.replace(/(^|\s)#.*$/, '').trim())
    .filter((line) => line !== '');
}

/** The calls of Tocsin in a shell line, `$(…)` and `<(…)` included, each as its words. */
export function callsIn(line: string): readonly (readonly string[])[] {
  return [...line.matchAll(/(?:npx )?(?<![\w./-])tocsin ((?:"[^"]*"|'[^']*'|[^"'&|;()])+)/g)].map(([, words = '']) =>
    [...words.matchAll(/"([^"]*)"|'([^']*)'|([^\s"']+)/g)].map(
      ([, double, single, bare]) => double ?? single ?? bare ?? '',
    ),
  );
}

/** Calls of Tocsin that stand in the running text between backticks, without what is only a placeholder. */
export function inlineCalls(text: string): readonly (readonly string[])[] {
  const prose = text.replaceAll(/```.*?```/gs, '');
  return [...prose.matchAll(/`(?:npx )?tocsin ([^`]+)`/g)].map(([, words = '']) =>
    words.split(/\s+/).filter((word) => !/^[[<]|^[A-Z]+$|…/.test(word)),
  );
}

/** What the grammar says against a call; undefined where it would be carried out. Nothing is. */
export async function complaintAbout(words: readonly string[]): Promise<string | undefined> {
  const program = createProgram();
  let carriedOut = false;
  for (const command of walk(program))
    if (command.commands.length === 0)
      command.action(() => {
        carriedOut = true;
      });
  for (const command of [program, ...walk(program)])
    command.configureOutput({ writeOut: () => {}, writeErr: () => {}, outputError: () => {} });
  try {
    await program.parseAsync([...words], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.code === 'commander.help') return 'only prints help';
    return error.exitCode === 0 ? undefined : error.message;
  }
  return carriedOut ? undefined : 'nothing is carried out';
}

/** What does not exist of a command's path or options; arguments and values are not looked at. */
export function unknownIn(words: readonly string[]): string | undefined {
  let command: Command = createProgram();
  const flags = words.filter((word) => word.startsWith('-')).map((word) => word.split('=')[0] ?? word);
  for (const word of words.filter((one) => !one.startsWith('-'))) {
    const next = command.commands.find((child) => child.name() === word);
    if (next === undefined) {
      if (command.commands.length > 0) return `there is no command ${word}`;
      break;
    }
    command = next;
  }
  const known = [command, command.parent, command.parent?.parent].flatMap((one) => one?.options ?? []);
  const unknown = flags.find(
    (flag) => flag !== '--help' && !known.some(({ long, short }) => flag === long || flag === short),
  );
  return unknown === undefined ? undefined : `there is no option ${unknown}`;
}
