import { fileURLToPath } from 'node:url';
import { searchAttributeTypes } from '#adapters/temporal/search-attributes.ts';
import { type Figure, ratios, row } from '#bench/figure.ts';
import type { Room } from '#bench/room.ts';
import { startTemporalIn } from '#bench/temporal.ts';
import { subscriptionWorkflowId, workflowTypes } from '#workflows/contract.ts';
import type { Activities, LiveFacts } from '#workflows/definitions/activities.ts';
import type { SubscriptionInput } from '#workflows/definitions/subscription.ts';
import { workflowsPath } from '#workflows/worker.ts';

const rounds = 6;
const entities = 32;
/** Milliseconds of one measurement, after as long a time to get going. */
const lastsMs = 8_000;
const warmMs = 2_000;
const day = 86_400_000;

/** Renewed again as soon as it was: a life of a day of which next to nothing passes. */
const rules = { lifeMs: day, renewShare: 1e-9, quietMs: 1, tokenBound: false };

async function perSecond(count: () => number): Promise<number> {
  await new Promise((resolve) => setTimeout(resolve, warmMs));
  const [before, began] = [count(), performance.now()];
  await new Promise((resolve) => setTimeout(resolve, lastsMs));
  return ((count() - before) * 1000) / (performance.now() - began);
}

async function measure(room: Room) {
  const temporal = await startTemporalIn(room, searchAttributeTypes);
  let [renewals, touches, n] = [0, 0, 0];
  const live = (): LiveFacts => ({
    ...{ ok: true, graphId: 'g', expiresAt: Date.now() + day, tokenExpiresAt: Date.now() + day },
  });
  const activities: Partial<Activities> = {
    record: async () => undefined,
    inspectSubscription: async () => ({ ok: true, found: 'none' }),
    createSubscription: async () => live(),
    async renewSubscription() {
      renewals++;
      return live();
    },
  };
  await temporal.work('renewals', workflowsPath, activities);
  await temporal.work('bare', fileURLToPath(new URL('renewals-workflows.ts', import.meta.url)), {
    touch: async () => void touches++,
  });
  const { workflow } = temporal.client;

  async function run(
    count: () => number,
    start: (id: string) => Promise<{ readonly workflowId: string }>,
  ): Promise<number> {
    const ids = Array.from({ length: entities }, () => `${++n}`);
    const started = await Promise.all(ids.map(start));
    const value = await perSecond(count);
    // Without a run id: whichever run it is in by now.
    await Promise.all(started.map(({ workflowId }) => workflow.getHandle(workflowId).terminate()));
    return value;
  }
  const bare = () =>
    run(
      () => touches,
      (id) => workflow.start('bare', { workflowId: `bare-${id}`, taskQueue: 'bare' }),
    );
  const ours = () =>
    run(
      () => renewals,
      (id) => {
        const spec = {
          id: `events/${id}`,
          feed: 'events',
          policy: id,
          credential: 'events',
          apiVersion: 'v1.0',
        } as const;
        const input: SubscriptionInput = { spec: { ...spec, content: 'rich', rules } };
        const workflowId = subscriptionWorkflowId(spec.id);
        return workflow.start(workflowTypes.subscription, { workflowId, taskQueue: 'renewals', args: [input] });
      },
    );
  const measured = { bare: [] as number[], ours: [] as number[] };
  // The first round warms it up.
  for (let round = 0; round <= rounds; round++) {
    // Who comes second finds a server that still clears away after the first: each in turn.
    const [first, second] = round % 2 === 0 ? [bare, ours] : [ours, bare];
    const [one, other] = [await first(), await second()];
    const [loop, renewed] = round % 2 === 0 ? [one, other] : [other, one];
    room.say(`round ${round}: bare ${loop.toFixed(0)}/s, renewals ${renewed.toFixed(0)}/s`);
    if (round === 0) continue;
    measured.bare.push(loop);
    measured.ours.push(renewed);
  }
  return measured;
}

export const renewals: Figure = {
  name: 'renewals',
  title: 'Renewals handled by one worker, against a bare timer and activity',
  async run(room) {
    const { bare, ours } = await measure(room);
    return {
      rows: [
        row('renewals ÷ bare loop', '', ratios(ours, bare), { atLeast: 0.6 }),
        row('  renewals', '1/s', ours),
        row('  bare loop', '1/s', bare),
      ],
      notes: [
        `Temporal's real dev server with its database in a file, and the codec that encrypts every payload; ${entities} workflows at a time, each on a worker of its own in one process, one kind after the other in the same run, and in the next round the other way round.`,
        'A renewal is a timer, the call to Graph, and the activity that puts it on record; both activities answer at once. The bare loop is a timer and one activity.',
      ],
    };
  },
};
