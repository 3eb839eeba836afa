import { type Command, Option } from 'commander';
import { count, examples, json, noun, stateDirOf } from '#cli/grammar/parts.ts';
import { dispositions } from '#domain/emergency/events.ts';

const id = '6f1a1b7c-6a5e-5f0e-9d3b-2c8e5a7d4f10';

/** `tocsin emergency …`. */
export function addEmergency(program: Command): void {
  const emergency = noun(
    program,
    'emergency',
    'the emergencies',
    examples('emergency list', 'emergency watch', `emergency acknowledge ${id}`),
  );
  const by = () => new Option('--by <name>', "who acts (default: the user's name)");
  emergency
    .command('list')
    .description('newest first')
    .addOption(new Option('--state <state>', 'only these').choices(['unacknowledged', 'acknowledged', 'resolved']))
    .option('--since <time>', 'raised then or later (ISO 8601)')
    .option('--until <time>', 'raised before then (ISO 8601)')
    .addOption(new Option('--test <yes>', 'test calls alone, or without them').choices(['true', 'false']))
    .option('--limit <n>', 'at most that many', count, 50)
    .addOption(json())
    .addHelpText('after', examples('emergency list --state unacknowledged', 'emergency list --since 2026-11-01 --json'))
    .action(async (options) => (await import('#cli/commands/emergency.ts')).list(options, stateDirOf(program)));
  emergency
    .command('show')
    .argument('<id>', 'id of an emergency')
    .description('one emergency and its story')
    .addOption(json())
    .addHelpText('after', examples(`emergency show ${id}`))
    .action(async (id: string, options) =>
      (await import('#cli/commands/emergency.ts')).show(id, options, stateDirOf(program)),
    );
  emergency
    .command('watch')
    .description('prints every open emergency, then every change until it is ended (Ctrl-C)')
    .addOption(json())
    .addHelpText('after', examples('emergency watch', 'emergency watch --json'))
    .action(async (options) => (await import('#cli/commands/emergency.ts')).watch(options, stateDirOf(program)));
  emergency
    .command('acknowledge')
    .argument('<id>', 'id of an emergency')
    .description('takes an emergency; the first who does has it')
    .addOption(by())
    .addOption(json())
    .addHelpText('after', examples(`emergency acknowledge ${id} --by "A. Reyes"`))
    .action(async (id: string, options) =>
      (await import('#cli/commands/emergency.ts')).acknowledge(id, options, stateDirOf(program)),
    );
  emergency
    .command('resolve')
    .argument('<id>', 'id of an emergency')
    .description('closes an emergency')
    .addOption(new Option('--disposition <what>', 'what it was').choices([...dispositions]).makeOptionMandatory())
    .option('--note <text>', 'what was done')
    .addOption(by())
    .addOption(json())
    .addHelpText('after', examples(`emergency resolve ${id} --disposition misdial --note "Wrong button"`))
    .action(async (id: string, options) =>
      (await import('#cli/commands/emergency.ts')).resolve(id, options, stateDirOf(program)),
    );
}
