import { expect, it } from 'vitest';
import { atEveryAddress } from '#cli/roles/at-every-address.ts';
import { eventually } from '#test/support/eventually.ts';

function ground() {
  let moving = new AbortController();
  const ending = new AbortController();
  const lives: AbortSignal[] = [];
  const move = () => {
    const before = moving;
    moving = new AbortController();
    before.abort();
  };
  const live = (life: (signal: AbortSignal) => Promise<void>) =>
    atEveryAddress({ moved: () => moving.signal }, ending.signal, async (signal) => {
      lives.push(signal);
      await life(signal);
    });
  return { live, lives, move, ending };
}

const untilAborted = (signal: AbortSignal) =>
  new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));

it('begins anew at every address at which Temporal serves, until it is told to end', async () => {
  const { live, lives, move, ending } = ground();
  const done = live(untilAborted);
  for (const count of [1, 2]) {
    await eventually('a life', () => lives.length === count);
    move();
  }
  await eventually('a life', () => lives.length === 3);
  ending.abort();
  await done;
  expect(lives.map(({ aborted }) => aborted)).toEqual([true, true, true]);
});

it('does not begin again what ended by itself', async () => {
  const { live, lives } = ground();
  await live(async () => undefined);
  expect(lives).toHaveLength(1);
});
