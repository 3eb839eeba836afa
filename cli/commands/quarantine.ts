import { userInfo } from 'node:os';
import { CommandError, exitCodes } from '#cli/exit-codes.ts';
import { ask, expectOk } from '#cli/http.ts';
import { createOutput, printable, table } from '#cli/output.ts';
import { withReadingDesk } from '#cli/reading-desk.ts';
import { requireDesk } from '#cli/running.ts';
import type { QuarantinedView, QuarantinePage } from '#web/quarantine.ts';

interface JsonOption {
  readonly json?: boolean;
}

interface ListOptions extends JsonOption {
  readonly all?: boolean;
}

/** `tocsin quarantine list`: the newest page, or with `--all` everything. */
export async function list(options: ListOptions, stateDir: string | undefined): Promise<void> {
  const output = createOutput();
  const { items, next } = await withReadingDesk(stateDir, async (desk) =>
    options.all === true ? { items: await everything(desk), next: undefined } : newest(desk),
  );
  if (options.json === true) return output.json({ items });
  const lines = table(
    ['RECORDED', 'PARTITION', 'TYPE', 'WHY', 'BYTES', 'STATE', 'KEPT UNTIL', 'ID'],
    items.map((item) => [
      ...[item.recordedAt, item.partition, item.type, item.why, String(item.bytes ?? '')],
      ...[item.state, item.readableUntil, item.id],
    ]),
  );
  for (const line of lines) output.data(line);
  const kept = items.filter(({ state }) => state === 'kept').length;
  output.say(
    next === undefined
      ? `${items.length} in all, of which ${kept} can be published again.`
      : `The newest ${items.length}, of which ${kept} can be published again; --all shows the older ones, too.`,
  );
}

interface PublishOptions extends JsonOption {
  readonly all?: boolean;
  readonly by?: string;
}

/** `tocsin quarantine publish`: exit code 1 where one of them cannot be. */
export async function publish(
  ids: readonly string[],
  options: PublishOptions,
  stateDir: string | undefined,
): Promise<void> {
  const output = createOutput();
  if (ids.length === 0 && options.all !== true)
    throw new CommandError(exitCodes.usage, 'say which: ids as `tocsin quarantine list` shows them, or --all');
  const desk = await requireDesk(stateDir);
  const kept = async () => (await everything(desk)).filter(({ state }) => state === 'kept').map(({ id }) => id);
  const wanted = options.all === true ? await kept() : ids;
  const by = options.by ?? userInfo().username;
  const items: { readonly id: string; readonly started: boolean; readonly why?: string }[] = [];
  for (const id of wanted) {
    try {
      expectOk(await ask(`${desk}/api/quarantine/${encodeURIComponent(id)}/publish`, { method: 'POST', body: { by } }));
      items.push({ id, started: true });
    } catch (error) {
      // One that is gone is no reason to leave the others; a desk that is gone is.
      if (!(error instanceof CommandError) || error.exitCode !== exitCodes.no) throw error;
      items.push({ id, started: false, why: error.message });
    }
  }
  if (options.json === true) output.json({ items });
  // Only what was asked for is known here: what was cut or damaged cannot be published, and while the hub is away it waits.
  else
    for (const { id, started, why } of items)
      output.say(
        `${printable(id)}: ${started ? 'asked for; `npx tocsin quarantine list` shows what comes of it' : why}`,
      );
  if (options.json !== true && items.length === 0) output.say('There is nothing that can be published again.');
  if (items.some(({ started }) => !started)) process.exitCode = exitCodes.no;
}

async function pageOf(desk: string, cursor?: string): Promise<QuarantinePage> {
  const query = cursor === undefined ? '' : `?cursor=${encodeURIComponent(cursor)}`;
  return expectOk(await ask(`${desk}/api/quarantine${query}`)) as unknown as QuarantinePage;
}

/** The first page that holds anything: what came last may have kept nothing. */
async function newest(desk: string): Promise<QuarantinePage> {
  let page = await pageOf(desk);
  while (page.items.length === 0 && page.next !== undefined) page = await pageOf(desk, page.next);
  return page;
}

async function everything(desk: string): Promise<readonly QuarantinedView[]> {
  const items: QuarantinedView[] = [];
  let next: string | undefined;
  do {
    const page = await pageOf(desk, next);
    items.push(...page.items);
    next = page.next;
  } while (next !== undefined);
  return items;
}
