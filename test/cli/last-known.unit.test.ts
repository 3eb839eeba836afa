import { expect, it } from 'vitest';
import { lastKnown } from '#cli/roles/last-known.ts';

it('answers at once with what was known last, and asks again in the background, one question at a time', async () => {
  const asked: { answer: (value: number) => void; fail: (error: Error) => void }[] = [];
  const value = lastKnown(() => new Promise<number>((answer, fail) => asked.push({ answer, fail })));
  const settled = () => new Promise((resolve) => setImmediate(resolve));
  expect([value(), value(), asked.length]).toEqual([undefined, undefined, 1]);
  asked[0]?.answer(1);
  await settled();
  expect([value(), value(), asked.length]).toEqual([1, 1, 2]);
  asked[1]?.fail(new Error('the record cannot be read'));
  await settled();
  expect([value(), asked.length]).toEqual([1, 3]);
  asked[2]?.answer(2);
  await settled();
  expect(value()).toBe(2);
});
