import { setTimeout as sleep } from 'node:timers/promises';
import type { Deployed } from '#cli/deployed/start-deployed.ts';
import { CommandError, exitCodes } from '#cli/exit-codes.ts';
import { ask, expectOk } from '#cli/http.ts';
import type { CallRequest } from '#simulator/teams/make.ts';
import type { SubscriptionView } from '#web/subscribing.ts';

/** A call that got through. */
export interface FirstCall {
  readonly emergencyId: string;
  readonly caller: string;
  /** From dialling to the board. */
  readonly seconds: number;
}

const readyMs = 120_000;
const callMs = 60_000;

/** Waits until every role says that it is ready. @throws {CommandError} where one ends, or is not ready in time */
export async function allReady({ processes }: Deployed, signal: AbortSignal): Promise<void> {
  await until('every role is ready', readyMs, signal, async () => {
    const all = await Promise.all(
      processes.map(async (one) => {
        if (one.exitCode() === undefined) return await one.isReady();
        throw new CommandError(exitCodes.no, `${one.name} ended with ${one.exitCode()}:\n${lastLines(one.said())}`);
      }),
    );
    return all.every((ready) => ready) || undefined;
  });
}

/**
 * Signs the service user in as an operator would, with simulated Entra ID entering the code, and waits until all subscriptions live. Without the chat feed
 * nobody has to sign in.
 * @returns how many subscriptions live; 0 where the stack has no Temporal, so that nothing is ever subscribed
 */
export async function signInAndSubscribe({ desk, services, stack }: Deployed, signal: AbortSignal): Promise<number> {
  const { worker } = stack.settings;
  if (worker['TOCSIN_TEMPORAL'] === 'off') return 0;
  await services.entra.autoApprove(true);
  await until('a sign-in begins', readyMs, signal, async () => {
    if (worker['TOCSIN_CHAT_CLIENT_ID'] === undefined) return true;
    const answer = await ask(`${desk}/api/credentials/chat/sign-in`, {
      ...{ method: 'POST', body: { method: 'device-code' }, timeoutMs: 60_000 },
    });
    return answer.status < 300 || undefined;
  });
  return await until('all subscriptions live', readyMs, signal, async () => {
    const { items } = expectOk(await ask(`${desk}/api/subscriptions`)) as unknown as {
      items: readonly SubscriptionView[];
    };
    return items.length > 0 && items.every(({ state }) => state === 'ok') ? items.length : undefined;
  });
}

/** Lets somebody dial, and waits until the call stands on the board. */
export async function callThrough(
  { desk, services, stack }: Deployed,
  signal: AbortSignal,
  request: Partial<CallRequest> = {},
): Promise<FirstCall> {
  const { worker } = stack.settings;
  const policy = worker['TOCSIN_POLICIES']?.split(',')[0];
  const began = performance.now();
  const made = await services.teams.call({
    ...(worker['TOCSIN_CHAT_CLIENT_ID'] === undefined && policy !== undefined
      ? { feed: 'events', policy }
      : { feed: 'chat' }),
    ...{ delivery: 'direct', test: false, basic: false, ...request },
  });
  if (!made.ok) throw new CommandError(exitCodes.no, `nobody was told of the call: ${made.detail}`);
  if ((made.unnotified ?? []).length > 0)
    throw new CommandError(exitCodes.no, `no subscription covers the call: ${made.unnotified?.join(', ')}`);
  return await until('the call is on the board', callMs, signal, async () => {
    for (const id of made.emergencyIds) {
      const answer = await ask(`${desk}/api/emergencies/${id}`);
      if (answer.status === 200) {
        const { caller } = answer.body as { readonly caller?: { readonly name?: string } };
        const seconds = (performance.now() - began) / 1000;
        return { emergencyId: id, caller: caller?.name ?? 'somebody', seconds };
      }
    }
    return undefined;
  });
}

async function until<T>(what: string, ms: number, signal: AbortSignal, look: () => Promise<T | undefined>): Promise<T> {
  const deadline = performance.now() + ms;
  for (;;) {
    if (signal.aborted) throw new CommandError(exitCodes.no, 'stopped');
    const found = await look();
    if (found !== undefined) return found;
    if (performance.now() > deadline)
      throw new CommandError(exitCodes.no, `it took longer than ${ms / 1000} s until ${what}`);
    await sleep(100, undefined, { signal }).catch(() => undefined);
  }
}

function lastLines(text: string): string {
  return text.trimEnd().split('\n').slice(-5).join('\n');
}
