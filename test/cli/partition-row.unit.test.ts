import { expect, it } from 'vitest';
import { partitionRow } from '#cli/roles/partition-row.ts';

const now = Date.parse('2026-11-23T12:00:00Z');
const read = { partition: '0', state: 'reading', since: now - 60_000, heardAt: now - 1000, appendedTo: 5 } as const;

it('a partition that is read to its end works', () => {
  const row = partitionRow({ ...read, lagMessages: 0, lagMs: 0 }, now);
  expect(row).toMatchObject({ state: 'ok', word: 'read', figures: { lag: '0 messages', age: '0.0 s' } });
  expect(row.next).toBeUndefined();
});

it.each([
  ['behind', { lagMessages: 7, lagMs: 10_001 }],
  ['no sign of life', { heardAt: now - 15_001 }],
  ['no sign of life', { heardAt: now + 15_001 }],
  ['no sign of life: UnauthorizedError', { heardAt: now - 15_001, detail: 'UnauthorizedError' }],
  ['not being read', { state: 'waiting' as const }],
])(
  'a partition because of which the board says that calls may be missed is in trouble, with what to do: %s',
  (word, changed) => {
    expect(partitionRow({ ...read, ...changed }, now)).toMatchObject({
      ...{ state: 'trouble', word, next: expect.stringContaining('tocsin doctor') },
    });
  },
);
