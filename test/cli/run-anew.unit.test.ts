import { pino } from 'pino';
import { expect, it } from 'vitest';
import { systemIds } from '#adapters/system/ids.ts';
import { createMetrics } from '#cli/roles/metrics.ts';
import { runAnew } from '#cli/roles/run-anew.ts';
import { createHurriedClock } from '#test/support/hurried-clock.ts';

it('a role that ended by what nobody expected begins anew, later each time, until it is to end', async () => {
  const clock = createHurriedClock(0);
  const metrics = createMetrics('0');
  const stop = new AbortController();
  const began: number[] = [];
  await runAnew({ clock, ids: systemIds, log: pino({ level: 'silent' }), metrics }, 'triage', stop.signal, async () => {
    began.push(clock.monotonic());
    if (began.length === 10) stop.abort();
    throw new Error('nobody expected this');
  });
  expect(began).toHaveLength(10);
  const pauses = began.slice(1).map((at, n) => at - (began[n] ?? 0));
  expect(pauses[0]).toBeLessThanOrEqual(1_000);
  expect(pauses.at(-1)).toBeGreaterThanOrEqual(30_000);
  expect(Math.max(...pauses)).toBeLessThanOrEqual(60_000);
  expect(await metrics.registry.metrics()).toContain('tocsin_errors_total{code="role-failed"} 10');
});

it('a role that ends as it was asked to does not begin again', async () => {
  const deps = {
    ...{ clock: createHurriedClock(0), ids: systemIds },
    ...{ log: pino({ level: 'silent' }), metrics: createMetrics('0') },
  };
  let runs = 0;
  await runAnew(deps, 'triage', new AbortController().signal, async () => void runs++);
  expect(runs).toBe(1);
});
