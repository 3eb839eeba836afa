import { setTimeout as sleep } from 'node:timers/promises';
import { CommandError, exitCodes } from '#cli/exit-codes.ts';
import { ask, detailOf, expectOk, foreign } from '#cli/http.ts';
import { createOutput, printable, table } from '#cli/output.ts';
import { findDesk, requireDesk, requireSimulator } from '#cli/running.ts';

interface CallOptions {
  readonly caller?: string;
  readonly number?: string;
  readonly street?: string;
  readonly floor?: string;
  readonly language?: string;
  readonly feed: 'chat' | 'events' | 'both';
  readonly delivery: 'direct' | 'event-grid' | 'webhook';
  readonly basic?: boolean;
  readonly test?: boolean;
  readonly wait?: boolean;
  readonly json?: boolean;
}

/** `tocsin simulate call`: a simulated user dials. */
export async function call(options: CallOptions, stateDir: string | undefined): Promise<void> {
  if (options.test === true && options.feed === 'chat')
    throw new CommandError(
      exitCodes.usage,
      '--test needs the events feed: a chat message does not say which number was dialled',
    );
  if (options.test === true && options.number !== undefined)
    throw new CommandError(exitCodes.usage, '--test dials the test number; leave out --number');
  if (options.basic === true && options.feed === 'events')
    throw new CommandError(exitCodes.usage, '--basic is for the chat feed: the events feed is rich only');
  if (options.delivery === 'webhook')
    throw new CommandError(
      exitCodes.usage,
      '--delivery webhook needs the webhook receiver, which is not built yet; use direct or event-grid',
    );
  const output = createOutput();
  const simulator = await requireSimulator(stateDir);
  if (options.wait === true) await requireDesk(stateDir);
  const { wait = false, json: asJson = false, ...request } = options;
  const made = expectOk(await ask(`${simulator}/calls`, { method: 'POST', body: request })) as {
    readonly callId: string;
    readonly emergencyIds: readonly string[];
    readonly publishedAt: string;
  };
  const emergencyId = wait ? await raised(made.emergencyIds, stateDir) : undefined;
  if (asJson)
    output.json({
      callId: made.callId,
      ...(emergencyId === undefined ? {} : { emergencyId }),
      publishedAt: made.publishedAt,
    });
  else {
    output.data(made.callId);
    if (emergencyId !== undefined) output.data(emergencyId);
    const desk = await findDesk(stateDir);
    output.say(
      emergencyId === undefined
        ? 'A simulated user dials. The call is on its way to the board.'
        : `It is on the board: ${desk}/emergencies/${emergencyId}`,
    );
  }
}

/** Either notice may be judged first: whichever of the ids is there is the emergency's. */
async function raised(ids: readonly string[], stateDir: string | undefined): Promise<string> {
  const deadline = performance.now() + 30_000;
  while (performance.now() < deadline) {
    const desk = await requireDesk(stateDir);
    for (const id of ids) {
      const answer = await ask(`${desk}/api/emergencies/${id}`);
      if (answer.status === 200) return id;
      if (answer.status !== 404) throw new CommandError(exitCodes.unreachable, detailOf(answer));
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new CommandError(
    exitCodes.no,
    'the call was published but no emergency was raised within 30 s; `npx tocsin status` tells what is the matter',
  );
}

/** `tocsin simulate chatter`: ordinary messages. */
export async function chatter(
  options: { readonly rate: number; readonly seconds: number; readonly json?: boolean },
  stateDir: string | undefined,
): Promise<void> {
  const output = createOutput();
  const simulator = await requireSimulator(stateDir);
  const started = performance.now();
  const ticking = setInterval(
    () => output.progress(`chatting: ${Math.round((performance.now() - started) / 1000)} of ${options.seconds} s`),
    500,
  );
  try {
    const body = { rate: options.rate, seconds: options.seconds };
    const done = expectOk(
      await ask(`${simulator}/chatter`, { method: 'POST', body, timeoutMs: options.seconds * 1000 + 60_000 }),
    );
    if (options.json === true) output.json(done);
    else output.data(`${done['published']} published, ${done['failed']} failed`);
  } finally {
    clearInterval(ticking);
    output.progress(undefined);
  }
}

/** `tocsin simulate notice`: the validation probe or a lifecycle notice. */
export async function notice(
  kind: string,
  options: { readonly feed: string; readonly json?: boolean },
  stateDir: string | undefined,
): Promise<void> {
  const simulator = await requireSimulator(stateDir);
  const body = kind === 'probe' ? { kind } : { kind: 'lifecycle', event: kind, feed: options.feed };
  const done = expectOk(await ask(`${simulator}/notices`, { method: 'POST', body }));
  const output = createOutput();
  if (options.json === true) output.json(done);
  else output.say('Published.');
}

/** `tocsin simulate approve`: exit code 1 where nobody waits with that code. */
export async function approve(
  code: string,
  options: { readonly as?: string; readonly deny?: boolean; readonly json?: boolean },
  stateDir: string | undefined,
): Promise<void> {
  const output = createOutput();
  const body = { code, ...(options.as === undefined ? {} : { as: options.as }), deny: options.deny === true };
  const done = expectOk(await ask(`${await requireSimulator(stateDir)}/codes`, { method: 'POST', body }));
  if (options.json === true) output.json(done);
  else output.say(options.deny === true ? 'Declined.' : 'Signed in.');
}

/** `tocsin simulate settings`: for other processes. */
export async function settings(options: { readonly json?: boolean }, stateDir: string | undefined): Promise<void> {
  const output = createOutput();
  const found = expectOk(await ask(`${await requireSimulator(stateDir)}/settings`));
  if (options.json === true) output.json(found);
  else for (const [name, value] of Object.entries(found)) output.data(`${name}=${String(value)}`);
}

/** `tocsin simulate fault`. */
export async function fault(
  name: string | undefined,
  options: { readonly list?: boolean; readonly for?: number; readonly stop?: boolean; readonly json?: boolean },
  stateDir: string | undefined,
): Promise<void> {
  const output = createOutput();
  const simulator = await requireSimulator(stateDir);
  if (options.list === true || name === undefined) {
    const { status, body } = await ask(`${simulator}/faults`);
    if (status !== 200 || !Array.isArray(body)) throw foreign();
    const faults = body as unknown as readonly { readonly name: string; readonly description: string }[];
    if (options.json === true) output.json(faults);
    else
      for (const line of table(
        ['FAULT', 'WHAT IT DOES'],
        faults.map((one) => [one.name, one.description]),
      ))
        output.data(line);
    return;
  }
  const act = async (action: 'start' | 'stop') => {
    const answer = await ask(`${simulator}/faults`, { method: 'POST', body: { name, action } });
    if (answer.status === 404)
      throw new CommandError(exitCodes.usage, `${detailOf(answer)}; \`tocsin simulate fault --list\` names them`);
    return expectOk(answer);
  };
  const passing = options.for !== undefined && options.stop !== true;
  // Ctrl-C ends the fault as well, also at once: nobody wants a simulator that stays broken unseen.
  const interrupted = new AbortController();
  if (passing) process.once('SIGINT', () => interrupted.abort());
  const done = await act(options.stop === true ? 'stop' : 'start');
  output.say(`${printable(String(done['name']))}: ${options.stop === true ? 'ended' : 'begun'}`);
  if (options.for !== undefined && passing) {
    const end = performance.now() + options.for * 1000;
    for (let left = options.for; left > 0 && !interrupted.signal.aborted; left = (end - performance.now()) / 1000) {
      output.progress(`${name}: ${Math.ceil(left)} s left`);
      await sleep(Math.min(1000, left * 1000), undefined, interrupted).catch(() => undefined);
    }
    await act('stop');
    output.say(`${printable(String(done['name']))}: ended`);
  }
  if (options.json === true) output.json(done);
}
