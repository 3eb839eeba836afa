import type { Command } from 'commander';
import { examples, json, noun, stateDirOf } from '#cli/grammar/parts.ts';

/** `tocsin projection …`. */
export function addProjection(program: Command): void {
  const projection = noun(
    program,
    'projection',
    'the read models',
    examples('projection list', 'projection rebuild audit'),
  );
  projection
    .command('list')
    .description('positions, and whether they are up to date')
    .addOption(json())
    .addHelpText('after', examples('projection list', 'projection list --json'))
    .action(async (options) => (await import('#cli/commands/projection.ts')).list(options, stateDirOf(program)));
  projection
    .command('rebuild')
    .argument('<name>', '`projection list` shows the names')
    .description('builds a read model anew while the old one serves, then swaps')
    .addOption(json())
    .addHelpText('after', examples('projection rebuild audit'))
    .action(async (name: string, options) =>
      (await import('#cli/commands/projection.ts')).rebuild(name, options, stateDirOf(program)),
    );
  projection
    .command('digest')
    .argument('<name>', '`projection list` shows the names')
    .description('digest of its state, and the position it is of')
    .addOption(json())
    .addHelpText('after', examples('projection digest emergencies'))
    .action(async (name: string, options) =>
      (await import('#cli/commands/projection.ts')).digest(name, options, stateDirOf(program)),
    );
}
