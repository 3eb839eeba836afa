import { type Figure, row } from '#bench/figure.ts';
import { startTocsin } from '#bench/tocsin.ts';
import type { WatchReport } from '#web/subscribing.ts';

const rounds = 3;
/** Milliseconds that a fault lasts: long enough for every wait to have grown. */
const lastsMs = 20_000;
const patienceMs = 120_000;
const faults = ['graph.unreachable', 'graph.unavailable', 'graph.throttled'] as const;

/** What breaks, breaks while Graph has taken the subscription away: nothing is watched until it is repaired. */
export const repaired: Figure = {
  name: 'repaired',
  title: 'From a fault repaired to watching again',
  async run(room) {
    const { desk = '', simulator = '' } = await startTocsin(room, room.fresh('state'), { TOCSIN_TEMPORAL: 'managed' });
    const watching = async () => {
      const answer = await fetch(`${desk}/api/watch?from=${new Date(Date.now() - 60_000).toISOString()}`);
      const { feeds = [] } = (await answer.json()) as Partial<WatchReport>;
      return feeds.length === 6 && feeds.every((feed) => feed.watching);
    };
    const until = async (is: boolean) => {
      const began = performance.now();
      while ((await watching()) !== is) {
        if (performance.now() - began > patienceMs) throw new Error(`not ${is ? '' : 'un'}watched in time`);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      return (performance.now() - began) / 1000;
    };
    const fault = (name: string, action: 'start' | 'stop') =>
      fetch(`${simulator}/faults`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-tocsin-request': '1' },
        body: JSON.stringify({ name, action }),
      });
    await until(true);
    const took = new Map<string, number[]>(faults.map((name) => [name, []]));
    for (let round = 1; round <= rounds; round++)
      for (const name of faults) {
        await fault(name, 'start');
        await fault('graph.subscription-removed', 'start');
        await until(false);
        await new Promise((resolve) => setTimeout(resolve, lastsMs));
        await fault(name, 'stop');
        const seconds = await until(true);
        room.say(`${name}, round ${round}: ${seconds.toFixed(1)} s`);
        took.get(name)?.push(seconds);
      }
    return {
      rows: faults.map((name) => row(name, 's', took.get(name) ?? [], { atMost: 60 })),
      notes: [
        `A whole \`tocsin run --simulate\` with its Temporal server. The chat subscription is removed while the fault is on, which lasts ${lastsMs / 1000} s; timed from its end until /api/watch says that every feed is watched.`,
        'While it is throttled, Graph asks to come again after 10 s: that is heeded.',
      ],
    };
  },
};
