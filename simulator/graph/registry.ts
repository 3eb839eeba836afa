import type { DatabaseSync } from 'node:sqlite';
import type { SubscriptionRecord } from '#simulator/graph/record.ts';

/** For how long an ended subscription is remembered. */
const rememberedMs = 86_400_000;

/** The subscriptions, in memory and on disk. */
export interface Registry {
  /** A live one, undefined for all others. */
  live(id: string): SubscriptionRecord | undefined;
  /** Oldest first. */
  allLive(): readonly SubscriptionRecord[];
  /** Those that ended in the last day, oldest first. */
  ended(now: number): readonly SubscriptionRecord[];
  put(record: SubscriptionRecord): void;
  /** Ends a live one. */
  end(record: SubscriptionRecord, cause: NonNullable<SubscriptionRecord['gone']>['cause'], now: number): void;
}

export function createRegistry(database: DatabaseSync): Registry {
  const write = database.prepare('INSERT OR REPLACE INTO subscriptions (id, record) VALUES (?, ?)');
  const erase = database.prepare('DELETE FROM subscriptions WHERE id = ?');
  const live = new Map<string, SubscriptionRecord>();
  let ended: SubscriptionRecord[] = [];
  for (const row of database.prepare('SELECT record FROM subscriptions ORDER BY rowid').all()) {
    const record = JSON.parse(row['record'] as string) as SubscriptionRecord;
    if (record.gone === undefined) live.set(record.id, record);
    else ended.push(record);
  }
  const put = (record: SubscriptionRecord) => {
    live.set(record.id, record);
    write.run(record.id, JSON.stringify(record));
  };
  const forget = (now: number) => {
    for (const record of ended) if ((record.gone?.at ?? 0) + rememberedMs < now) erase.run(record.id);
    ended = ended.filter((record) => (record.gone?.at ?? 0) + rememberedMs >= now);
  };
  return {
    live: (id) => live.get(id.toLowerCase()),
    allLive: () => [...live.values()].sort((a, b) => a.createdAt - b.createdAt),
    ended(now) {
      forget(now);
      return ended.filter(({ id }) => !live.has(id));
    },
    put,
    end(record, cause, now) {
      const gone = { ...record, gone: { at: now, cause } };
      live.delete(record.id);
      ended = [...ended.filter(({ id }) => id !== record.id), gone];
      write.run(record.id, JSON.stringify(gone));
      forget(now);
    },
  };
}
