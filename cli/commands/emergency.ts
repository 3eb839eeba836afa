import { userInfo } from 'node:os';
import { CommandError, exitCodes } from '#cli/exit-codes.ts';
import { ask, detailOf, expectOk } from '#cli/http.ts';
import { createOutput, printable, table } from '#cli/output.ts';
import { withReadingDesk } from '#cli/reading-desk.ts';
import { requireDesk } from '#cli/running.ts';
import { serverSentEvents } from '#cli/server-sent-events.ts';
import type { EmergencyView } from '#web/desk-data.ts';

interface ListOptions {
  readonly state?: string;
  readonly since?: string;
  readonly until?: string;
  readonly test?: string;
  readonly limit: number;
  readonly json?: boolean;
}

/** `tocsin emergency list`. */
export async function list(options: ListOptions, stateDir: string | undefined): Promise<void> {
  await withReadingDesk(stateDir, (desk) => listFrom(desk, options));
}

interface Page {
  readonly items: readonly EmergencyView[];
  readonly next?: string;
  readonly position?: string;
}

/** Puts together as many pages as it takes. */
async function pageOf(desk: string, filters: Readonly<Record<string, string>>, limit: number): Promise<Page> {
  const items: EmergencyView[] = [];
  let position: string | undefined;
  let cursor: string | undefined;
  do {
    const query = new URLSearchParams({
      ...filters,
      limit: String(Math.min(limit - items.length, 1000)),
      ...(cursor === undefined ? {} : { cursor }),
    });
    const page = expectOk(await ask(`${desk}/api/emergencies?${query}`)) as unknown as Page;
    items.push(...page.items);
    // Complete up to the first page's: what came since then is told again by whoever follows from there.
    position ??= page.position;
    cursor = page.next;
  } while (cursor !== undefined && items.length < limit);
  return {
    items,
    ...(cursor === undefined ? {} : { next: cursor }),
    ...(position === undefined ? {} : { position }),
  };
}

async function listFrom(desk: string, options: ListOptions): Promise<void> {
  const output = createOutput();
  const { json: asJson = false, limit, ...filters } = options;
  const page = await pageOf(desk, filters, limit);
  if (asJson) return output.json(page);
  for (const line of table(
    ['RAISED', 'STATE', 'DIALLED', 'CALLER', 'WHERE', 'ID'],
    page.items.map((item) => [
      item.raisedAt,
      wordOf(item),
      item.dialledNumber ?? '',
      item.caller?.name ?? 'unknown',
      whereOf(item),
      item.id,
    ]),
  ))
    output.data(line);
}

/** `tocsin emergency show`. */
export async function show(
  id: string,
  options: { readonly json?: boolean },
  stateDir: string | undefined,
): Promise<void> {
  await withReadingDesk(stateDir, (desk) => showFrom(desk, id, options.json === true));
}

async function showFrom(desk: string, id: string, asJson: boolean): Promise<void> {
  const output = createOutput();
  const found = expectOk(await ask(`${desk}/api/emergencies/${encodeURIComponent(id)}`)) as unknown as EmergencyView & {
    readonly story: readonly { readonly recordedAt: string; readonly type: string; readonly position: string }[];
  };
  if (asJson) return output.json(found);
  const { story, ...view } = found;
  const rows: [string, string | undefined][] = [
    ['State', wordOf(view)],
    ['Why unsure', view.verified ? undefined : view.reasons.join(', ')],
    ['Where', whereOf(view)],
    ['Who', view.caller?.name],
    ['Call back', view.caller?.callbackNumber],
    ['Number dialled', view.dialledNumber],
    ['Call was at', view.occurredAt],
    ['Received', view.receivedAt],
    ['Raised', view.raisedAt],
    ['Acknowledged', view.acknowledged && `${view.acknowledged.by}, ${view.acknowledged.at}`],
    [
      'Resolved',
      view.resolved &&
        `${view.resolved.by}, ${view.resolved.at}, ${view.resolved.disposition}${view.resolved.note === undefined ? '' : `: ${view.resolved.note}`}`,
    ],
  ];
  for (const [name, value] of rows) if (value !== undefined) output.data(`${name.padEnd(15)} ${printable(value)}`);
  output.data('');
  for (const event of story) output.data(printable(`${event.recordedAt}  ${event.type}`));
}

/** `tocsin emergency watch`: every change, resumed after an outage where it stopped. That nothing is heard is said, also to a script: it would wait for nothing. */
export async function watch(options: { readonly json?: boolean }, stateDir: string | undefined): Promise<void> {
  const output = createOutput();
  const desk = await requireDesk(stateDir);
  let lost: string | undefined;
  const onState = (state: string | undefined) => {
    if (state !== lost) output.say(state ?? 'connected again');
    lost = state;
  };
  for await (const event of serverSentEvents(`${desk}/api/stream`, onState)) {
    if (event.name !== 'emergency') continue;
    const item = JSON.parse(event.data) as EmergencyView;
    if (options.json === true) output.json(item);
    else
      output.data(
        printable(
          `${new Date().toISOString()}  ${wordOf(item).padEnd(16)}  ${item.dialledNumber ?? ''}  ${item.caller?.name ?? 'unknown'}  ${whereOf(item)}  ${item.id}`,
        ),
      );
  }
}

interface ActOptions {
  readonly by?: string;
  readonly json?: boolean;
}

/** `tocsin emergency acknowledge`: exit code 1 and who has it where somebody was first. */
export async function acknowledge(id: string, options: ActOptions, stateDir: string | undefined): Promise<void> {
  await act(id, 'acknowledge', { by: options.by ?? userInfo().username }, options.json === true, stateDir);
}

/** `tocsin emergency resolve`. */
export async function resolve(
  id: string,
  options: ActOptions & { readonly disposition: string; readonly note?: string },
  stateDir: string | undefined,
): Promise<void> {
  const { disposition, note } = options;
  await act(
    id,
    'resolve',
    { by: options.by ?? userInfo().username, disposition, ...(note === undefined ? {} : { note }) },
    options.json === true,
    stateDir,
  );
}

async function act(
  id: string,
  verb: 'acknowledge' | 'resolve',
  body: object,
  asJson: boolean,
  stateDir: string | undefined,
): Promise<void> {
  const output = createOutput();
  const desk = await requireDesk(stateDir);
  const answer = await ask(`${desk}/api/emergencies/${encodeURIComponent(id)}/${verb}`, { method: 'POST', body }).catch(
    (error: unknown) => {
      if (!(error instanceof CommandError)) throw error;
      const look = `it may be recorded all the same: \`npx tocsin emergency show ${id}\` shows it`;
      throw new CommandError(error.exitCode, `${error.message}; ${printable(look)}`);
    },
  );
  if (answer.status === 409) {
    if (asJson) output.json(answer.body);
    throw new CommandError(exitCodes.no, printable(detailOf(answer)));
  }
  const emergency = expectOk(answer) as unknown as EmergencyView;
  if (asJson) output.json(emergency);
  else output.data(printable(`${wordOf(emergency)}  ${emergency.id}`));
}

function wordOf(item: Pick<EmergencyView, 'state' | 'verified' | 'test' | 'acknowledged'>): string {
  const word = item.state === 'unacknowledged' && !item.verified ? 'UNVERIFIED' : item.state.toUpperCase();
  return `${word}${item.test ? ' TEST' : ''}${item.state === 'acknowledged' && item.acknowledged !== undefined ? ` by ${item.acknowledged.by}` : ''}`;
}

/** One line, each part of it once: what is told of the place besides often says floor and room again. */
export function whereOf(item: Pick<EmergencyView, 'location'>): string {
  const { street, floor, room, additionalInfo, city, county, region } = item.location ?? {};
  const told = [street, additionalInfo, floor, room, city, county, region].flatMap((part) => part?.split(', ') ?? []);
  return [...new Set(told)].join(', ') || 'No location was sent';
}
