import { expect, it, onTestFinished } from 'vitest';
import { createTail } from '#adapters/shared-tail/tail.ts';
import type { EventLog, RecordedEvent, SubscriptionItem } from '#ports/event-log.ts';
import { eventually } from '#test/support/eventually.ts';

const positionOf = (n: number) => String(n).padStart(6, '0');
const eventAt = (n: number): RecordedEvent => ({
  ...{ position: positionOf(n), stream: 'a-1', revision: n, id: `${n}`, type: 'Numbered', created: 0 },
  ...{ data: {}, metadata: {} },
});

/** A tail whose log is at its end when it begins; `push` is what comes live. */
async function setUp() {
  const coming: SubscriptionItem[] = [];
  let wake = () => {};
  async function* subscribe({ signal }: { readonly signal: AbortSignal }) {
    signal.addEventListener('abort', () => wake());
    while (!signal.aborted) {
      const item = coming.shift();
      if (item !== undefined) yield item;
      else
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
    }
  }
  const log = {
    readAll: async () => ({ ok: true, events: [eventAt(0)] }),
    subscribe,
  } as unknown as EventLog;
  const tail = createTail(log, async () => undefined);
  onTestFinished(() => tail.close());
  await eventually('it knows where the log ends', () => tail.last() === positionOf(0));
  let next = 1;
  return {
    tail,
    async push(count: number) {
      coming.push({ kind: 'events', events: Array.from({ length: count }, () => eventAt(next++)) });
      wake();
      await eventually('it came', () => tail.last() === positionOf(next - 1));
    },
  };
}

const signal = new AbortController().signal;

it('drops what everybody has', async () => {
  const { tail, push } = await setUp();
  const [fast, slow] = [
    tail.join(positionOf(0), undefined, signal),
    tail.join(positionOf(0), undefined, signal),
  ] as const;
  await push(100);
  expect(fast.take(1000)).toHaveLength(100);
  await push(1);
  expect(slow.isCovered()).toBe(true);
  expect(slow.take(1000)).toHaveLength(101);
  fast.take(1000);
  await push(1);
  expect(tail.covers(positionOf(0))).toBe(false);
  expect([fast.take(10), slow.take(10)]).toMatchObject([[{ id: '102' }], [{ id: '102' }]]);
});

it('keeps what somebody may need who is on his way, and no longer', async () => {
  const { tail, push } = await setUp();
  const here = tail.join(positionOf(0), undefined, signal);
  const arrived = tail.expect();
  await push(100);
  here.take(1000);
  await push(1);
  expect(tail.covers(positionOf(0))).toBe(true);
  const late = tail.join(positionOf(0), undefined, signal);
  arrived();
  expect(late.take(1000)).toHaveLength(101);
  here.take(1000);
  await push(1);
  expect(tail.covers(positionOf(0))).toBe(false);
});

it('does not keep everything for somebody who does not come on, nor anything for one who left', async () => {
  const { tail, push } = await setUp();
  const stuck = tail.join(positionOf(0), undefined, signal);
  await push(8001);
  await push(1);
  expect(stuck.isCovered()).toBe(false);
  stuck.leave();
  await push(1);
  expect(tail.covers(positionOf(8001))).toBe(false);
});
