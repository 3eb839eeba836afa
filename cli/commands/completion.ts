import type { Command } from 'commander';
import { createOutput } from '#cli/output.ts';
import { roleNames } from '#cli/role-names.ts';

/** `tocsin completion`: a script that knows every command, option and closed set of values, made from the grammar itself. */
export async function completion(shell: 'bash' | 'zsh' | 'fish', program: Command): Promise<void> {
  const paths = [...words(program, [])];
  createOutput().data(shell === 'fish' ? fish(paths) : bash(paths, shell === 'zsh'));
}

interface Word {
  readonly word: string;
  readonly help: string;
}

interface Flag extends Word {
  /** Undefined for a flag without a value; empty where any will do. */
  readonly values?: readonly string[];
}

interface Path {
  readonly path: readonly string[];
  readonly next: readonly Word[];
  readonly flags: readonly Flag[];
}

function* words(command: Command, path: readonly string[]): Generator<Path> {
  const own = command.options.filter((option) => !option.hidden);
  const flags = own.map(
    (option): Flag => ({
      word: option.long ?? '',
      help: option.description,
      ...(option.required || option.optional ? { values: option.argChoices ?? [] } : {}),
    }),
  );
  const values = command.registeredArguments.flatMap(
    (argument) => argument.argChoices ?? (argument.name() === 'roles' ? roleNames : []),
  );
  yield {
    path,
    next: [
      ...command.commands.map((child) => ({ word: child.name(), help: child.description() })),
      ...values.map((word) => ({ word, help: '' })),
    ],
    flags: [...flags, { word: '--help', help: 'display help for command' }],
  };
  for (const child of command.commands) yield* words(child, [...path, child.name()]);
}

function bash(paths: readonly Path[], zsh: boolean): string {
  const commands = paths.map(({ path }) => `"${path.join(' ')}"`).filter((path) => path !== '""');
  const withValue = new Set(
    paths.flatMap(({ flags }) => flags.filter((f) => f.values !== undefined).map((f) => f.word)),
  );
  const values = paths.flatMap(({ path, flags }) =>
    flags
      .filter((flag) => flag.values !== undefined)
      .map((flag) => `    "${[...path, flag.word].join(' ')}") words="${flag.values?.join(' ')}" ;;`),
  );
  const cases = paths.map(
    ({ path, next, flags }) =>
      `    "${path.join(' ')}") words="${[...next, ...flags].map(({ word }) => word).join(' ')}" ;;`,
  );
  return `${zsh ? 'autoload -U +X bashcompinit && bashcompinit\n' : ''}_tocsin() {
  local path="" word="" skip="" words="" last="\${COMP_WORDS[COMP_CWORD-1]}"
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    if [ -n "$skip" ]; then skip=""; continue; fi
    case "$word" in
      ${[...withValue].join('|')}) skip=yes ;;
      -*) ;;
      *) case "\${path:+$path }$word" in ${commands.join('|')}) path="\${path:+$path }$word" ;; esac ;;
    esac
  done
  if [ -n "$skip" ]; then case "\${path:+$path }$last" in
${values.join('\n')}
  esac; else case "$path" in
${cases.join('\n')}
  esac; fi
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _tocsin tocsin`;
}

function fish(paths: readonly Path[]): string {
  const quote = (text: string) => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
  return paths
    .flatMap(({ path, next, flags }) => {
      const condition =
        path.length === 0
          ? '__fish_use_subcommand'
          : path.map((word) => `__fish_seen_subcommand_from ${word}`).join('; and ');
      const start = `complete -c tocsin -n ${quote(condition)}`;
      return [
        ...next.map(({ word, help }) => `${start} -f -a ${word}${help === '' ? '' : ` -d ${quote(help)}`}`),
        ...flags.map(({ word, help, values }) => {
          const value = values === undefined ? '' : values.length === 0 ? ' -r' : ` -x -a ${quote(values.join(' '))}`;
          return `${start} -l ${word.slice(2)}${value} -d ${quote(help)}`;
        }),
      ];
    })
    .join('\n');
}
