import { expect, it } from 'vitest';
import { createListening } from '#cli/roles/listening.ts';
import { projectionRows } from '#cli/roles/projection-rows.ts';
import { type Reached, reachedBoard } from '#cli/roles/reached.ts';
import { createManualClock } from '#simulator/manual-clock.ts';

const board = { name: 'emergencies', caughtUp: true, connection: 'live' } as const;

it.each([
  ['follows the log live', {}, 'yes', 'ok'],
  ['waits for a log that answers nothing', { connection: 'catching-up' }, 'cut-off', 'warning'],
  ['lost the log', { connection: 'down' }, 'cut-off', 'trouble'],
  ['has not read all of it', { connection: 'catching-up', caughtUp: false }, 'catching-up', 'warning'],
  [
    'cannot keep what it reads',
    { connection: 'down', caughtUp: false, failed: 'the disk is full' },
    'not-kept',
    'trouble',
  ],
] as const)('a board that %s says so', (_, state, reached, light) => {
  expect(reachedBoard({ ...board, ...state })).toBe(reached);
  expect(projectionRows([{ ...board, ...state }], 0)).toMatchObject([{ state: light }]);
});

it('a board whose read model is not there yet is catching up', () => {
  expect(reachedBoard(undefined)).toBe('catching-up');
});

it('the words of a read model say whether it is the log or its own file, and what to do', () => {
  expect(projectionRows([{ ...board, connection: 'down' }], 0)).toMatchObject([
    { word: 'the event log does not answer', next: expect.stringContaining('tocsin doctor') },
  ]);
  expect(projectionRows([{ ...board, connection: 'down', failed: 'somebody else writes' }], 0)).toMatchObject([
    { word: 'what it reads cannot be kept', next: expect.stringContaining('disk') },
  ]);
});

it.each([
  ['cut-off', 'The event log does not answer'],
  ['not-kept', 'cannot keep what it reads'],
  ['not-judged', 'Notices are not judged'],
  ['disk-takes-nothing', 'The disk takes nothing more'],
] as const)('a hub that is read is of no use to a board that is %s, and the strip says why', (why, word) => {
  const clock = createManualClock(1_000_000);
  let reached: Reached = 'yes';
  const listening = createListening({
    clock,
    own: () => [{ partition: '0', state: 'reading', since: 0, appendedTo: 5, heardAt: clock.now() }],
    reached: () => reached,
  });
  expect(listening.state()).toMatchObject({ ok: true });
  reached = why;
  clock.advance(3001);
  expect(listening.state()).toMatchObject({
    ...{ ok: false, word: expect.stringContaining(word), lastProofAt: clock.now() },
  });
});
