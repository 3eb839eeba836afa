import type { Feed } from '#domain/notices/item.ts';
import type { Question, ReadModelStore, Row } from '#ports/read-model-store.ts';
import { numbers } from '#projections/columns.ts';

/** What the record says of a feed. Times are milliseconds since 1970 UTC. */
export interface FeedHealth {
  readonly feed: Feed;
  /** When the hub got the latest notice. */
  readonly lastNoticeAt?: number;
  /** Notices, repetitions among them. */
  readonly notices: number;
}

/** What the record says of a partition of a hub. */
export interface PartitionRecord {
  /** `inbox-<hub>-<partition>` */
  readonly stream: string;
  readonly lastSequenceNumber?: number;
  /** Of messages; a gap is none. */
  readonly lastEnqueuedAt?: number;
  readonly lastRecordedAt?: number;
  readonly events: number;
}

/** Events of `inbox-*` since the log began. */
export interface InboxCounters {
  readonly undecodable: number;
  readonly undecryptable: number;
  readonly suspicious: number;
  readonly unrecognised: number;
  readonly gaps: number;
  readonly probes: number;
  readonly lifecycle: {
    readonly reauthorizationRequired: number;
    readonly subscriptionRemoved: number;
    readonly missed: number;
  };
  readonly byType: Readonly<Record<string, number>>;
  /** The finest division; `feed` is absent for what is of none. */
  readonly each: readonly {
    readonly stream: string;
    readonly type: string;
    readonly feed?: Feed;
    readonly events: number;
  }[];
}

/** Notices whose content was only named and has not been fetched. */
export interface ReferredNotices {
  readonly waiting: number;
  /** When the hub got the oldest of them. */
  readonly oldestAt?: number;
}

/** Questions to what the record says about health; lag and ages come from the running roles. */
export interface HealthQueries {
  feeds(): Promise<readonly FeedHealth[]>;
  partitions(): Promise<readonly PartitionRecord[]>;
  counters(): Promise<InboxCounters>;
  referred(): Promise<ReferredNotices>;
}

/** @param open the store that serves at the moment */
export function createHealthQueries(open: () => Promise<Pick<ReadModelStore, 'read'>>): HealthQueries {
  const ask = async (...questions: Question[]): Promise<readonly (readonly Row[])[]> =>
    (await (await open()).read(questions)).rows;
  const all = (table: string, column: string): Question => ({ table, order: [{ column, direction: 'asc' }] });

  return {
    async feeds() {
      const [rows = []] = await ask(all('feeds', 'feed'));
      return rows.map((row) => ({
        feed: row['feed'] as Feed,
        ...numbers(row, { lastNoticeAt: 'last_notice_at' }),
        notices: Number(row['notices']),
      }));
    },
    async partitions() {
      const [rows = []] = await ask(all('partitions', 'stream'));
      return rows.map((row) => ({
        stream: String(row['stream']),
        ...numbers(row, {
          ...{ lastSequenceNumber: 'sequence_number', lastEnqueuedAt: 'enqueued_at', lastRecordedAt: 'recorded_at' },
        }),
        events: Number(row['events']),
      }));
    },
    async counters() {
      const [rows = []] = await ask(all('counts', 'stream'));
      const each = rows.map((row) => ({
        ...{ stream: String(row['stream']), type: String(row['type']), events: Number(row['events']) },
        ...(row['feed'] === '' ? {} : { feed: row['feed'] as Feed }),
      }));
      const sums = new Map<string, number>();
      for (const { type, events } of each) sums.set(type, (sums.get(type) ?? 0) + events);
      const of = (type: string): number => sums.get(type) ?? 0;
      return {
        ...{ undecodable: of('tocsin.undecodable'), undecryptable: of('tocsin.undecryptable') },
        ...{ suspicious: of('tocsin.suspicious'), unrecognised: of('tocsin.unrecognised') },
        ...{ gaps: of('tocsin.gap'), probes: of('tocsin.probe') },
        lifecycle: {
          reauthorizationRequired: of('Microsoft.Graph.SubscriptionReauthorizationRequired'),
          subscriptionRemoved: of('Microsoft.Graph.SubscriptionRemoved'),
          missed: of('Microsoft.Graph.SubscriptionMissed'),
        },
        byType: Object.fromEntries(sums),
        each,
      };
    },
    async referred() {
      const [counted = [], oldest = []] = await ask(
        { table: 'referred', countBy: [] },
        { table: 'referred', columns: ['at'], order: [{ column: 'at', direction: 'asc' }], limit: 1 },
      );
      return {
        waiting: Number(counted[0]?.['count'] ?? 0),
        ...(oldest[0] === undefined ? {} : { oldestAt: Number(oldest[0]['at']) }),
      };
    },
  };
}
