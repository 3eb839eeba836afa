import { Command, InvalidArgumentError, Option } from 'commander';
import { roleNames } from '#cli/role-names.ts';
import { version } from '#cli/version.ts';
import { dispositions } from '#domain/emergency/events.ts';

const examples = (...lines: readonly string[]) =>
  `\nExamples:\n${lines.map((line) => `  $ npx tocsin ${line}`).join('\n')}\n`;
const positive = (text: string): number => {
  const number = Number(text);
  if (!(number > 0)) throw new InvalidArgumentError('It must be a number above 0.');
  return number;
};
const json = () => new Option('--json', 'print JSON: one document, or one line each for streams');
const wait = () => new Option('--wait', 'wait until the emergency was raised, and print its id');

/** The grammar of the command line; what a command does stands in cli/commands and is loaded only when it is called. */
export function createProgram(): Command {
  const program = new Command('tocsin')
    .description(
      "Watches a tenant's Teams emergency calls, shows them to a person within a second, and keeps the proof.",
    )
    .version(version)
    .option('--state-dir <folder>', 'folder where the embedded defaults keep everything (TOCSIN_STATE_DIR)')
    .helpCommand(false)
    .showSuggestionAfterError()
    .exitOverride()
    .configureHelp({ showGlobalOptions: true })
    .addHelpText('after', examples('run --simulate', 'simulate call --wait', 'emergency list', 'status'));
  program.action(() => program.help());

  program
    .command('run')
    .argument('[roles]', `comma separated: ${roleNames.join(', ')} (default: all but simulator)`)
    .description('runs roles in this process')
    .option('--simulate', 'adds the simulators, and points whatever is not set at them')
    .addHelpText('after', examples('run --simulate', 'run ingest,triage', 'run desk'))
    .action(async (roles: string | undefined, options: { simulate?: boolean }) =>
      (await import('#cli/commands/run.ts')).run(roles, options, stateDir(program)),
    );
  program
    .command('status')
    .description('roles, partitions with lag and age, feeds, projections, on one page')
    .addOption(json())
    .addHelpText('after', examples('status', 'status --json'))
    .action(async (options) => (await import('#cli/commands/status.ts')).status(options, stateDir(program)));
  program
    .command('doctor')
    .description('checks every setting and service, and explains each fault and what to do')
    .addOption(json())
    .option('--simulate', 'as `run --simulate` would see it')
    .addHelpText('after', examples('doctor', 'doctor --json'))
    .action(async (options) => (await import('#cli/commands/doctor.ts')).doctor(options, stateDir(program)));

  addSimulate(program);
  addEmergency(program);
  addAudit(program);
  addProjection(program);

  program
    .command('completion')
    .argument('<shell>', 'bash, zsh or fish')
    .description('prints a completion script')
    .addHelpText('after', `\nExamples:\n  $ source <(npx tocsin completion bash)\n`)
    .action(async (shell: string) => (await import('#cli/commands/completion.ts')).completion(shell, program));
  for (const command of walk(program)) command.exitOverride().showSuggestionAfterError().helpCommand(false);
  return program;
}

function addSimulate(program: Command): void {
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
    .addOption(wait())
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
    .action(async (options) => (await import('#cli/commands/simulate.ts')).call(options, stateDir(program)));
  simulate
    .command('chatter')
    .description('ordinary chat messages')
    .requiredOption('--rate <n>', 'messages per second', positive)
    .requiredOption('--seconds <s>', 'for how long', positive)
    .addOption(json())
    .addHelpText('after', examples('simulate chatter --rate 200 --seconds 10'))
    .action(async (options) => (await import('#cli/commands/simulate.ts')).chatter(options, stateDir(program)));
  simulate
    .command('notice')
    .argument('<kind>', 'probe, reauthorizationRequired, subscriptionRemoved or missed')
    .description('a notice that is no message: the validation probe, or a lifecycle notice')
    .addOption(new Option('--feed <feed>', 'of which feed').choices(['chat', 'events']).default('chat'))
    .addOption(json())
    .addHelpText('after', examples('simulate notice probe', 'simulate notice reauthorizationRequired --feed events'))
    .action(async (kind: string, options) =>
      (await import('#cli/commands/simulate.ts')).notice(kind, options, stateDir(program)),
    );
  simulate
    .command('settings')
    .description('every setting that points other processes at the running simulators')
    .addOption(json())
    .option('--env', 'as lines for a shell (the default)')
    .addHelpText(
      'after',
      `\nExamples:\n  $ export $(npx tocsin simulate settings --env) && npx tocsin run ingest,triage\n`,
    )
    .action(async (options) => (await import('#cli/commands/simulate.ts')).settings(options, stateDir(program)));
  simulate
    .command('fault')
    .argument('[name]', 'which fault; --list names them')
    .description('injects a fault into a simulator')
    .option('--list', 'names and explains the faults')
    .option('--for <seconds>', 'ends it after that time', positive)
    .option('--stop', 'ends it now')
    .addOption(json())
    .addHelpText('after', examples('simulate fault --list', 'simulate fault event-hubs.silent-partition --for 30'))
    .action(async (name: string | undefined, options) =>
      (await import('#cli/commands/simulate.ts')).fault(name, options, stateDir(program)),
    );
}

function addEmergency(program: Command): void {
  const emergency = noun(
    program,
    'emergency',
    'the emergencies',
    examples('emergency list', 'emergency acknowledge <id>'),
  );
  const by = () => new Option('--by <name>', "who acts (default: the user's name)");
  emergency
    .command('list')
    .description('newest first')
    .addOption(new Option('--state <state>').choices(['unacknowledged', 'acknowledged', 'resolved']))
    .option('--since <time>', 'ISO 8601')
    .option('--until <time>', 'ISO 8601')
    .addOption(new Option('--test <yes>', 'test calls alone, or without them').choices(['true', 'false']))
    .option('--limit <n>', 'at most that many', positive, 50)
    .addOption(json())
    .addHelpText('after', examples('emergency list --state unacknowledged', 'emergency list --since 2026-11-01 --json'))
    .action(async (options) => (await import('#cli/commands/emergency.ts')).list(options, stateDir(program)));
  emergency
    .command('show')
    .argument('<id>')
    .description('one emergency and its story')
    .addOption(json())
    .addHelpText('after', examples('emergency show 6f1a1b7c-6a5e-5f0e-9d3b-2c8e5a7d4f10'))
    .action(async (id: string, options) =>
      (await import('#cli/commands/emergency.ts')).show(id, options, stateDir(program)),
    );
  emergency
    .command('watch')
    .description('prints every change until it is ended (Ctrl-C)')
    .addOption(json())
    .addHelpText('after', examples('emergency watch', 'emergency watch --json'))
    .action(async (options) => (await import('#cli/commands/emergency.ts')).watch(options, stateDir(program)));
  emergency
    .command('acknowledge')
    .argument('<id>')
    .description('takes an emergency; the first who does has it')
    .addOption(by())
    .addOption(json())
    .addHelpText('after', examples('emergency acknowledge <id> --by "A. Reyes"'))
    .action(async (id: string, options) =>
      (await import('#cli/commands/emergency.ts')).acknowledge(id, options, stateDir(program)),
    );
  emergency
    .command('resolve')
    .argument('<id>')
    .description('closes an emergency')
    .addOption(new Option('--disposition <what>', 'what it was').choices([...dispositions]).makeOptionMandatory())
    .option('--note <text>', 'what was done')
    .addOption(by())
    .addOption(json())
    .addHelpText('after', examples('emergency resolve <id> --disposition misdial --note "Wrong button"'))
    .action(async (id: string, options) =>
      (await import('#cli/commands/emergency.ts')).resolve(id, options, stateDir(program)),
    );
}

function addAudit(program: Command): void {
  const audit = noun(program, 'audit', 'the stored record', examples('audit list --limit 20', 'audit replay'));
  audit
    .command('list')
    .description('stored events as CloudEvents, in log order')
    .option('--after <position>', 'behind that position')
    .option('--stream <name>')
    .option('--type <type>')
    .option('--limit <n>', 'at most that many', positive, 100)
    .addOption(json())
    .addHelpText('after', examples('audit list --limit 20', 'audit list --stream inbox-teams-emergency-0 --json'))
    .action(async (options) => (await import('#cli/commands/audit.ts')).list(options, stateDir(program)));
  audit
    .command('show')
    .argument('<id>', 'id of an event')
    .description('one stored event')
    .addOption(json())
    .addHelpText('after', examples('audit show <event id>'))
    .action(async (id: string, options) =>
      (await import('#cli/commands/audit.ts')).show(id, options, stateDir(program)),
    );
  audit
    .command('follow')
    .description('prints what is stored from now on until it is ended (Ctrl-C)')
    .addOption(json())
    .addHelpText('after', examples('audit follow --json'))
    .action(async (options) => (await import('#cli/commands/audit.ts')).follow(options, stateDir(program)));
  audit
    .command('replay')
    .description('folds the log from its first event into an empty store and compares digests with the live ones')
    .option('--at <time>', 'only events recorded until then (ISO 8601)')
    .option('--expect <digest>', 'compare with this digest of the emergencies instead')
    .option('--simulate', 'the settings are those of `run --simulate`')
    .addOption(json())
    .addHelpText('after', examples('audit replay', 'audit replay --at 2026-11-21T12:00:00Z'))
    .action(async (options) => (await import('#cli/commands/audit-replay.ts')).replay(options, stateDir(program)));
}

function addProjection(program: Command): void {
  const projection = noun(
    program,
    'projection',
    'the read models',
    examples('projection list', 'projection rebuild audit'),
  );
  projection
    .command('list')
    .description('positions, ages and digests')
    .addOption(json())
    .addHelpText('after', examples('projection list'))
    .action(async (options) => (await import('#cli/commands/projection.ts')).list(options, stateDir(program)));
  projection
    .command('rebuild')
    .argument('<name>')
    .description('builds a read model anew while the old one serves, then swaps')
    .addOption(json())
    .addHelpText('after', examples('projection rebuild audit'))
    .action(async (name: string, options) =>
      (await import('#cli/commands/projection.ts')).rebuild(name, options, stateDir(program)),
    );
  projection
    .command('digest')
    .argument('<name>')
    .description('digest of its state, and the position it is of')
    .addOption(json())
    .addHelpText('after', examples('projection digest emergencies'))
    .action(async (name: string, options) =>
      (await import('#cli/commands/projection.ts')).digest(name, options, stateDir(program)),
    );
}

function noun(program: Command, name: string, description: string, help: string): Command {
  const command = program.command(name).description(description).addHelpText('after', help);
  command.action(() => command.help());
  return command;
}

function stateDir(program: Command): string | undefined {
  return program.opts<{ stateDir?: string }>().stateDir;
}

function* walk(command: Command): Generator<Command> {
  for (const child of command.commands) {
    yield child;
    yield* walk(child);
  }
}
