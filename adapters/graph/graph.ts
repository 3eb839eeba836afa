import { type BudgetName, createBudget, limits } from '#adapters/graph/budget.ts';
import { chatsSince, messageHeaders, messagePath, messagesBetween } from '#adapters/graph/chats.ts';
import { allPages } from '#adapters/graph/pages.ts';
import { type GraphCallReport, type GraphRequest, type RequestDeps, request } from '#adapters/graph/request.ts';
import { change, creation, subscriptionOf } from '#adapters/graph/subscriptions.ts';
import type { JsonObject } from '#kernel/json.ts';
import type { Clock } from '#ports/clock.ts';
import type { Graph, GraphResult } from '#ports/graph.ts';
import type { Identity } from '#ports/identity.ts';
import type { Ids } from '#ports/ids.ts';
import type { Outbound } from '#ports/outbound.ts';

export interface GraphSettings {
  /** Such as `https://graph.microsoft.com` or `https://graph.microsoft.us`: without a version. */
  readonly baseUrl: string;
  readonly version: 'v1.0' | 'beta';
  readonly identity: Pick<Identity, 'token'>;
  readonly outbound: Outbound;
  readonly clock: Clock;
  readonly ids: Ids;
  /** Milliseconds for one request with all its attempts (default 30,000); a list of pages has four times as long. */
  readonly deadlineMs?: number;
  /** Milliseconds for one attempt (default 10,000). */
  readonly attemptMs?: number;
  /** Ends whatever is under way, and every wait. */
  readonly signal?: AbortSignal;
  /** Told of every call when it ended; must not throw. */
  readonly observe?: (report: GraphCallReport) => void;
}

/** Lists longer than this many pages are refused: of 50 messages each, no chat that we read has that many in a gap. */
const mostPages = 100;

/** A token holds the permissions of when it was issued. For what stays forbidden a new one is asked for no more often, milliseconds. */
const grantedMs = 600_000;

/**
 * Microsoft Graph over our own thin client (docs/adr/0008-thin-graph-client.md). Addresses are built from the base alone, answers are checked, and every
 * failure is one of the port's.
 */
export function createGraph(settings: GraphSettings): Graph {
  const { baseUrl, version, clock, deadlineMs = 30_000, attemptMs = 10_000, signal, observe } = settings;
  const budgetOf = (name: BudgetName) => createBudget(clock, limits[name]);
  let tokenAskedAt = Number.NEGATIVE_INFINITY;
  const deps: RequestDeps = {
    ...{ identity: settings.identity, outbound: settings.outbound, clock, ids: settings.ids, deadlineMs, attemptMs },
    root: `${baseUrl.replace(/\/+$/, '')}/${version}`,
    budgets: {
      'subscription-writes': budgetOf('subscription-writes'),
      'subscription-reads': budgetOf('subscription-reads'),
      teams: budgetOf('teams'),
    },
    mayBeGranted() {
      const now = clock.monotonic();
      if (now - tokenAskedAt < grantedMs) return false;
      tokenAskedAt = now;
      return true;
    },
    ...(signal === undefined ? {} : { signal }),
    ...(observe === undefined ? {} : { observe }),
  };

  /** Asks for one object; what is no such object is no answer of Graph's. */
  async function one<T>(asked: GraphRequest, read: (body: JsonObject) => T | undefined): Promise<GraphResult<T>> {
    const answer = await request(deps, asked);
    if (!answer.ok) return answer;
    const context = answer.requestId === undefined ? {} : { requestId: answer.requestId };
    const value = read(answer.body);
    if (value !== undefined) return { ok: true, value, ...context };
    const reason = asked.repeatable ? 'unavailable' : 'unknown-outcome';
    return { ok: false, reason, detail: 'the answer lacks what it has to hold', status: 200, ...context };
  }

  async function nothing(asked: Omit<GraphRequest, 'answered'>): Promise<GraphResult<undefined>> {
    const answer = await request(deps, { ...asked, answered: false });
    if (!answer.ok) return answer;
    return { ok: true, value: undefined, ...(answer.requestId === undefined ? {} : { requestId: answer.requestId }) };
  }

  const paging = { mostPages, deadlineMs: deadlineMs * 4 };
  const pathOf = (id: string) => `/subscriptions/${encodeURIComponent(id)}`;
  const writing = { budget: 'subscription-writes', answered: true } as const;
  const reading = { method: 'GET', repeatable: true, answered: true } as const;

  return {
    createSubscription: (asked) =>
      one(
        {
          ...{ ...writing, operation: 'subscription-create', method: 'POST', path: '/subscriptions' },
          // Carried out twice it is a conflict, or two subscriptions: whoever asked looks at the list.
          ...{ body: creation(asked), repeatable: false },
        },
        subscriptionOf,
      ),
    renewSubscription: (id, asked) =>
      one(
        {
          ...{ ...writing, operation: 'subscription-renew', method: 'PATCH', path: pathOf(id) },
          ...{ body: change(asked), repeatable: true },
        },
        (body) => subscriptionOf({ id, ...body }),
      ),
    reauthorizeSubscription: (id) =>
      nothing({
        ...{ operation: 'subscription-reauthorize', method: 'POST', path: `${pathOf(id)}/reauthorize` },
        ...{ budget: 'subscription-writes', repeatable: false },
      }),
    async deleteSubscription(id) {
      const deleted = await nothing({
        ...{ operation: 'subscription-delete', method: 'DELETE', path: pathOf(id) },
        ...{ budget: 'subscription-writes', repeatable: true },
      });
      if (deleted.ok || deleted.reason !== 'not-found') return deleted;
      return {
        ok: true,
        value: undefined,
        ...(deleted.requestId === undefined ? {} : { requestId: deleted.requestId }),
      };
    },
    getSubscription: (id) =>
      one(
        { ...reading, operation: 'subscription-get', path: pathOf(id), budget: 'subscription-reads' },
        subscriptionOf,
      ),
    listSubscriptions: () =>
      allPages(deps, {
        ...{ ...paging, operation: 'subscription-list', budget: 'subscription-reads' },
        ...{ path: '/subscriptions', query: '', read: subscriptionOf },
      }),
    me: () =>
      one(
        { ...reading, operation: 'me', path: '/me?$select=id,userPrincipalName', budget: 'teams' },
        ({ id, userPrincipalName }) =>
          typeof id === 'string' && id !== ''
            ? { id, userPrincipalName: typeof userPrincipalName === 'string' ? userPrincipalName : '' }
            : undefined,
      ),
    chats: (since) => allPages(deps, { ...paging, operation: 'chats', budget: 'teams', ...chatsSince(since) }),
    messages: (chatId, since, until) =>
      allPages(deps, {
        ...{ ...paging, operation: 'messages', budget: 'teams', headers: messageHeaders },
        ...messagesBetween(chatId, since, until),
      }),
    message: (chatId, messageId) =>
      one(
        {
          ...{ ...reading, operation: 'message', budget: 'teams', headers: messageHeaders },
          path: messagePath(chatId, messageId),
        },
        (body) => (typeof body['id'] === 'string' ? body : undefined),
      ),
  };
}
