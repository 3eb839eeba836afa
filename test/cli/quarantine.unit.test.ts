import { expect, it } from 'vitest';
import type { RunContext } from '#cli/roles/context.ts';
import { createQuarantine } from '#cli/roles/quarantine.ts';
import type { Shared } from '#cli/roles/shared.ts';
import type { JsonObject } from '#kernel/json.ts';
import type { AuditQueries, AuditQuery, StoredRecord } from '#projections/audit/queries.ts';

const now = Date.parse('2026-11-21T14:00:00Z');
let next = 0;
const record = (type: string, stream: string, data: JsonObject): StoredRecord => ({
  ...{ id: `00000000-0000-4000-8000-00000000000${next}`, position: `${next}`, revision: next++, stream, type },
  recordedAt: new Date(now - 60_000 + next).toISOString(),
  ...{ data, metadata: { partition: '3' } },
});
const kept = (day: string, more: JsonObject = {}) => ({
  data: { why: 'not-json', bytes: 7, quarantine: { day, box: 'b' }, ...more },
});

async function* pageOf(records: readonly StoredRecord[], { type, stream, after, limit }: AuditQuery) {
  const found = records.filter(
    (each) => (each.type === type || each.stream === stream) && (after === undefined || each.position < after),
  );
  yield* found.reverse().slice(0, limit);
}

it('lists what nobody could read, since when, until when, and what became of it', async () => {
  const records = [
    record('tocsin.undecodable', 'inbox-hub-3', kept('2026-10-01')),
    record('tocsin.undecodable', 'inbox-hub-3', kept('2026-11-20')),
    record('tocsin.suspicious', 'inbox-hub-3', { data: { kind: 'chat-message' } }),
    record('tocsin.undecryptable', 'inbox-hub-3', {
      data: { undecryptable: 'key-unknown', quarantine: { day: '2026-11-21', box: 'b' } },
    }),
  ];
  const asked = record('RepublishingRequested', `quarantine-${records[3]?.id}`, {});
  const audit = {
    page: (query: AuditQuery) => pageOf([...records, asked], query),
    get: async (id: string) => {
      const found = records.find((each) => each.id === id);
      return found && { record: found, causes: [], effects: [] };
    },
  } as unknown as AuditQueries;
  const context = { clock: { now: () => now }, settings: { quarantineDays: 30 } } as unknown as RunContext;
  const quarantine = createQuarantine(context, {} as Shared, () => audit);
  expect((await quarantine.list()).items).toMatchObject([
    { id: records[3]?.id, why: 'key-unknown', state: 'requested', readableUntil: '2026-12-22T00:00:00.000Z' },
    { id: records[1]?.id, why: 'not-json', state: 'kept', bytes: 7, partition: '3' },
    { id: records[0]?.id, state: 'gone' },
  ]);
  const publish = (id = '') => quarantine.publish(id, { by: 'Olga', from: 'cli' });
  expect(await publish(records[0]?.id)).toMatchObject({ ok: false, reason: 'refused' });
  expect(await publish(records[2]?.id)).toMatchObject({ ok: false, reason: 'not-found' });
  expect(await publish('something else')).toMatchObject({ ok: false, reason: 'not-found' });
});

it('goes on where a page ended, until everything was listed once, the newest first whatever its type', async () => {
  const count = 2_500;
  const records = Array.from({ length: count }, (_, n) => ({
    ...record(n % 3 === 0 ? 'tocsin.undecodable' : 'tocsin.unrecognised', 'inbox-hub-0', kept('2026-11-20')),
    position: String(n).padStart(20, '0'),
    id: String(n),
  }));
  // Of these nothing was kept: they are looked at all the same.
  const bare = Array.from({ length: 6_000 }, (_, n) => ({
    ...record('tocsin.suspicious', 'inbox-hub-0', { data: { kind: 'chat-message' } }),
    position: String(count + n).padStart(20, '0'),
  }));
  const audit = { page: (query: AuditQuery) => pageOf([...records, ...bare], query) } as unknown as AuditQueries;
  const context = { clock: { now: () => now }, settings: { quarantineDays: 30 } } as unknown as RunContext;
  const quarantine = createQuarantine(context, {} as Shared, () => audit);
  const sizes: number[] = [];
  const ids: string[] = [];
  let next: string | undefined;
  do {
    const page = await quarantine.list(next);
    sizes.push(page.items.length);
    ids.push(...page.items.map(({ id }) => id));
    next = page.next;
  } while (next !== undefined);
  expect(sizes).toEqual([0, 1000, 1000, 500]);
  expect(ids).toEqual(records.map(({ id }) => id).reverse());
});
