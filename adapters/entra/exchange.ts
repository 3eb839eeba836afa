import type { INetworkModule, NetworkRequestOptions, NetworkResponse } from '@azure/msal-node';
import type { EntraRefusal } from '#domain/identity/classify.ts';
import type { Clock } from '#ports/clock.ts';
import type { Ids } from '#ports/ids.ts';
import type { Outbound, OutboundMethod } from '#ports/outbound.ts';
import { bodyOf, refusalOf, refusalOfSilence } from './answer.ts';

/** All requests of one operation (a sign-in, a refresh), and what came of the last. */
export interface Exchange {
  /** For MSAL. Rejects with an error that says nothing: what happened is in `refusal`. */
  readonly network: INetworkModule;
  /** Why the last request was no success. */
  refusal(): EntraRefusal | undefined;
  /** Of the last token answer. */
  issued(): Issued | undefined;
}

/** How long what was issued lives, by our clock. MSAL reads the machine's own instead. */
export interface Issued {
  /** Milliseconds since 1970 UTC. */
  readonly tokenExpiresAt: number;
  /** Where Entra tells. */
  readonly refreshExpiresAt?: number;
}

/** What operations of one identity share. */
export interface ExchangeDeps {
  readonly outbound: Outbound;
  readonly clock: Clock;
  readonly ids: Ids;
  /** Discovery documents by URL. */
  readonly discovery: Map<string, { readonly body: unknown; readonly at: number }>;
  /** Told with every answer how far Entra's clock is ahead, milliseconds. */
  readonly onSkew: (skewMs: number) => void;
}

/** @param cancelled ends it at the caller's wish; @param deadline ends it because time is up */
export function createExchange(deps: ExchangeDeps, deadline: AbortSignal, cancelled?: AbortSignal): Exchange {
  const { outbound, clock, ids, discovery, onSkew } = deps;
  const signal = cancelled === undefined ? deadline : AbortSignal.any([deadline, cancelled]);
  let refusal: EntraRefusal | undefined;
  let issued: Issued | undefined;

  const ask = async (method: OutboundMethod, url: string, options: NetworkRequestOptions | undefined) => {
    for (let attempt = 1; ; attempt += 1) {
      const answer = await outbound.request(url, {
        method,
        headers: options?.headers ?? {},
        ...(options?.body === undefined ? {} : { body: options.body }),
        timeoutMs: requestMs,
        signal,
      });
      // A refresh token that Entra may have taken is not sent twice; what never left is.
      const mayRepeat = !answer.ok && answer.reason === 'network' && (!answer.sent || method === 'GET');
      if (!mayRepeat || attempt === attempts) return answer;
      await clock.sleep(200 + 400 * ids.fraction(), signal);
    }
  };

  const send = async <T>(method: OutboundMethod, url: string, options?: NetworkRequestOptions) => {
    const answer = await ask(method, url, options);
    if (!answer.ok) {
      refusal = refusalOfSilence(answer, cancelled?.aborted === true);
      // MSAL puts what it catches into its own errors.
      throw new Error(refusal.error);
    }
    if (answer.skewMs !== undefined) onSkew(answer.skewMs);
    const body = bodyOf(answer);
    const isSuccess = answer.status >= 200 && answer.status < 300 && body['error'] === undefined;
    refusal = isSuccess ? undefined : refusalOf(answer, body, clock.now());
    if (isSuccess) issued = issuedIn(body, clock.now()) ?? issued;
    return { status: answer.status, headers: { ...answer.headers }, body: body as T } satisfies NetworkResponse<T>;
  };

  return {
    network: {
      async sendGetRequestAsync<T>(url: string, options?: NetworkRequestOptions) {
        const known = discovery.get(url);
        if (known !== undefined && clock.now() - known.at < discoveryMs && clock.now() >= known.at) {
          return { status: 200, headers: {}, body: known.body as T };
        }
        const answer = await send<T>('GET', url, options);
        if (refusal === undefined && 'token_endpoint' in (answer.body as object)) {
          discovery.set(url, { body: answer.body, at: clock.now() });
        }
        return answer;
      },
      sendPostRequestAsync: <T>(url: string, options?: NetworkRequestOptions) => send<T>('POST', url, options),
    },
    refusal: () => refusal,
    issued: () => issued,
  };
}

const attempts = 2;
const requestMs = 15_000;
const discoveryMs = 24 * 3_600_000;

function issuedIn(body: Readonly<Record<string, unknown>>, now: number): Issued | undefined {
  if (typeof body['access_token'] !== 'string') return undefined;
  const seconds = secondsOf(body['expires_in']);
  const refreshSeconds = secondsOf(body['refresh_token_expires_in']);
  if (seconds === undefined) return undefined;
  return {
    tokenExpiresAt: now + seconds * 1000,
    ...(refreshSeconds === undefined ? {} : { refreshExpiresAt: now + refreshSeconds * 1000 }),
  };
}

/** Numbers, or their digits, as version 1 of Entra's endpoint gives them. */
export function secondsOf(value: unknown): number | undefined {
  const seconds = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value;
  return typeof seconds === 'number' && Number.isFinite(seconds) && seconds > 0 ? seconds : undefined;
}
