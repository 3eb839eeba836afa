import { getEventListeners } from 'node:events';
import { expect, it } from 'vitest';
import { systemClock } from '#adapters/system/clock.ts';
import { nextOrTimeout } from '#processor/next-or-timeout.ts';

const hourMs = 3_600_000;

it('gives up waiting for an item, and hands it out the next time', async () => {
  const first = Promise.withResolvers<IteratorResult<string>>();
  const next = nextOrTimeout({ next: () => first.promise }, systemClock);
  const { signal } = new AbortController();
  expect(await next(1, signal)).toBe('timeout');
  first.resolve({ value: 'item', done: false });
  expect(await next(hourMs, signal)).toEqual({ value: 'item', done: false });
});

it.each([
  ['an item comes', () => Promise.resolve({ value: 'item', done: false })],
  ['the items fail', () => Promise.reject(new Error('the log is away'))],
])('leaves nothing behind at the signal when %s', async (_, items) => {
  const { signal } = new AbortController();
  const next = nextOrTimeout<string>({ next: items }, systemClock);
  await next(hourMs, signal).catch(() => undefined);
  expect(getEventListeners(signal, 'abort')).toEqual([]);
});
