import { type Command, InvalidArgumentError, Option } from 'commander';

/** Lines of help that show how a command is called; every line is run or parsed by a test. */
export function examples(...lines: readonly string[]): string {
  return `\nExamples:\n${lines.map((line) => `  $ npx tocsin ${line}`).join('\n')}\n`;
}

/** A number above 0. */
export function positive(text: string): number {
  const number = Number(text);
  if (!(number > 0 && Number.isFinite(number))) throw new InvalidArgumentError('It must be a number above 0.');
  return number;
}

/** A whole number above 0. */
export function count(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('It must be a whole number above 0.');
  return Number(text);
}

export function json(): Option {
  return new Option('--json', 'print JSON: one document, or one line each for streams');
}

/** A word that only groups commands: alone it prints its help. */
export function noun(program: Command, name: string, description: string, help: string): Command {
  return grouping(program.command(name).description(description).addHelpText('after', help));
}

/** Prints help where no command is given, and for an unknown one says which was meant. */
export function grouping(command: Command): Command {
  return command.allowExcessArguments().action(() => {
    if (command.args.length === 0) command.help();
    // Not in commander's types, but what it calls itself where a command has no action of its own.
    (command as unknown as { unknownCommand(): never }).unknownCommand();
  });
}

/** The state folder, an option of the whole program. */
export function stateDirOf(program: Command): string | undefined {
  return program.opts<{ stateDir?: string }>().stateDir;
}
