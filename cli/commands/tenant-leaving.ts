import { readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { StackOutputs } from '#adapters/pulumi/outcome.ts';
import { CommandError, exitCodes } from '#cli/exit-codes.ts';
import { ask, bringTo, expectOk } from '#cli/http.ts';
import type { Output } from '#cli/output.ts';
import { findDesk, running } from '#cli/running.ts';
import { requireSettings } from '#cli/settings.ts';
import { deskIn, type HeldResource } from '#infra/driver/leaving.ts';
import type { LeavingView } from '#web/subscribing.ts';

export interface EndWatchingOptions {
  readonly slug: string;
  readonly output: Pick<Output, 'say'>;
  readonly simulated: boolean;
  readonly signal: AbortSignal;
  readonly stateDir: string | undefined;
  readonly resources: readonly HeldResource[];
  readonly outputs: () => Promise<StackOutputs>;
  /** Somebody said that the desk is dead for good. */
  readonly without: boolean;
  /** Milliseconds for all of it (default 3 minutes), and between two looks. */
  readonly patienceMs?: number;
  readonly everyMs?: number;
  /** A token of the person at this machine for that application. */
  readonly token?: (clientId: string) => Promise<string>;
}

interface Desk {
  readonly url: string;
  /** Whose token it takes; absent on this machine. */
  readonly clientId?: string;
}

/**
 * Ends the tenant's subscriptions at Graph and has its sign-ins forgotten, by its own desk: whoever deletes a stack has neither its token nor its keys.
 * Returns once nothing is left.
 * @throws {CommandError} before anything is deleted, with the way out
 */
export async function endWatching(options: EndWatchingOptions): Promise<void> {
  const { slug, output, simulated, without, signal } = options;
  if (without) return output.say(`warning: ${byHand(slug).join('\n')}`);
  const desk = simulated ? await simulatedDesk(options) : await stackDesk(options);
  if (desk === undefined) return;
  const began = performance.now();
  const ended = { subscriptions: new Set<string>(), credentials: new Set<string>() };
  let told = '';
  for (;;) {
    const seen = await leave(options, desk);
    for (const id of seen.subscriptions) ended.subscriptions.add(id);
    for (const id of seen.credentials) ended.credentials.add(id);
    if (seen.ended) break;
    const waiting = seen.waiting.map(({ id, what, next }) => `  ${id}: ${what} ${next}`).join('\n');
    if (performance.now() - began > (options.patienceMs ?? 180_000) || signal.aborted)
      throw notEnded(slug, exitCodes.no, ['these do not end:', waiting]);
    if (waiting !== told) output.say(`waiting for the end of\n${waiting}`);
    told = waiting;
    await new Promise((later) => setTimeout(later, options.everyMs ?? 1_000));
  }
  const count = (many: number, one: string) => `${many} ${one}${many === 1 ? '' : 's'}`;
  output.say(
    `the watch of ${slug} has ended: ${count(ended.subscriptions.size, 'subscription')} deleted at Graph, ${count(ended.credentials.size, 'sign-in')} forgotten`,
  );
}

/** The Tocsin that a simulated `up` of this tenant started, else that of this state folder. One that is not simulated is never touched. */
async function simulatedDesk({ slug, output, stateDir }: EndWatchingOptions): Promise<Desk | undefined> {
  const started = resolve(requireSettings(stateDir).stateDir, 'simulated-azure', 'running');
  const folders = await readdir(started).catch(() => []);
  const own = folders.filter((name) => name.replace(/-[^-]*$/, '') === slug);
  const candidates = own.flatMap((name) => ['desk', 'machine'].map((unit) => join(started, name, unit)));
  for (const candidate of [...candidates, stateDir]) {
    const endpoints = await running(candidate);
    const url = typeof endpoints?.['simulator'] === 'string' ? await findDesk(candidate) : undefined;
    if (url !== undefined) return { url };
  }
  output.say(`no simulated Tocsin runs here: nothing watches ${slug}`);
  return undefined;
}

async function stackDesk({ slug, output, outputs, resources }: EndWatchingOptions): Promise<Desk | undefined> {
  if (!deskIn(resources)) {
    output.say(`${slug} has no desk any more, or never had one: nothing that watches is left to be ended`);
    return undefined;
  }
  const known = await outputs();
  const text = (name: string) => {
    const found = known[name];
    return found?.secret === false && typeof found.value === 'string' ? found.value : undefined;
  };
  const [url, clientId] = [text('deskUrl'), text('deskClientId')];
  if (url === undefined || clientId === undefined)
    throw notEnded(slug, exitCodes.unreachable, [
      `the stack does not say where its desk is, because its last run was not finished; \`tocsin tenant up ${slug}\` finishes it`,
    ]);
  return { url, clientId };
}

async function leave({ slug, token = azureToken }: EndWatchingOptions, desk: Desk): Promise<LeavingView> {
  try {
    // A token is good for an hour, and asked for each time: the command line keeps it.
    if (desk.clientId !== undefined) bringTo(desk.url, await token(desk.clientId));
    const answer = await ask(`${desk.url}/api/leaving`, {
      ...{ method: 'POST', body: { why: `${slug} is being deleted` }, timeoutMs: 60_000 },
    });
    if (answer.status === 401)
      throw new CommandError(exitCodes.no, 'the desk does not take your sign-in: it is of another tenant, or too old');
    return expectOk(answer) as unknown as LeavingView;
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    throw notEnded(slug, error.exitCode, [error.message]);
  }
}

async function azureToken(clientId: string): Promise<string> {
  const { AzureCliCredential } = await import('@azure/identity');
  try {
    return (await new AzureCliCredential({ processTimeoutInMs: 30_000 }).getToken(`${clientId}/.default`)).token;
  } catch (error) {
    const [said = ''] = (error instanceof Error ? error.message : String(error)).split('\n');
    throw new CommandError(
      exitCodes.no,
      `the Azure command line gives no token for the desk (${said.slice(0, 300)}). Sign in with \`az login\` as somebody who has the role Administrator or Operator at the desk`,
    );
  }
}

function notEnded(slug: string, code: number, lines: readonly string[]): CommandError {
  return new CommandError(
    code,
    [
      `The watch of ${slug} was not ended. Nothing was deleted.`,
      ...lines,
      `Put that right and repeat the command. Where what runs is dead for good: tocsin tenant destroy ${slug} --without-ending-watch. Then:`,
      ...byHand(slug).map((line) => `  ${line}`),
    ].join('\n'),
  );
}

/** What is left for people to do where the desk cannot do it. */
function byHand(slug: string): readonly string[] {
  return [
    `Graph keeps the subscriptions of ${slug} until they run out, within three days, and delivers to nobody: it may send mail about that.`,
    'The sign-in of the service user is ended by an administrator: Entra admin center > Users > the service user > Revoke sessions.',
    'Then look under App registrations that those of the tenant are gone, and delete the service user.',
  ];
}
