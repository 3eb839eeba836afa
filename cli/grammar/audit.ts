import { type Command, Option } from 'commander';
import { count, examples, json, noun, stateDirOf } from '#cli/grammar/parts.ts';

/** `tocsin audit …`. */
export function addAudit(program: Command): void {
  const audit = noun(program, 'audit', 'the stored record', examples('audit list --limit 20', 'audit replay'));
  audit
    .command('list')
    .description('stored events as CloudEvents, in log order')
    .option('--after <position>', 'behind that position')
    .option('--stream <name>', 'only of this stream')
    .option('--type <type>', 'only of this type')
    .option('--emergency <id>', 'only what belongs to this emergency, the notices it came from included')
    .option(
      '--caller <text>',
      'only what is about this caller: name, UPN, number or object id; `-` reads it from stdin',
    )
    .addOption(new Option('--feed <feed>', 'only what came on this feed').choices(['chat', 'events']))
    .option('--since <time>', 'recorded then or later (ISO 8601)')
    .option('--until <time>', 'recorded before then (ISO 8601)')
    .addOption(new Option('--order <order>', 'which come first').choices(['oldest', 'newest']).default('oldest'))
    .option('--limit <n>', 'at most that many', count, 100)
    .addOption(json())
    .addHelpText(
      'after',
      examples(
        'audit list --order newest --limit 20',
        'audit list --stream triage --json',
        'audit list --caller - < caller.txt',
      ),
    )
    .action(async (options) => (await import('#cli/commands/audit.ts')).list(options, stateDirOf(program)));
  audit
    .command('show')
    .argument('<id>', 'id or position of an event')
    .description('one stored event')
    .addOption(json())
    .addHelpText('after', examples('audit show 8f2420e7-4abf-5dde-94fc-444fb25ceddf'))
    .action(async (id: string, options) =>
      (await import('#cli/commands/audit.ts')).show(id, options, stateDirOf(program)),
    );
  audit
    .command('follow')
    .description('prints what is stored from now on until it is ended (Ctrl-C)')
    .addOption(json())
    .addHelpText('after', examples('audit follow', 'audit follow --json'))
    .action(async (options) => (await import('#cli/commands/audit.ts')).follow(options, stateDirOf(program)));
  audit
    .command('replay')
    .description('folds the log from its first event into an empty store and compares digests with the live ones')
    .option('--at <time>', 'only events recorded until then (ISO 8601 with a zone)')
    .option('--expect <digest>', 'compare with this digest of the emergencies instead')
    .addOption(
      new Option('--checkpoint <file>', 'compare with this checkpoint from the evidence storage instead').conflicts([
        'at',
        'expect',
      ]),
    )
    .addOption(json())
    .addHelpText('after', examples('audit replay', 'audit replay --at 2026-11-21T12:00:00Z'))
    .action(async (options) => (await import('#cli/commands/audit-replay.ts')).replay(options, stateDirOf(program)));
}
