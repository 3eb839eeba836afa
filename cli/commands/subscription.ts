import { CommandError, exitCodes } from '#cli/exit-codes.ts';
import { ask, expectOk } from '#cli/http.ts';
import { createOutput, printable, table } from '#cli/output.ts';
import { withReadingDesk } from '#cli/reading-desk.ts';
import { requireDesk } from '#cli/running.ts';
import { untilWords } from '#cli/time-words.ts';
import type { SubscriptionView } from '#web/subscribing.ts';

interface JsonOption {
  readonly json?: boolean;
}

/** `tocsin subscription list`: exit code 1 where one is not well. */
export async function list(options: JsonOption, stateDir: string | undefined): Promise<void> {
  const output = createOutput();
  const items = await subscriptions(stateDir);
  if (options.json === true) output.json({ items });
  else {
    const lines = table(
      ['ID', 'FEED', 'POLICY', 'STATE', 'WHAT', 'LAST PROOF', 'DELIVERS UNTIL', 'ENDS', 'NEXT'],
      items.map((item) => [
        ...[item.id, item.feed, item.policy ?? '', item.state, item.word, untilWords(item.lastProofAt)],
        ...[untilWords(item.deliversUntil), untilWords(item.expiresAt), item.next ?? ''],
      ]),
    );
    for (const line of lines) output.data(line);
    if (items.length === 0)
      output.say('Tocsin keeps none: TOCSIN_CHAT_CLIENT_ID and TOCSIN_EVENTS_CLIENT_ID are not set.');
  }
  if (items.some(({ state }) => state !== 'ok' && state !== 'removed')) process.exitCode = exitCodes.no;
}

/** `tocsin subscription show`. */
export async function show(id: string, options: JsonOption, stateDir: string | undefined): Promise<void> {
  const output = createOutput();
  const item = (await subscriptions(stateDir)).find((one) => one.id === id);
  if (item === undefined)
    throw new CommandError(
      exitCodes.no,
      `there is no subscription ${id}; \`tocsin subscription list\` shows those that there are`,
    );
  if (options.json === true) return output.json(item);
  for (const [name, value] of Object.entries(item)) output.data(`${name.padEnd(16)}${printable(String(value))}`);
}

/** `tocsin subscription renew` and `recreate`. */
export async function act(
  verb: 'renew' | 'recreate',
  id: string,
  options: JsonOption,
  stateDir: string | undefined,
): Promise<void> {
  const output = createOutput();
  const url = `${await requireDesk(stateDir)}/api/subscriptions/${encodeURIComponent(id)}/${verb}`;
  const done = expectOk(await ask(url, { method: 'POST', body: {}, timeoutMs: 60_000 }));
  if (options.json === true) output.json(done);
  else output.say(`${id}: ${actWords(verb, done['at'])}; \`tocsin subscription show ${id}\` shows it`);
}

/** @param at when it comes, where that is not at once */
export function actWords(verb: 'renew' | 'recreate', at: unknown, now: number = Date.now()): string {
  if (verb === 'recreate') return 'is made anew';
  return typeof at === 'string'
    ? `is renewed ${untilWords(at, now)}, at ${at}: Graph does not allow it sooner than ten minutes after the last time`
    : 'is renewed now';
}

async function subscriptions(stateDir: string | undefined): Promise<readonly SubscriptionView[]> {
  return withReadingDesk(
    stateDir,
    async (desk) => expectOk(await ask(`${desk}/api/subscriptions`))['items'] as unknown as readonly SubscriptionView[],
  );
}
