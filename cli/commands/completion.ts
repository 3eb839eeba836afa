import type { Command } from 'commander';
import { CommandError, exitCodes } from '#cli/exit-codes.ts';
import { createOutput } from '#cli/output.ts';

/** `tocsin completion`: a script that knows every command and option, made from the grammar itself. */
export async function completion(shell: string, program: Command): Promise<void> {
  const output = createOutput();
  const paths = [...words(program, [])];
  switch (shell) {
    case 'bash':
    case 'zsh':
      output.data(bash(paths, shell === 'zsh'));
      return;
    case 'fish':
      output.data(fish(paths));
      return;
    default:
      throw new CommandError(exitCodes.usage, `there is no completion for ${shell}; there are bash, zsh and fish`);
  }
}

interface Path {
  readonly path: readonly string[];
  readonly next: readonly string[];
}

function* words(command: Command, path: readonly string[]): Generator<Path> {
  const options = command.options.filter((option) => !option.hidden).map((option) => option.long ?? '');
  yield { path, next: [...command.commands.map((child) => child.name()), ...options, '--help'] };
  for (const child of command.commands) yield* words(child, [...path, child.name()]);
}

function bash(paths: readonly Path[], zsh: boolean): string {
  const cases = paths.map(({ path, next }) => `    "${path.join(' ')}") words="${next.join(' ')}" ;;`);
  return `${zsh ? 'autoload -U +X bashcompinit && bashcompinit\n' : ''}_tocsin() {
  local path="" word words=""
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$word" in -*) ;; *) path="\${path:+$path }$word" ;; esac
  done
  case "$path" in
${cases.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -F _tocsin tocsin`;
}

function fish(paths: readonly Path[]): string {
  return paths
    .flatMap(({ path, next }) => {
      const condition =
        path.length === 0
          ? '__fish_use_subcommand'
          : path.map((word) => `__fish_seen_subcommand_from ${word}`).join('; and ');
      return next.map(
        (word) =>
          `complete -c tocsin -n '${condition}' ${word.startsWith('--') ? `-l ${word.slice(2)}` : `-f -a ${word}`}`,
      );
    })
    .join('\n');
}
