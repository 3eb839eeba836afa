import { expect, it, onTestFinished } from 'vitest';
import { startControl } from '#simulator/control.ts';
import type { Faults } from '#simulator/faults.ts';

/** Faults of one simulator; what is started is put down under its full name. */
function faultsOf(simulator: string, names: readonly string[], started: string[]): Faults {
  return {
    list: () => names.map((name) => ({ name, description: `of ${simulator}` })),
    start: async (name) => void started.push(`${simulator}.${name}`),
    stop: async () => undefined,
  };
}

it('starts a fault by its full name, or by the last part where one simulator alone has it, and says which there are', async () => {
  const started: string[] = [];
  const control = await startControl({
    teams: {} as never,
    entra: {} as never,
    faults: {
      'event-hubs': faultsOf('event-hubs', ['slow', 'throttle'], started),
      graph: faultsOf('graph', ['slow', 'throttled'], started),
      entra: faultsOf('entra', ['throttled'], started),
    },
    settings: () => ({}),
    ...{ host: '127.0.0.1', port: 0 },
  });
  onTestFinished(() => control.close());
  const start = async (name: string) => {
    const answer = await fetch(`${control.url}/faults`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-tocsin-request': '1' },
      body: JSON.stringify({ name, action: 'start' }),
    });
    return [answer.status, ((await answer.json()) as { detail?: string }).detail];
  };
  expect(await start('throttle')).toEqual([200, undefined]);
  expect(await start('graph.slow')).toEqual([200, undefined]);
  expect(started).toEqual(['event-hubs.throttle', 'graph.slow']);
  expect(await start('slow')).toEqual([404, 'several simulators have a fault slow: event-hubs.slow, graph.slow']);
  expect(await start('throttled')).toEqual([
    404,
    'several simulators have a fault throttled: graph.throttled, entra.throttled',
  ]);
  expect(await start('gremlins')).toEqual([404, 'there is no fault gremlins']);
  expect(started).toHaveLength(2);
});
