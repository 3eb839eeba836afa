import { expect, test } from 'vitest';
import { resolveRow } from '#cli/roles/resolve-row.ts';
import type { ResolveHealth } from '#processor/resolve/resolve.ts';

const well: ResolveHealth = {
  ...{ state: 'active', caughtUp: true, counts: { published: 3, later: 0, 'given-up': 0 } },
  ...{ pending: 0, waiting: 0, givenUp: 0, backFill: { gaps: 0 } },
};

test('a resolve with nothing to do says so', () => {
  expect(resolveRow(well)).toMatchObject({ name: 'resolve', state: 'ok', word: 'nothing to fetch' });
});

test('a resolve that Graph refuses chats of a gap says how many, why, what to do, and what comes of it', () => {
  const backFill = { gaps: 1, refused: { chats: 3, detail: 'forbidden: Missing scope Chat.Read' } };
  const row = resolveRow({ ...well, backFill });
  expect(row).toMatchObject({
    state: 'warning',
    word: 'Graph refuses 3 chats of a gap: forbidden: Missing scope Chat.Read (1 gaps to fill)',
  });
  expect(row.next).toMatch(/tocsin doctor.*for a day.*unverified emergency/);
});

test('a resolve that lost something is trouble', () => {
  const row = resolveRow({ ...well, delayed: { since: '2026-11-21T12:00:00.000Z', count: 2 } });
  expect(row).toMatchObject({ state: 'trouble', since: '2026-11-21T12:00:00.000Z' });
  expect(row.next).toMatch(/unverified emergency/);
});
