import { Argument, Command } from 'commander';
import { addAudit } from '#cli/grammar/audit.ts';
import { addEmergency } from '#cli/grammar/emergency.ts';
import { addKeeping } from '#cli/grammar/keeping.ts';
import { examples, grouping, json, stateDirOf } from '#cli/grammar/parts.ts';
import { addProjection } from '#cli/grammar/projection.ts';
import { addSimulate } from '#cli/grammar/simulate.ts';
import { addSubscribing } from '#cli/grammar/subscribing.ts';
import { addTenant } from '#cli/grammar/tenant.ts';
import { printableLines } from '#cli/output.ts';
import { roleNames } from '#cli/role-names.ts';
import { addSettingFlags, settingFlags } from '#cli/setting-flags.ts';
import { version } from '#cli/version.ts';

/** The grammar of the command line; what a command does stands in cli/commands and is loaded only when it is called. */
export function createProgram(): Command {
  const program = new Command('tocsin')
    .description(
      "Watches a tenant's Teams emergency calls, shows them to a person within a second, and keeps the proof.",
    )
    .version(version)
    .option('--state-dir <folder>', 'folder where the embedded defaults keep everything (TOCSIN_STATE_DIR)')
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      outputError: (text, write) => write(`${printableLines(text.trim().replace(/^error: /, 'tocsin: '))}\n`),
    })
    .showHelpAfterError('(add --help for how it is used)')
    .showSuggestionAfterError()
    .exitOverride()
    .helpCommand(false)
    .addHelpText('after', examples('run --simulate', 'simulate call --wait', 'emergency list', 'status'));
  grouping(program);

  const run = program
    .command('run')
    .argument('[roles]', `comma separated: ${roleNames.join(', ')} (default: all but simulator)`)
    .description('runs roles in this process')
    .option('--simulate', 'adds the simulators, and points whatever is not set at them');
  addSettingFlags(run)
    .addHelpText('after', examples('run --simulate', 'run ingest,triage', 'run desk --http 127.0.0.1:9000'))
    .action(async (roles: string | undefined, options) =>
      (await import('#cli/commands/run.ts')).run(roles, options, settingFlags(options, stateDirOf(program))),
    );
  program
    .command('status')
    .description('roles, partitions with lag and age, feeds, projections, on one page')
    .addOption(json())
    .addHelpText('after', examples('status', 'status --json'))
    .action(async (options) => (await import('#cli/commands/status.ts')).status(options, stateDirOf(program)));
  const doctor = program
    .command('doctor')
    .description('checks every setting and service, and explains each fault and what to do')
    .addOption(json())
    .option('--simulate', 'as `run --simulate` would see it');
  addSettingFlags(doctor)
    .addHelpText('after', examples('doctor', 'doctor --json', 'doctor --event-hub other-hub'))
    .action(async (options) =>
      (await import('#cli/commands/doctor.ts')).doctor(options, settingFlags(options, stateDirOf(program))),
    );

  addSimulate(program);
  addEmergency(program);
  addAudit(program);
  addKeeping(program);
  addProjection(program);
  addSubscribing(program);
  addTenant(program);

  program
    .command('completion')
    .addArgument(new Argument('<shell>', 'of which shell').choices(['bash', 'zsh', 'fish']))
    .description('prints a completion script')
    .addHelpText(
      'after',
      `\nExamples:\n  $ source <(npx tocsin completion bash)\n  $ npx tocsin completion fish > ~/.config/fish/completions/tocsin.fish\n`,
    )
    .action(async (shell: 'bash' | 'zsh' | 'fish') =>
      (await import('#cli/commands/completion.ts')).completion(shell, program),
    );
  // Commander hands down what is set on a group; the commands themselves take what they declare and nothing else.
  for (const command of walk(program)) if (command.commands.length === 0) command.allowExcessArguments(false);
  return program;
}

/** Every command below one. */
export function* walk(command: Command): Generator<Command> {
  for (const child of command.commands) {
    yield child;
    yield* walk(child);
  }
}
