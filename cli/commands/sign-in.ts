import { setTimeout as sleep } from 'node:timers/promises';
import { CommandError, exitCodes } from '#cli/exit-codes.ts';
import { ask, expectOk } from '#cli/http.ts';
import { createOutput, printable } from '#cli/output.ts';
import { requireDesk } from '#cli/running.ts';
import type { CredentialView, PendingSignIn } from '#web/subscribing.ts';

/** `tocsin sign-in`: exit code 0 once somebody signed in, 1 where the code ran out or was declined. */
export async function signIn(
  options: { readonly feed: string; readonly browser?: boolean; readonly wait: boolean; readonly json?: boolean },
  stateDir: string | undefined,
): Promise<void> {
  const output = createOutput();
  const desk = await requireDesk(stateDir);
  const before = await credential(desk, options.feed);
  const pending = expectOk(
    await ask(`${desk}/api/credentials/${encodeURIComponent(options.feed)}/sign-in`, {
      method: 'POST',
      body: { method: options.browser === true ? 'browser' : 'device-code' },
      timeoutMs: 60_000,
    }),
  ) as unknown as PendingSignIn;
  if (options.json === true && !options.wait) return output.json(pending);
  output.say(
    pending.userCode === ''
      ? `Open ${printable(pending.verificationUri)} in a browser on this machine, and sign in as the service user.`
      : `Open ${printable(pending.verificationUri)}, enter the code ${printable(pending.userCode)}, and sign in as the service user.`,
  );
  if (!options.wait) return;
  const end = Date.parse(pending.expiresAt);
  for (;;) {
    const now = await credential(desk, options.feed);
    const over = now !== undefined && now.signInAt !== before?.signInAt && now.signIn !== 'waiting';
    if (over && now.signIn === 'worked') {
      if (options.json === true) output.json(now);
      else output.say('Signed in.');
      return;
    }
    if (over)
      throw new CommandError(
        exitCodes.no,
        now.state === 'ok'
          ? 'not signed in: it was declined, or broken off; the sign-in before goes on serving'
          : `not signed in: ${now.word}${now.next === undefined ? '' : `. ${now.next}`}`,
      );
    if (Date.now() > end)
      throw new CommandError(exitCodes.no, 'the code ran out before anybody entered it; begin again');
    output.progress(`waiting for somebody to sign in, ${Math.ceil((end - Date.now()) / 60_000)} min left`);
    await sleep(1000);
  }
}

async function credential(desk: string, id: string): Promise<CredentialView | undefined> {
  const { items } = expectOk(await ask(`${desk}/api/credentials`)) as unknown as { items: readonly CredentialView[] };
  return items.find((item) => item.id === id);
}
