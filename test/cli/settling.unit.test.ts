import { setImmediate } from 'node:timers/promises';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { settleThread } from '#cli/settling.ts';

it('leaves no garbage of starting behind for the first call to wait for', async () => {
  const left = new WeakRef({ text: 'read while starting' });
  // An object stays at least until the job that made a reference to it has ended.
  await setImmediate();
  expect(left.deref()?.text).toBe('read while starting');
  await setImmediate();

  settleThread();

  expect(left.deref()).toBeUndefined();
});

it('shows the collector to no context that is made later, workflows among them', () => {
  settleThread();
  expect(runInNewContext('typeof gc')).toBe('undefined');
});
