import { describe, expect, it } from 'vitest';
import type { GraphCallReport } from '#adapters/graph/request.ts';
import { graphCallLog } from '#cli/roles/graph-log.ts';

const call: GraphCallReport = {
  ...{ operation: 'subscription-renew', outcome: 'ok', attempts: 1, durationMs: 42, status: 200 },
  ...{ clientRequestId: 'ours', requestId: 'theirs' },
};

function lines(...reports: readonly GraphCallReport[]) {
  const written: { readonly level: string; readonly line: unknown }[] = [];
  const ending = new AbortController();
  const write = (level: string) => (line: unknown) => void written.push({ level, line });
  const observe = graphCallLog({ debug: write('debug'), warn: write('warn') }, 'chat', ending.signal);
  for (const report of reports) observe(report);
  return { written, ending, observe };
}

describe('the log of calls to Graph', () => {
  it('has the ids that a support case asks for, of what worked as a detail and of what did not as a warning', () => {
    const { written } = lines(call, { ...call, outcome: 'unavailable', status: 503, attempts: 8 });
    expect(written).toEqual([
      {
        level: 'debug',
        line: {
          ...{ graph: 'subscription-renew', feed: 'chat', outcome: 'ok', attempts: 1, durationMs: 42, status: 200 },
          ...{ clientRequestId: 'ours', requestId: 'theirs' },
        },
      },
      {
        level: 'warn',
        line: expect.objectContaining({ outcome: 'unavailable', status: 503, attempts: 8, requestId: 'theirs' }),
      },
    ]);
  });

  it('warns of nothing that was cut short because the process ends', () => {
    const { written, ending, observe } = lines();
    ending.abort();
    observe({ ...call, outcome: 'unavailable' });
    expect(written.map(({ level }) => level)).toEqual(['debug']);
  });
});
