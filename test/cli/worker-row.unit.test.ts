import { expect, test } from 'vitest';
import { workerRow } from '#cli/roles/worker-row.ts';

const row = { kind: 'role', name: 'worker' };

test('a worker that runs works, whichever build is current', () => {
  const detail = 'build two took over from build one';
  expect(workerRow({ state: 'running', detail })).toEqual({ ...row, state: 'ok', word: 'works' });
});

test('a worker that waits for Temporal says what it waits for', () => {
  const detail = 'Temporal does not answer: 14 UNAVAILABLE';
  expect(workerRow({ state: 'connecting', detail })).toEqual({ ...row, state: 'warning', word: detail });
});

test('a worker beside a current build that nobody runs is trouble, with what to do', () => {
  const word = 'build two is current, and nobody runs it: nothing is done until build one takes its place';
  expect(workerRow({ state: 'stalled', detail: word })).toMatchObject({ ...row, state: 'trouble', word });
  expect(workerRow({ state: 'stalled', detail: word }).next).toMatch(/^See why the newer build ended/);
});

test('a worker that stopped is trouble', () => {
  expect(workerRow({ state: 'stopped', detail: 'stopped' })).toEqual({ ...row, state: 'trouble', word: 'stopped' });
});
