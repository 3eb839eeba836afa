import { getEventListeners } from 'node:events';
import { expect, it } from 'vitest';
import { linkSignals } from '#kernel/linked-signal.ts';

it('is aborted by each of the others, and by its owner', () => {
  for (const which of [0, 1]) {
    const others = [new AbortController(), new AbortController()] as const;
    const linked = linkSignals(others[0].signal, others[1].signal);
    expect(linked.signal.aborted).toBe(false);
    others[which]?.abort();
    expect(linked.signal.aborted).toBe(true);
  }
  const linked = linkSignals(new AbortController().signal);
  linked.abort();
  expect(linked.signal.aborted).toBe(true);
});

it('is aborted at once where one of the others is', () => {
  expect(linkSignals(new AbortController().signal, AbortSignal.abort()).signal.aborted).toBe(true);
});

it('leaves nothing behind at the others, once it is aborted or let go', () => {
  const other = new AbortController();
  const linked = linkSignals(other.signal);
  const released = linkSignals(other.signal);
  linked.abort();
  released.release();
  expect(getEventListeners(other.signal, 'abort')).toEqual([]);
  other.abort();
  expect(released.signal.aborted).toBe(false);
});
