import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { createProgram, walk } from '#cli/program.ts';
import { flagOf } from '#cli/setting-flags.ts';
import { settings } from '#config/settings.ts';

const all = () => {
  const program = createProgram();
  return [program, ...walk(program)];
};
const pathOf = (command: Command): string =>
  command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`;

function helpOf(command: Command): string {
  let text = '';
  command.configureOutput({ writeOut: (part) => (text += part) }).outputHelp();
  return text;
}

describe('the grammar of the command line', () => {
  it('knows every command of the outer interface', () => {
    expect(
      all()
        .map(pathOf)
        .filter((path) => path !== 'tocsin'),
    ).toEqual(
      expect.arrayContaining(
        [
          'run',
          'status',
          'doctor',
          ...['call', 'chatter', 'notice', 'approve', 'settings', 'fault'].map((verb) => `simulate ${verb}`),
          ...['list', 'show', 'watch', 'acknowledge', 'resolve'].map((verb) => `emergency ${verb}`),
          ...['list', 'show', 'follow', 'replay'].map((verb) => `audit ${verb}`),
          ...['list', 'rebuild', 'digest'].map((verb) => `projection ${verb}`),
          'sign-in',
          ...['list', 'show', 'revoke'].map((verb) => `credential ${verb}`),
          ...['list', 'show', 'renew', 'recreate'].map((verb) => `subscription ${verb}`),
          'watch report',
          ...['init', 'preview', 'up', 'status', 'destroy', 'list'].map((verb) => `tenant ${verb}`),
          'completion',
        ].map((path) => `tocsin ${path}`),
      ),
    );
  });

  it.each(all().map((command) => [pathOf(command), command] as const))(
    'shows in the help of `%s` what it does, with examples of itself',
    (path, command) => {
      const help = helpOf(command);
      expect(command.description()).not.toBe('');
      expect(help).toContain('Examples:');
      expect(help).toContain(`tocsin${path.slice('tocsin'.length)}`);
      const examples =
        help
          .split('Examples:\n')[1]
          ?.split('\n')
          .filter((line) => line.includes('$ ')) ?? [];
      expect(examples.length).toBeGreaterThan(0);
      for (const example of examples) expect(example).toContain(`npx ${path}`);
    },
  );

  it.each(all().map((command) => [pathOf(command), command] as const))(
    'explains every option and argument of `%s`',
    (_, command) => {
      for (const option of command.options) expect(option.description, option.flags).not.toBe('');
      for (const argument of command.registeredArguments) expect(argument.description, argument.name()).not.toBe('');
    },
  );

  it('offers --json on everything that prints data', () => {
    const printing = all().filter(
      (command) =>
        command.commands.length === 0 && !['run', 'completion'].includes(command.name()) && command.parent !== null,
    );
    for (const command of printing)
      expect(
        command.options.map(({ long }) => long),
        pathOf(command),
      ).toContain('--json');
  });

  it.each(['run', 'doctor'])('has a flag on `%s` for every setting that holds no secret', (name) => {
    const command = all().find((one) => one.name() === name);
    const shown = (command?.options ?? []).filter((option) => !option.hidden).map(({ long }) => long);
    const open = Object.values(settings).filter((one) => !one.secret && one.name !== 'TOCSIN_STATE_DIR');
    expect(shown).toEqual(expect.arrayContaining(open.map((one) => flagOf(one.name))));
    for (const one of Object.values(settings).filter(({ secret }) => secret))
      expect(shown).not.toContain(flagOf(one.name));
  });

  it('takes its flags from the names of the settings', () => {
    expect(flagOf('TOCSIN_EVENT_HUB')).toBe('--event-hub');
    expect(flagOf('TOCSIN_SIMULATOR_EVENTSTOREDB')).toBe('--simulator-eventstoredb');
  });
});
