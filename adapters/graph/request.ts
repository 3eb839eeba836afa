import type { Budget, BudgetName, Pause } from '#adapters/graph/budget.ts';
import {
  garbage,
  isThrottling,
  noAnswer,
  parsed,
  refusal,
  requestIdOf,
  type Verdict,
} from '#adapters/graph/failures.ts';
import { retryAfterMs } from '#adapters/graph/retry-after.ts';
import type { JsonObject } from '#kernel/json.ts';
import type { Clock } from '#ports/clock.ts';
import type { GraphFailure } from '#ports/graph.ts';
import type { Identity } from '#ports/identity.ts';
import type { Ids } from '#ports/ids.ts';
import type { Outbound, OutboundResponse } from '#ports/outbound.ts';

/** One request to Graph. */
export interface GraphRequest {
  /** What it is for, in one word: for metrics, nothing personal. */
  readonly operation: string;
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** After the version, with its leading slash and its query; encoded. */
  readonly path: string;
  readonly body?: JsonObject;
  readonly headers?: Readonly<Record<string, string>>;
  readonly budget: BudgetName;
  /** Carrying it out twice is the same as once. */
  readonly repeatable: boolean;
  /** False where an empty answer is the expected one. */
  readonly answered: boolean;
  /** By the monotonic clock; default {@link RequestDeps.deadlineMs} from now. */
  readonly until?: number;
}

export type GraphAnswer = { readonly ok: true; readonly body: JsonObject; readonly requestId?: string } | GraphFailure;

/** What became of one call, for metrics and logs: nothing personal or secret in it. */
export interface GraphCallReport {
  readonly operation: string;
  readonly outcome: 'ok' | GraphFailure['reason'];
  readonly attempts: number;
  /** Of all attempts and the waits between them. */
  readonly durationMs: number;
  readonly status?: number;
  /** Ours, sent with every attempt. */
  readonly clientRequestId: string;
  /** Graph's, for a support case. */
  readonly requestId?: string;
}

export interface RequestDeps {
  /** `https://graph.microsoft.com/v1.0`. */
  readonly root: string;
  readonly identity: Pick<Identity, 'token'>;
  readonly outbound: Outbound;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly budgets: Readonly<Record<BudgetName, Budget>>;
  /** Whether a permission may have come back since the kept token was issued: asked where Graph says that one is missing. */
  readonly mayBeGranted: () => boolean;
  /** For all attempts of one request together. */
  readonly deadlineMs: number;
  readonly attemptMs: number;
  readonly signal?: AbortSignal;
  readonly observe?: (report: GraphCallReport) => void;
}

const mostAttempts = 8;
const firstBackoffMs = 500;
const longestBackoffMs = 15_000;
/** How long an outage lasts is a guess, and who asks again earlier breaks no limit: renewals are not kept back longer than this. */
const longestOutageMs = 300_000;
/** Too little time for an answer: not worth an attempt. */
const leastMs = 50;

/**
 * Sends one request until there is an answer that counts or no time is left: waits for its turn under the budget, for what `Retry-After` asks, and with full jitter
 * where nothing was asked. A request that may have been carried out is repeated only when that is the same as once. A token that is not taken, or that may
 * lack what was granted since, is replaced once.
 */
export async function request(deps: RequestDeps, asked: GraphRequest): Promise<GraphAnswer> {
  const { clock, ids, observe } = deps;
  const startedAt = clock.monotonic();
  const clientRequestId = ids.random();
  const attempt = { count: 0, status: undefined as number | undefined };
  const answer = await attempts(deps, asked, clientRequestId, attempt);
  observe?.({
    operation: asked.operation,
    outcome: answer.ok ? 'ok' : answer.reason,
    attempts: attempt.count,
    durationMs: Math.round(clock.monotonic() - startedAt),
    clientRequestId,
    ...(attempt.status === undefined ? {} : { status: attempt.status }),
    ...('requestId' in answer && answer.requestId !== undefined ? { requestId: answer.requestId } : {}),
  });
  return answer;
}

async function attempts(
  deps: RequestDeps,
  asked: GraphRequest,
  clientRequestId: string,
  attempt: { count: number; status: number | undefined },
): Promise<GraphAnswer> {
  const { clock, ids, signal } = deps;
  const budget = deps.budgets[asked.budget];
  const until = asked.until ?? clock.monotonic() + deps.deadlineMs;
  const left = () => until - clock.monotonic();
  const isOver = () => signal?.aborted === true || left() < leastMs;
  let force = false;
  let renewed = false;
  let last: GraphFailure | undefined;
  for (;;) {
    const turn = await budget.take(left() - leastMs, signal);
    if (!turn.ok) return last ?? busy(turn.waitMs, turn.paused);
    if (isOver()) return last ?? late;
    const token = await deps.identity.token(force ? { force } : undefined);
    if (!token.ok) return token;
    force = false;
    // A token may take a minute: what goes out with no time left has an outcome that nobody hears of.
    if (isOver()) return last ?? late;
    attempt.count++;
    const response = await deps.outbound.request(`${deps.root}${asked.path}`, {
      method: asked.method,
      headers: {
        accept: 'application/json',
        ...(asked.body === undefined ? {} : { 'content-type': 'application/json' }),
        ...asked.headers,
        'client-request-id': clientRequestId,
        'return-client-request-id': 'true',
        authorization: `Bearer ${token.token.value}`,
      },
      ...(asked.body === undefined ? {} : { body: JSON.stringify(asked.body) }),
      timeoutMs: Math.floor(Math.min(deps.attemptMs, left())),
      ...(signal === undefined ? {} : { signal }),
    });
    attempt.status = response.ok ? response.status : undefined;
    const retryAfter = response.ok ? askedToWait(response, clock) : undefined;
    const judged = judge(asked, response.ok ? response : noAnswer(response, asked.repeatable), retryAfter);
    if ('ok' in judged) return judged;
    last = judged.failure;
    const isOfToken = last.reason === 'unauthorised' || (last.reason === 'forbidden' && deps.mayBeGranted());
    if (isOfToken && !renewed) {
      [renewed, force, last] = [true, true, undefined];
      continue;
    }
    // Whoever goes out next on this budget would hear the same.
    if (last.reason === 'throttled') budget.pause(retryAfter ?? firstBackoffMs, 'throttled');
    else if (attempt.status === 503 && retryAfter !== undefined) budget.pause(retryAfter, 'unavailable');
    if (!judged.again || attempt.count >= mostAttempts) return last;
    const jitterMs = ids.fraction() * Math.min(longestBackoffMs, firstBackoffMs * 2 ** attempt.count);
    const waitMs = retryAfter === undefined ? jitterMs : retryAfter + ids.fraction() * firstBackoffMs;
    if (waitMs > left() - leastMs) return last;
    await clock.sleep(waitMs, signal);
  }
}

function judge(
  asked: GraphRequest,
  response: OutboundResponse | Verdict,
  retryAfter: number | undefined,
): Extract<GraphAnswer, { ok: true }> | Verdict {
  if ('failure' in response) return response;
  const { repeatable } = asked;
  // What is moved elsewhere is never followed.
  if (response.status < 200 || response.status >= 300) return refusal(response, repeatable, retryAfter);
  const body = parsed(response.text);
  if (body === undefined && asked.answered) return garbage(response, repeatable);
  const requestId = requestIdOf(response);
  return { ok: true, body: body ?? {}, ...(requestId === undefined ? {} : { requestId }) };
}

function askedToWait({ headers, skewMs, status }: OutboundResponse, clock: Clock): number | undefined {
  const asked = retryAfterMs(headers['retry-after'], clock.now() + (skewMs ?? 0));
  return asked === undefined || isThrottling(status) ? asked : Math.min(asked, longestOutageMs);
}

const late: GraphFailure = { ok: false, reason: 'unavailable', detail: 'no time was left for the request' };

function busy(waitMs: number, paused: Pause | undefined): GraphFailure {
  return {
    ok: false,
    reason: paused ?? 'throttled',
    detail:
      paused === undefined
        ? 'our own limit, below the one of Graph, is used up'
        : 'the wait that it asked for is not over',
    retryAfterMs: waitMs,
  };
}
