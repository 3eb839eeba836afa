import { type Command, Option } from 'commander';
import { examples, json, noun, stateDirOf } from '#cli/grammar/parts.ts';

const feeds = ['chat', 'events'];

/** `tocsin sign-in`, `credential …`, `subscription …`, `watch …`: how Tocsin stays subscribed. */
export function addSubscribing(program: Command): void {
  program
    .command('sign-in')
    .description(
      "signs the service user in: shows a code to be entered at Microsoft's page, and waits until somebody did",
    )
    .addOption(new Option('--feed <feed>', 'which feed').choices(feeds).default('chat'))
    .option(
      '--browser',
      'where device codes are blocked: by a page in a browser; on another machine than that of Tocsin, the address at which it ends is pasted here',
    )
    .addOption(
      new Option(
        '--complete',
        'finishes a sign-in by browser that waits, with the address at which the browser ended; reads it from stdin',
      ).conflicts('browser'),
    )
    .option('--no-wait', 'only show the code, or only hand the address in')
    .addOption(json())
    .addHelpText('after', examples('sign-in', 'sign-in --feed chat --browser', 'sign-in --complete <address.txt'))
    .action(async (options) => (await import('#cli/commands/sign-in.ts')).signIn(options, stateDirOf(program)));
  addCredential(program);
  addSubscription(program);
  const watch = noun(program, 'watch', 'when each feed was watched', examples('watch report'));
  watch
    .command('report')
    .description(
      'intervals in which each feed was provably watched, and gaps with their cause; exit 1 where there is a gap',
    )
    .option('--from <time>', 'from then on (ISO 8601; default: a day before the end)')
    .option('--to <time>', 'until then (default: now)')
    .addOption(new Option('--feed <feed>', 'only of this feed').choices(feeds))
    .addOption(json())
    .addHelpText('after', examples('watch report', 'watch report --from 2026-11-01 --to 2026-12-01 --json'))
    .action(async (options) => (await import('#cli/commands/watch.ts')).report(options, stateDirOf(program)));
}

function addCredential(program: Command): void {
  const credential = noun(
    program,
    'credential',
    'who is signed in at Microsoft Entra ID',
    examples('credential list', 'credential show chat'),
  );
  credential
    .command('list')
    .description('state, age, end and next step of each')
    .addOption(json())
    .addHelpText('after', examples('credential list', 'credential list --json'))
    .action(async (options) => (await import('#cli/commands/credential.ts')).list(options, stateDirOf(program)));
  credential
    .command('show')
    .argument('<id>', '`credential list` shows the ids')
    .description('one, with its permissions and what each is for')
    .addOption(json())
    .addHelpText('after', examples('credential show chat'))
    .action(async (id: string, options) =>
      (await import('#cli/commands/credential.ts')).show(id, options, stateDirOf(program)),
    );
  credential
    .command('revoke')
    .argument('<id>', '`credential list` shows the ids')
    .description('forgets a sign-in: nothing is subscribed with it until somebody signs in again')
    .requiredOption('--why <text>', 'goes on record')
    .addOption(json())
    .addHelpText('after', examples('credential revoke chat --why "the service user changes"'))
    .action(async (id: string, options) =>
      (await import('#cli/commands/credential.ts')).revoke(id, options, stateDirOf(program)),
    );
}

function addSubscription(program: Command): void {
  const subscription = noun(
    program,
    'subscription',
    'what Microsoft Graph was asked to tell us',
    examples('subscription list', 'subscription renew chat'),
  );
  subscription
    .command('list')
    .description('state, age, end and next step of each')
    .addOption(json())
    .addHelpText('after', examples('subscription list', 'subscription list --json'))
    .action(async (options) => (await import('#cli/commands/subscription.ts')).list(options, stateDirOf(program)));
  subscription
    .command('show')
    .argument('<id>', '`subscription list` shows the ids')
    .description('one of them')
    .addOption(json())
    .addHelpText('after', examples('subscription show chat'))
    .action(async (id: string, options) =>
      (await import('#cli/commands/subscription.ts')).show(id, options, stateDirOf(program)),
    );
  for (const [verb, does] of [
    ['renew', 'renews one now'],
    ['recreate', 'deletes one at Graph and makes it anew'],
  ] as const)
    subscription
      .command(verb)
      .argument('<id>', '`subscription list` shows the ids')
      .description(does)
      .addOption(json())
      .addHelpText('after', examples(`subscription ${verb} chat`))
      .action(async (id: string, options) =>
        (await import('#cli/commands/subscription.ts')).act(verb, id, options, stateDirOf(program)),
      );
}
