import { describe, expect, it } from 'vitest';
import type { AppendResult, EventLog, ExpectedRevision, NewEvent } from '#ports/event-log.ts';
import { appendSettled, pause } from '#processor/ingest/append.ts';

const event: NewEvent = { id: '6f1a1b7c-6a5e-5f0e-9d3b-2c8e5a7d4f10', type: 'T', data: {}, metadata: {} };

function scripted(results: readonly AppendResult[]) {
  const calls: { expected: ExpectedRevision; ids: string[] }[] = [];
  const retries: string[] = [];
  const slept: number[] = [];
  const log: Pick<EventLog, 'append'> = {
    async append(_stream, expected, events) {
      calls.push({ expected, ids: events.map(({ id }) => id) });
      return results[calls.length - 1] ?? { ok: false, reason: 'unavailable', detail: 'the script ended' };
    },
  };
  const clock = {
    now: () => 0,
    monotonic: () => 0,
    async sleep(ms: number) {
      slept.push(ms);
    },
  };
  return {
    calls,
    retries,
    slept,
    deps: {
      log,
      clock,
      ids: { fraction: () => 1, random: () => '' },
      onRetry: (reason: string) => void retries.push(reason),
    },
  };
}

describe('an append that is asked until it is answered', () => {
  it('is done when the log took it', async () => {
    const { deps } = scripted([{ ok: true, revision: 3, position: undefined }]);
    expect(await appendSettled(deps, 's', 2, [event], new AbortController().signal)).toEqual({
      outcome: 'appended',
      revision: 3,
    });
  });

  it('repeats an unknown outcome with the same ids at the same revision', async () => {
    const { deps, calls, retries } = scripted([
      { ok: false, reason: 'unknown-outcome', detail: 'timer' },
      { ok: false, reason: 'unavailable', detail: 'down' },
      { ok: true, revision: 0, position: undefined },
    ]);
    expect(await appendSettled(deps, 's', 'no-stream', [event], new AbortController().signal)).toEqual({
      outcome: 'appended',
      revision: 0,
    });
    expect(calls).toEqual(Array.from({ length: 3 }, () => ({ expected: 'no-stream', ids: [event.id] })));
    expect(retries).toEqual(['unknown-outcome', 'unavailable']);
  });

  it('tells with every repeat which stream waits and what the log said', async () => {
    const { deps } = scripted([
      { ok: false, reason: 'unknown-outcome', detail: 'database or disk is full' },
      { ok: true, revision: 0, position: undefined },
    ]);
    const told: unknown[] = [];
    const onRetry = (...what: readonly unknown[]) => void told.push(what);
    await appendSettled({ ...deps, onRetry }, 'inbox-h-0', 'no-stream', [event], new AbortController().signal);
    expect(told).toEqual([['unknown-outcome', 1, { stream: 'inbox-h-0', detail: 'database or disk is full' }]]);
  });

  it('tells a conflict after a doubtful attempt from one that somebody else made', async () => {
    const conflict: AppendResult = { ok: false, reason: 'wrong-expected-revision', actual: 9 };
    const doubtful = scripted([{ ok: false, reason: 'unknown-outcome', detail: '' }, conflict]);
    expect(await appendSettled(doubtful.deps, 's', 2, [event], new AbortController().signal)).toEqual({
      outcome: 'conflict',
      actual: 9,
      doubtful: true,
    });
    const foreign = scripted([{ ok: false, reason: 'unavailable', detail: '' }, conflict]);
    expect(await appendSettled(foreign.deps, 's', 2, [event], new AbortController().signal)).toMatchObject({
      outcome: 'conflict',
      doubtful: false,
    });
  });

  it('gives up at once on what a repeat cannot mend', async () => {
    const { deps, calls } = scripted([{ ok: false, reason: 'too-large', limit: 10 }]);
    expect(await appendSettled(deps, 's', 2, [event], new AbortController().signal)).toMatchObject({
      outcome: 'refused',
      reason: 'too-large',
    });
    expect(calls).toHaveLength(1);
  });

  it('asks nobody once it was stopped', async () => {
    const { deps, calls } = scripted([]);
    expect(await appendSettled(deps, 's', 2, [event], AbortSignal.abort())).toEqual({ outcome: 'stopped' });
    expect(calls).toHaveLength(0);
  });

  it('waits longer each time, never longer than 5 s, and never the same for everybody', () => {
    expect([1, 2, 3, 20].map((attempt) => pause(attempt, 1))).toEqual([50, 100, 200, 5000]);
    expect(pause(3, 0)).toBe(100);
  });
});
