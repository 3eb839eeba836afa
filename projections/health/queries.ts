import type { Feed } from '#domain/notices/item.ts';
import type { Rows } from '#projections/projection.ts';

/** What the log says about one feed. */
export interface FeedHealth {
  readonly feed: Feed;
  readonly notices: number;
  /** When the hub got the last one, ISO 8601 UTC; absent while there was none. */
  readonly lastNoticeAt?: string;
}

export interface NoticeCounters {
  readonly undecodable: number;
  readonly undecryptable: number;
  readonly suspicious: number;
  readonly unrecognised: number;
  readonly gaps: number;
  readonly probes: number;
  /** When the hub got the last validation probe of Graph, ISO 8601 UTC. */
  readonly lastProbeAt?: string;
}

/** What was only named and waits to be fetched. */
export interface ReferredHealth {
  readonly waiting: number;
  /** Of them those that lie in Blob storage; the others can only be had from Graph. */
  readonly inBlobs: number;
  /** When the hub got the oldest of them, ISO 8601 UTC. */
  readonly oldestAt?: string;
}

export interface NoticeCount {
  readonly stream: string;
  readonly type: string;
  readonly feed?: Feed;
  readonly content?: string;
  readonly count: number;
}

export async function feedHealth(store: Rows): Promise<readonly FeedHealth[]> {
  const { rows } = await store.read([
    { table: 'counters', columns: ['feed', 'count'] },
    { table: 'latest', columns: ['name', 'at'], where: [{ column: 'kind', is: '=', value: 'feed' }] },
  ]);
  const [counters = [], latest = []] = rows;
  return (['chat', 'events'] as const).map((feed) => {
    const last = latest.find((row) => row['name'] === feed);
    return {
      feed,
      notices: counters.reduce((sum, row) => (row['feed'] === feed ? sum + Number(row['count']) : sum), 0),
      ...(last === undefined ? {} : { lastNoticeAt: iso(last['at']) }),
    };
  });
}

export async function noticeCounters(store: Rows): Promise<NoticeCounters> {
  const { rows } = await store.read([
    { table: 'counters', columns: ['type', 'count'] },
    {
      table: 'latest',
      columns: ['at'],
      where: [
        { column: 'kind', is: '=', value: 'type' },
        { column: 'name', is: '=', value: 'tocsin.probe' },
      ],
    },
  ]);
  const [counters = [], [probe] = []] = rows;
  const of = (type: string) =>
    counters.reduce((sum, row) => (row['type'] === type ? sum + Number(row['count']) : sum), 0);
  return {
    undecodable: of('tocsin.undecodable'),
    undecryptable: of('tocsin.undecryptable'),
    suspicious: of('tocsin.suspicious'),
    unrecognised: of('tocsin.unrecognised'),
    gaps: of('tocsin.gap'),
    probes: of('tocsin.probe'),
    ...(probe === undefined ? {} : { lastProbeAt: iso(probe['at']) }),
  };
}

export async function referredHealth(store: Rows): Promise<ReferredHealth> {
  const { rows } = await store.read([
    { table: 'referred', countBy: ['why'] },
    { table: 'referred', columns: ['at'], order: [{ column: 'at', direction: 'asc' }], limit: 1 },
  ]);
  const [counts = [], [oldest] = []] = rows;
  const inBlobs = Number(counts.find((row) => row['why'] === 'blob')?.['count'] ?? 0);
  return {
    waiting: counts.reduce((sum, row) => sum + Number(row['count']), 0),
    inBlobs,
    ...(oldest === undefined ? {} : { oldestAt: iso(oldest['at']) }),
  };
}

/** Every counter, for metrics. */
export async function noticeCounts(store: Rows): Promise<readonly NoticeCount[]> {
  const { rows } = await store.read([{ table: 'counters' }]);
  return (rows[0] ?? []).map((row) => ({
    stream: String(row['stream']),
    type: String(row['type']),
    ...(row['feed'] === '' ? {} : { feed: row['feed'] as Feed }),
    ...(row['content'] === '' ? {} : { content: String(row['content']) }),
    count: Number(row['count']),
  }));
}

function iso(at: unknown): string {
  return new Date(Number(at)).toISOString();
}
