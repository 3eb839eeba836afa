import { type Command, InvalidArgumentError, Option } from 'commander';
import { examples, json, noun, stateDirOf } from '#cli/grammar/parts.ts';

const collect = (value: string, before: readonly string[] = []): readonly string[] => {
  if (!/^[A-Za-z][A-Za-z0-9]*=/.test(value)) throw new InvalidArgumentError('It must be name=value.');
  return [...before, value];
};
const simulate = () => new Option('--simulate', 'against a simulated Azure on this machine, with the real engine');
const yes = () => new Option('--yes', 'does not ask before it changes anything');
const noPolicy = () => new Option('--no-policy', 'without the policy pack in infra/policy');

/** `tocsin tenant …`: one stack of resources in Azure for each tenant. */
export function addTenant(program: Command): void {
  const tenant = noun(
    program,
    'tenant',
    'makes and changes what a tenant needs in Azure: one stack for each tenant',
    examples('tenant up contoso --simulate', 'tenant list'),
  );
  const verb = (name: string, does: string, ...more: readonly Option[]) => {
    const command = tenant
      .command(name)
      .argument('<slug>', 'the tenant: 2 to 20 lower-case letters, digits and single hyphens')
      .description(does)
      .addOption(simulate())
      .addOption(json());
    for (const option of more) command.addOption(option);
    return command.addHelpText('after', examples(`tenant ${name} contoso`, `tenant ${name} contoso --simulate`));
  };
  const load = () => import('#cli/commands/tenant.ts');
  verb(
    'init',
    'makes an empty stack, keeps its settings, and says what is still missing; exit 78 while something is',
    new Option('--set <name=value>', 'a setting of the stack; may be given often').argParser(collect),
    new Option('--secret-file <name=path>', 'a secret setting, from a file').argParser(collect),
    new Option(
      '--secrets-provider <url>',
      'what encrypts secrets in the state (default: a passphrase; at Pulumi Cloud its own key)',
    ),
  ).action(async (slug: string, options) => (await load()).init(slug, options, stateDirOf(program)));
  verb(
    'preview',
    'what would be made, changed or deleted, why, what it costs, and which hosts it connects to',
    noPolicy(),
  ).action(async (slug: string, options) => (await load()).preview(slug, options, stateDirOf(program)));
  verb(
    'up',
    'shows the preview, asks, and makes it so; takes up again what was interrupted',
    yes(),
    noPolicy(),
    new Option('--refresh', 'asks Azure first what somebody changed by hand, and puts it back'),
    new Option('--no-start', 'with --simulate: does not start Tocsin from the outputs'),
  ).action(async (slug: string, options) => (await load()).up(slug, options, stateDirOf(program)));
  verb('status', 'what there is, its outputs, and what somebody changed by hand; exit 1 when something differs').action(
    async (slug: string, options) => (await load()).status(slug, options, stateDirOf(program)),
  );
  verb(
    'destroy',
    'ends the watch at Graph, then deletes the stack; refuses before that while evidence is retained, and says what to do',
    yes(),
    new Option('--keep-evidence', 'deletes the rest, and leaves what is protected where it is'),
    new Option('--without-ending-watch', 'where the desk is dead for good: subscriptions run out by themselves'),
  ).action(async (slug: string, options) => (await load()).destroy(slug, options, stateDirOf(program)));
  tenant
    .command('list')
    .description('every tenant that has a stack')
    .addOption(simulate())
    .addOption(json())
    .addHelpText('after', examples('tenant list', 'tenant list --simulate --json'))
    .action(async (options) => (await load()).list(options, stateDirOf(program)));
}
