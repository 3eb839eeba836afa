import { type Command, Option } from 'commander';
import { examples, json, noun, stateDirOf } from '#cli/grammar/parts.ts';

/** `tocsin quarantine …` and `tocsin erase`: what is kept for a time, and what is kept no longer. */
export function addKeeping(program: Command): void {
  const quarantine = noun(
    program,
    'quarantine',
    'messages that nobody could read, kept sealed for a time',
    examples('quarantine list', 'quarantine publish --all'),
  );
  quarantine
    .command('list')
    .description('when, on which partition, why, and until when they can be published again; never what is in them')
    .option('--all', 'also what is older than the newest thousand')
    .addOption(json())
    .addHelpText('after', examples('quarantine list', 'quarantine list --all --json'))
    .action(async (options) => (await import('#cli/commands/quarantine.ts')).list(options, stateDirOf(program)));
  quarantine
    .command('publish')
    .argument('[id...]', '`quarantine list` shows the ids')
    .description('publishes them to the hub again, to be read anew: after an upgrade, or once a key is there')
    .option('--all', 'every one that nobody asked for yet')
    .option('--by <name>', "who asks for it (default: the user's name)")
    .addOption(json())
    .addHelpText(
      'after',
      examples('quarantine publish 8f2420e7-4abf-5dde-94fc-444fb25ceddf', 'quarantine publish --all'),
    )
    .action(async (ids: string[], options) =>
      (await import('#cli/commands/quarantine.ts')).publish(ids, options, stateDirOf(program)),
    );
  program
    .command('erase')
    .description('erases a person for good: shows how much that takes, and asks before')
    .addOption(
      new Option(
        '--caller <->',
        'who it is comes on stdin: object id, UPN or number; `erase` in the next line confirms',
      )
        .choices(['-'])
        .default('-'),
    )
    .option('--dry-run', 'only say how much it would take')
    .option('--by <name>', "who asks for it (default: the user's name)")
    .addOption(json())
    .addHelpText('after', examples('erase', 'erase --caller - --dry-run < person.txt'))
    .action(async (options) => (await import('#cli/commands/erase.ts')).erase(options, stateDirOf(program)));
}
