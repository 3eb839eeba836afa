import { Argument, type Command, Option } from 'commander';
import { examples, json, noun, positive, stateDirOf } from '#cli/grammar/parts.ts';

/** `tocsin simulate …`. */
export function addSimulate(program: Command): void {
  const simulate = noun(
    program,
    'simulate',
    'makes things happen in the running simulated cloud',
    examples('simulate call --wait', 'simulate fault --list'),
  );
  simulate
    .command('call')
    .description('a Teams user dials')
    .option('--caller <name>', 'who dials (default: somebody of the directory)')
    .option('--number <number>', 'what is dialled (default: 911, or the number of the place)')
    .option('--street <street>', 'house number and street that are sent')
    .option('--floor <floor>', 'floor that is sent')
    .option('--language <tag>', 'language of the message, such as de-DE')
    .addOption(new Option('--feed <feed>', 'which feeds report it').choices(['chat', 'events', 'both']).default('both'))
    .addOption(
      new Option('--delivery <way>', 'how Graph delivers it')
        .choices(['direct', 'event-grid', 'webhook'])
        .default('direct'),
    )
    .option('--basic', 'chat feed: without content, as a basic subscription gets it')
    .option('--test', 'dials the test number')
    .addOption(new Option('--wait', 'wait until the emergency was raised, and print its id'))
    .addOption(json())
    .addHelpText(
      'after',
      examples(
        'simulate call --wait',
        'simulate call --caller "Grace Okonkwo" --street "725 Harbour Mill" --floor "Floor 2"',
        'simulate call --feed chat --language ja-JP',
        'simulate call --test',
      ),
    )
    .action(async (options) => (await import('#cli/commands/simulate.ts')).call(options, stateDirOf(program)));
  simulate
    .command('chatter')
    .description('ordinary chat messages')
    .requiredOption('--rate <n>', 'messages per second', positive)
    .requiredOption('--seconds <s>', 'for how long', positive)
    .addOption(json())
    .addHelpText('after', examples('simulate chatter --rate 200 --seconds 10'))
    .action(async (options) => (await import('#cli/commands/simulate.ts')).chatter(options, stateDirOf(program)));
  simulate
    .command('notice')
    .addArgument(
      new Argument('<kind>', 'which').choices(['probe', 'reauthorizationRequired', 'subscriptionRemoved', 'missed']),
    )
    .description('a notice that is no message: the validation probe, or a lifecycle notice')
    .addOption(new Option('--feed <feed>', 'of which feed').choices(['chat', 'events']).default('chat'))
    .addOption(json())
    .addHelpText('after', examples('simulate notice probe', 'simulate notice reauthorizationRequired --feed events'))
    .action(async (kind: string, options) =>
      (await import('#cli/commands/simulate.ts')).notice(kind, options, stateDirOf(program)),
    );
  simulate
    .command('approve')
    .argument('<code>', 'the code that is shown')
    .description('a person enters a device code and signs in')
    .option('--as <user>', 'sign-in name of who signs in (default: the service user)')
    .option('--deny', 'the person declines')
    .addOption(json())
    .addHelpText('after', examples('simulate approve H7WQ4KTD', 'simulate approve H7WQ4KTD --deny'))
    .action(async (code: string, options) =>
      (await import('#cli/commands/simulate.ts')).approve(code, options, stateDirOf(program)),
    );
  simulate
    .command('settings')
    .description('every setting that points other processes at the running simulators')
    .addOption(json().conflicts('env'))
    .option('--env', 'as lines for a shell (the default)')
    .addHelpText(
      'after',
      `\nExamples:\n  $ export $(npx tocsin simulate settings --env) && npx tocsin run ingest,triage\n  $ npx tocsin simulate settings --json\n`,
    )
    .action(async (options) => (await import('#cli/commands/simulate.ts')).settings(options, stateDirOf(program)));
  simulate
    .command('fault')
    .argument('[name]', 'which fault; --list names them')
    .description('injects a fault into a simulator')
    .option('--list', 'names and explains the faults')
    .addOption(new Option('--for <seconds>', 'ends it after that time').argParser(positive).conflicts('stop'))
    .option('--stop', 'ends it now')
    .addOption(json())
    .addHelpText('after', examples('simulate fault --list', 'simulate fault event-hubs.silent-partition --for 30'))
    .action(async (name: string | undefined, options) =>
      (await import('#cli/commands/simulate.ts')).fault(name, options, stateDirOf(program)),
    );
}
