import { setTimeout as sleep } from 'node:timers/promises';
import { firstLine, type Typed, typedLines } from '#cli/commands/pasted.ts';
import { CommandError, exitCodes } from '#cli/exit-codes.ts';
import { type Answer, ask, detailOf, expectOk } from '#cli/http.ts';
import { createOutput, type Output, printable } from '#cli/output.ts';
import { requireDesk } from '#cli/running.ts';
import type { CredentialView, PendingSignIn } from '#web/subscribing.ts';

export interface SignInOptions {
  readonly feed: string;
  readonly browser?: boolean;
  readonly complete?: boolean;
  readonly wait: boolean;
  readonly json?: boolean;
}

/** One sign-in that somebody is asked for. */
interface Asked {
  readonly desk: string;
  readonly options: SignInOptions;
  readonly output: Output;
  /** As it was before. */
  readonly before: CredentialView | undefined;
  readonly pending: Pick<PendingSignIn, 'expiresAt'>;
}

/** `tocsin sign-in`: exit code 0 once somebody signed in, 1 where the code ran out or was declined. */
export async function signIn(options: SignInOptions, stateDir: string | undefined): Promise<void> {
  const output = createOutput();
  const desk = await requireDesk(stateDir);
  const before = await credential(desk, options.feed);
  if (options.complete === true) return complete({ desk, options, output, before });
  const pending = expectOk(
    await ask(`${pathOf(desk, options)}/sign-in`, {
      method: 'POST',
      body: { method: options.browser === true ? 'browser' : 'device-code' },
      timeoutMs: 60_000,
    }),
  ) as unknown as PendingSignIn;
  if (options.json === true && !options.wait) return output.json(pending);
  const byBrowser = pending.userCode === undefined;
  output.say(
    byBrowser
      ? `Open ${printable(pending.verificationUri)} in a browser, and sign in as the service user.`
      : `Open ${printable(pending.verificationUri)}, enter the code ${printable(pending.userCode ?? '')}, and sign in as the service user.`,
  );
  const typed = byBrowser && options.wait ? typedLines() : undefined;
  if (byBrowser) output.say(typed === undefined ? toBeGiven : toBePasted);
  if (!options.wait) return;
  try {
    await follow({ desk, options, output, before, pending }, typed);
  } finally {
    typed?.close();
  }
}

const ends = 'Where it then ends at a page of http://localhost that does not load, copy its whole address';
const toBePasted = `${ends}, paste it here (it is not shown) and press Enter.`;
const toBeGiven = `${ends}, and give it to \`tocsin sign-in --complete\` on stdin, or paste it into the admin page.`;

/** `tocsin sign-in --complete`: the address comes on stdin, where it stands in no history of a shell and no list of processes. */
async function complete(asked: Omit<Asked, 'pending'>): Promise<void> {
  const { desk, options, output, before } = asked;
  const typed = typedLines();
  if (typed !== undefined)
    output.say('Paste the address at which the browser ended (it is not shown), and press Enter.');
  try {
    const line = typed === undefined ? await firstLine() : await Promise.race([typed.next(), typed.ended]);
    if (line === undefined) throw new CommandError(exitCodes.usage, 'no address was given');
    expectOk(await bring(desk, options, line));
    if (!options.wait) return;
    const expiresAt = before?.pending?.expiresAt ?? new Date(Date.now() + finishMs).toISOString();
    await follow({ ...asked, pending: { expiresAt } }, undefined);
  } finally {
    typed?.close();
  }
}

/** Within this it is known what became of an address. */
const finishMs = 120_000;

/** Waits until somebody signed in; hands in what is pasted meanwhile. */
async function follow({ desk, options, output, before, pending }: Asked, typed: Typed | undefined): Promise<void> {
  const end = Date.parse(pending.expiresAt);
  for (;;) {
    const now = await credential(desk, options.feed);
    const over = now !== undefined && now.signInAt !== before?.signInAt && now.signIn !== 'waiting';
    if (over && now.signIn === 'worked') {
      if (options.json === true) output.json(now);
      else output.say('Signed in.');
      return;
    }
    if (over) throw new CommandError(exitCodes.no, notSignedIn(now));
    if (Date.now() > end) throw new CommandError(exitCodes.no, 'nobody signed in in time; begin again');
    output.progress(`waiting for somebody to sign in, ${Math.ceil((end - Date.now()) / 60_000)} min left`);
    const line = await Promise.race([sleep(1000), ...(typed === undefined ? [] : [typed.next()])]);
    if (line === undefined) continue;
    const answer = await bring(desk, options, line);
    output.say(answer.status < 300 ? 'Tocsin has it.' : printable(detailOf(answer)));
  }
}

/** What became of a sign-in that did not work. */
export function notSignedIn({
  state,
  word,
  next,
  signInWord,
}: Pick<CredentialView, 'state' | 'word' | 'next' | 'signInWord'>): string {
  if (state === 'ok')
    return `not signed in: the sign-in before goes on serving. ${signInWord ?? 'It was declined, or broken off.'}`;
  if (signInWord !== undefined) return `not signed in: ${signInWord}`;
  // Some words are a sentence, others are not.
  return `not signed in: ${next === undefined ? word : `${word.replace(/\.$/, '')}. ${next}`}`;
}

const pathOf = (desk: string, { feed }: SignInOptions) => `${desk}/api/credentials/${encodeURIComponent(feed)}`;

function bring(desk: string, options: SignInOptions, address: string): Promise<Answer> {
  return ask(`${pathOf(desk, options)}/sign-in/address`, { method: 'POST', body: { address: address.trim() } });
}

async function credential(desk: string, id: string): Promise<CredentialView | undefined> {
  const { items } = expectOk(await ask(`${desk}/api/credentials`)) as unknown as { items: readonly CredentialView[] };
  return items.find((item) => item.id === id);
}
