import { expect, it, onTestFinished } from 'vitest';
import type { RunContext } from '#cli/roles/context.ts';
import { openProbeListener } from '#cli/roles/probe-listener.ts';
import { answerProbes, type ProbesOptions } from '#cli/roles/probes.ts';
import { createHurriedClock } from '#test/support/hurried-clock.ts';

it('say from the first moment that the process is alive, and that it is ready when a desk can show what there is', async () => {
  const listener = await openProbeListener({ host: '127.0.0.1', port: 0 });
  onTestFinished(() => listener.close());
  const asked = () =>
    Promise.all(
      ['live', 'startup', 'ready'].map(async (word) => (await fetch(`${listener.url}/health/${word}`)).status),
    );
  expect(await asked()).toEqual([200, 200, 503]);
  expect((await fetch(`${listener.url}/metrics`)).status).toBe(503);
  let ready = false;
  const none = {
    ingest: undefined,
    triage: undefined,
    resolve: undefined,
    workflows: undefined,
    disks: { spaces: () => [] },
  };
  answerProbes({
    ...{ ...none, listener, desk: { figures: () => '', ready: () => ready } },
    context: { signal: new AbortController().signal, clock: createHurriedClock() } as unknown as RunContext,
    shared: {} as ProbesOptions['shared'],
  });
  // Its read models are behind: the platform lets the desk before it go on, and does not start this one anew.
  expect(await asked()).toEqual([200, 200, 503]);
  ready = true;
  expect(await asked()).toEqual([200, 200, 200]);
});
