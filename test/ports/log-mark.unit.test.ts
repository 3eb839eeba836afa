import { describe, expect, it } from 'vitest';
import type { EventLog, NewEvent } from '#ports/event-log.ts';
import { endMark, hasMark } from '#ports/log-mark.ts';
import { createMemoryEventLog } from '#test/support/memory-event-log.ts';

const event = (id: string): NewEvent => ({ id, type: 'Numbered', data: {}, metadata: {} });
const marked = { stream: 'a-1', revision: 1, id: 'two' };

async function logOf(...ids: readonly string[]): Promise<EventLog> {
  const log = createMemoryEventLog();
  await log.append('b-1', 'no-stream', [event('other')]);
  if (ids.length > 0) await log.append('a-1', 'no-stream', ids.map(event));
  return log;
}

const nothing = async () => ({ ok: true, events: [] }) as const;

describe('a log is known again by one of its events', () => {
  it.each([
    ['has it', ['one', 'two', 'three'], 'yes'],
    ['has another one in its place', ['one', 'drei'], 'no'],
    ['ends before it', ['one'], 'no'],
    ['does not have its stream', [], 'no'],
  ])('where it %s', async (_, ids, answer) => {
    expect(await hasMark(await logOf(...ids), marked)).toBe(answer);
  });

  it('and not taken for another one where the connection ends without an answer', async () => {
    const log = await logOf('one', 'two');
    expect(await hasMark({ ...log, readStream: nothing, readAll: nothing }, marked)).toBe('unanswered');
    let asked = 0;
    const readStream: EventLog['readStream'] = (...given) => (asked++ === 0 ? nothing() : log.readStream(...given));
    expect(await hasMark({ ...log, readStream }, marked)).toBe('yes');
  });

  it('and not while it is away', async () => {
    const away = async () => ({ ok: false, reason: 'unavailable', detail: 'away' }) as const;
    expect(await hasMark({ readStream: away, readAll: away }, marked)).toBe('unanswered');
    expect(await endMark({ readAll: away })).toBeUndefined();
  });
});
