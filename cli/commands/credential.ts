import { CommandError, exitCodes } from '#cli/exit-codes.ts';
import { ask, expectOk } from '#cli/http.ts';
import { createOutput, printable, table } from '#cli/output.ts';
import { withReadingDesk } from '#cli/reading-desk.ts';
import { requireDesk } from '#cli/running.ts';
import { untilWords } from '#cli/time-words.ts';
import type { CredentialView, PendingSignIn } from '#web/subscribing.ts';

interface JsonOption {
  readonly json?: boolean;
}

/** `tocsin credential list`: exit code 1 where one is not well. */
export async function list(options: JsonOption, stateDir: string | undefined): Promise<void> {
  const output = createOutput();
  const items = await credentials(stateDir);
  if (options.json === true) output.json({ items });
  else {
    const lines = table(
      ['ID', 'STATE', 'WHAT', 'LAST PROOF', 'SIGN-IN ENDS', 'NEXT'],
      items.map((item) => [
        ...[item.id, item.state, item.word, untilWords(item.lastProofAt), untilWords(item.grantExpiresAt)],
        item.next ?? '',
      ]),
    );
    for (const line of lines) output.data(line);
    if (items.length === 0)
      output.say('There are none yet, or TOCSIN_CHAT_CLIENT_ID and TOCSIN_EVENTS_CLIENT_ID are not set.');
  }
  if (items.some(({ state }) => state !== 'ok')) process.exitCode = exitCodes.no;
}

/** `tocsin credential show`. */
export async function show(id: string, options: JsonOption, stateDir: string | undefined): Promise<void> {
  const output = createOutput();
  const item = (await credentials(stateDir)).find((one) => one.id === id);
  if (item === undefined)
    throw new CommandError(
      exitCodes.no,
      `there is no credential ${id}; \`tocsin credential list\` shows those that there are`,
    );
  if (options.json === true) return output.json(item);
  const rows = [
    ['State', `${item.state}: ${item.word}`],
    ['Last proof', untilWords(item.lastProofAt)],
    ['Token ends', untilWords(item.tokenExpiresAt)],
    ['Sign-in ends', untilWords(item.grantExpiresAt)],
    ...(item.next === undefined ? [] : [['Next', item.next]]),
    ...(item.reminders === undefined ? [] : [['Reminded', remindedWords(item)]]),
    ...(item.supportId === undefined ? [] : [['For support', item.supportId]]),
    ...(item.pending === undefined ? [] : [pendingRow(item.pending)]),
  ];
  for (const [name = '', value = ''] of rows) output.data(`${name.padEnd(14)}${printable(value)}`);
  output.data('');
  for (const line of table(
    ['PERMISSION', 'GRANTED', 'NEEDED', 'WHAT FOR'],
    item.permissions.map(({ name, granted, needed, reason }) => [name, yes(granted), yes(needed), reason]),
  ))
    output.data(line);
}

function pendingRow({ userCode, verificationUri }: PendingSignIn): [string, string] {
  return userCode === undefined
    ? ['To be opened', verificationUri]
    : ['To be entered', `${userCode} at ${verificationUri}`];
}

/** `tocsin credential revoke`. */
export async function revoke(
  id: string,
  options: JsonOption & { readonly why: string },
  stateDir: string | undefined,
): Promise<void> {
  const output = createOutput();
  const done = expectOk(
    await ask(`${await requireDesk(stateDir)}/api/credentials/${encodeURIComponent(id)}/revoke`, {
      method: 'POST',
      body: { why: options.why },
    }),
  );
  if (options.json === true) output.json(done);
  else
    output.say(
      done['recorded'] === true
        ? `${id}: the sign-in is forgotten. An administrator can also end its sessions in Entra ID.`
        : `${id}: the sign-in is being forgotten; \`tocsin credential show ${id}\` shows when it is. An administrator can also end its sessions in Entra ID.`,
    );
}

/** How often people were reminded, and how urgently the last time. */
export function remindedWords(
  {
    reminders = 0,
    remindedUrgency = 1,
    remindedAt,
  }: Pick<CredentialView, 'reminders' | 'remindedUrgency' | 'remindedAt'>,
  now: number = Date.now(),
): string {
  const times = reminders === 1 ? 'once' : `${reminders} times`;
  return `${times}, the last time with urgency ${remindedUrgency} of 5, ${untilWords(remindedAt, now)}`;
}

async function credentials(stateDir: string | undefined): Promise<readonly CredentialView[]> {
  return withReadingDesk(
    stateDir,
    async (desk) => expectOk(await ask(`${desk}/api/credentials`))['items'] as unknown as readonly CredentialView[],
  );
}

const yes = (is: boolean) => (is ? 'yes' : 'no');
