import type { Question, ReadModelStore, Row } from '#ports/read-model-store.ts';
import { numbers, texts } from '#projections/columns.ts';

/** What is on record of a credential. Times are milliseconds since 1970 UTC. */
export interface CredentialRecord {
  readonly id: string;
  readonly feed?: string;
  /** `ok`, `waiting-for-sign-in`, `revoked`, or the class of its trouble. */
  readonly state: string;
  readonly since: number;
  readonly method?: string;
  /** What became of the last sign-in that was asked for, `waiting`, `worked` or `failed`, and since when; a grant from before serves meanwhile. */
  readonly signIn?: string;
  readonly signInAt?: number;
  /** Why it failed, and what to do then. */
  readonly signInWhat?: string;
  readonly signInNext?: string;
  readonly permissions: readonly string[];
  /** When Entra last gave a token. */
  readonly provedAt?: number;
  readonly tokenExpiresAt?: number;
  readonly grantExpiresAt?: number;
  /** How often people were reminded of what they have to do, how urgently the last time (1 to 5), and when. */
  readonly reminders?: number;
  readonly remindedUrgency?: number;
  readonly remindedAt?: number;
  readonly trouble?: TroubleRecord;
}

/** What is on record of a subscription. Times are milliseconds since 1970 UTC. */
export interface SubscriptionRecord {
  readonly id: string;
  readonly feed?: string;
  readonly policy?: string;
  /** `ok`, `troubled`, `lost`, `removed`. */
  readonly state: string;
  readonly since: number;
  readonly graphId?: string;
  readonly apiVersion?: string;
  readonly content?: string;
  readonly certificateId?: string;
  /** When Graph last said that it lives. */
  readonly provedAt?: number;
  readonly expiresAt?: number;
  readonly deliversUntil?: number;
  readonly trouble?: TroubleRecord;
}

export interface TroubleRecord {
  readonly code?: string;
  readonly what?: string;
  readonly next?: string;
  /** Microsoft's id of the answer, for a support case. */
  readonly supportId?: string;
}

/** A time in which a feed was watched, or was not. Times are milliseconds since 1970 UTC; `to` is absent for the present one. */
export interface WatchSpan {
  readonly feed: string;
  readonly policy?: string;
  readonly watching: boolean;
  readonly from: number;
  readonly to?: number;
  /** Of the present one: when it was last proved, and by what. */
  readonly provedAt?: number;
  readonly proof?: string;
  /** Of a gap. */
  readonly cause?: string;
  readonly detail?: string;
}

/** Questions to the record of how we stay subscribed. */
export interface WatchQueries {
  credentials(): Promise<readonly CredentialRecord[]>;
  subscriptions(): Promise<readonly SubscriptionRecord[]>;
  /** How it is now, one for each feed and policy. */
  current(): Promise<readonly WatchSpan[]>;
  /** Everything that overlaps `[from, to)`, oldest first, the present ones included. */
  spans(from: number, to: number): Promise<readonly WatchSpan[]>;
}

/** @param open the store that serves at the moment */
export function createWatchQueries(open: () => Promise<Pick<ReadModelStore, 'read'>>): WatchQueries {
  const ask = async (...questions: Question[]): Promise<readonly (readonly Row[])[]> =>
    (await (await open()).read(questions)).rows;
  const all = (table: string, column: string): Question => ({ table, order: [{ column, direction: 'asc' }] });
  return {
    async credentials() {
      const [rows = []] = await ask(all('credentials', 'id'));
      return rows.map((row) => ({
        ...{ id: String(row['id']), state: String(row['state']), since: Number(row['since']) },
        permissions: JSON.parse(String(row['permissions'] ?? '[]')) as string[],
        ...texts(row, { feed: 'feed', method: 'method', signIn: 'sign_in' }),
        ...texts(row, { signInWhat: 'sign_in_what', signInNext: 'sign_in_next' }),
        ...numbers(row, {
          signInAt: 'sign_in_at',
          ...{ provedAt: 'proved_at', tokenExpiresAt: 'token_expires_at', grantExpiresAt: 'grant_expires_at' },
          ...{ reminders: 'reminders', remindedUrgency: 'reminded_urgency', remindedAt: 'reminded_at' },
        }),
        ...troubleOf(row),
      }));
    },
    async subscriptions() {
      const [rows = []] = await ask(all('subscriptions', 'id'));
      return rows.map((row) => ({
        ...{ id: String(row['id']), state: String(row['state']), since: Number(row['since']) },
        ...texts(row, { feed: 'feed', policy: 'policy', graphId: 'graph_id', apiVersion: 'api_version' }),
        ...texts(row, { content: 'content', certificateId: 'certificate_id' }),
        ...numbers(row, { provedAt: 'proved_at', expiresAt: 'expires_at', deliversUntil: 'delivers_until' }),
        ...troubleOf(row),
      }));
    },
    async current() {
      const [rows = []] = await ask(all('current', 'feed'));
      return rows.map(spanOf);
    },
    async spans(from, to) {
      const [past = [], now = []] = await ask(
        {
          table: 'spans',
          where: [
            { column: 'ended_at', is: '>', value: from },
            { column: 'started_at', is: '<', value: to },
          ],
        },
        { table: 'current', where: [{ column: 'started_at', is: '<', value: to }] },
      );
      return [...past, ...now].map(spanOf).sort((a, b) => a.from - b.from);
    },
  };
}

function spanOf(row: Row): WatchSpan {
  return {
    ...{ feed: String(row['feed']), watching: row['watching'] === 1, from: Number(row['started_at']) },
    ...texts(row, { policy: 'policy', proof: 'proof', cause: 'cause', detail: 'detail' }),
    ...numbers(row, { to: 'ended_at', provedAt: 'proved_at' }),
  };
}

function troubleOf(row: Row): { readonly trouble?: TroubleRecord } {
  const trouble = texts(row, { code: 'code', what: 'what', next: 'next', supportId: 'support_id' });
  return Object.keys(trouble).length === 0 ? {} : { trouble };
}
