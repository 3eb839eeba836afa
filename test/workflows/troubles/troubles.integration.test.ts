import { afterAll, beforeAll } from 'vitest';
import { describeTemporal, startTemporal, type TestTemporal } from '#test/adapters/temporal/start-temporal.ts';
import { overlappingSubscription } from '#test/workflows/troubles/overlapping-subscription.ts';
import { pausesOfGraph } from '#test/workflows/troubles/pauses-of-graph.ts';
import { refusedOrInterrupted } from '#test/workflows/troubles/refused-or-interrupted.ts';
import { twoSignIns } from '#test/workflows/troubles/two-sign-ins.ts';

// On one Temporal server: to start one takes longer than most of these tests.
describeTemporal('in trouble', () => {
  let temporal: TestTemporal | undefined;
  beforeAll(async () => {
    temporal = await startTemporal();
  });
  afterAll(() => temporal?.stop());
  const started = () => temporal ?? never();

  twoSignIns(started);
  overlappingSubscription(started);
  pausesOfGraph(started);
  refusedOrInterrupted(started);
});

function never(): never {
  throw new Error('Temporal did not start');
}
