import type { DatabaseSync } from 'node:sqlite';
import type { TeamsChange } from '#simulator/teams/live.ts';

/** A notice that waits for its subscription to have a token, for its address to take it, or for a delay to end. */
export interface HeldNotice {
  readonly seq: number;
  readonly subscriptionId: string;
  readonly change: TeamsChange;
  /** When the change happened. */
  readonly at: number;
  /** Not before then. */
  readonly dueAt: number;
}

/** Notices in waiting, in memory and on disk, in order for each subscription. */
export interface HeldNotices {
  add(notice: Omit<HeldNotice, 'seq'>): void;
  of(subscriptionId: string): readonly HeldNotice[];
  subscriptionIds(): readonly string[];
  count(): number;
  remove(notices: readonly HeldNotice[]): void;
  /** Later. */
  postpone(notice: HeldNotice, dueAt: number): void;
}

export function createHeldNotices(database: DatabaseSync): HeldNotices {
  const insert = database.prepare('INSERT INTO held (seq, notice) VALUES (?, ?)');
  const erase = database.prepare('DELETE FROM held WHERE seq = ?');
  const bySubscription = new Map<string, HeldNotice[]>();
  let last = 0;
  let count = 0;
  const remember = (notice: HeldNotice) => {
    const list = bySubscription.get(notice.subscriptionId) ?? [];
    list.push(notice);
    bySubscription.set(notice.subscriptionId, list);
    last = Math.max(last, notice.seq);
    count++;
  };
  for (const row of database.prepare('SELECT seq, notice FROM held ORDER BY seq').all()) {
    remember({ ...(JSON.parse(row['notice'] as string) as Omit<HeldNotice, 'seq'>), seq: Number(row['seq']) });
  }
  return {
    add(notice) {
      const seq = last + 1;
      insert.run(seq, JSON.stringify(notice));
      remember({ ...notice, seq });
    },
    of: (id) => bySubscription.get(id) ?? [],
    subscriptionIds: () => [...bySubscription.keys()],
    count: () => count,
    remove(notices) {
      const gone = Map.groupBy(notices, ({ subscriptionId }) => subscriptionId);
      for (const [id, some] of gone) {
        const seqs = new Set(some.map(({ seq }) => seq));
        const left = (bySubscription.get(id) ?? []).filter(({ seq }) => !seqs.has(seq));
        if (left.length === 0) bySubscription.delete(id);
        else bySubscription.set(id, left);
        for (const seq of seqs) erase.run(seq);
        count -= seqs.size;
      }
    },
    postpone(notice, dueAt) {
      const list = bySubscription.get(notice.subscriptionId) ?? [];
      bySubscription.set(
        notice.subscriptionId,
        list.map((each) => (each.seq === notice.seq ? { ...each, dueAt } : each)),
      );
    },
  };
}
