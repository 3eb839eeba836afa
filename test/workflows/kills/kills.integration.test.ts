import { describe, expect, it, onTestFinished } from 'vitest';
import { describeTemporal } from '#test/adapters/temporal/start-temporal.ts';
import { choreOf, chores } from '#test/workflows/kills/chores.ts';
import { all, command, type Entities, startEntities } from '#test/workflows/kills/entities.ts';
import { type Ground, startGround } from '#test/workflows/kills/ground.ts';
import { everyKillPoint, type KillPoint } from '#test/workflows/kills/kill-points.ts';
import { type Reaper, startReaper } from '#test/workflows/kills/reaper.ts';
import type { Wanted } from '#test/workflows/kills/tenant.ts';
import { expectAllWell, testTimeoutMs } from '#test/workflows/kills/verdict.ts';
import { lifecycleNotice, refreshNow, renewNow, streamOf } from '#workflows/contract.ts';

describeTemporal('a worker that is killed', () => {
  async function begin(wanted: Wanted, points: readonly KillPoint[]) {
    const ground = await startGround(wanted);
    const reaper = startReaper(ground.places, ground.folder);
    onTestFinished(() => reaper.stop());
    reaper.arm(points);
    const entities = await startEntities(ground);
    return { ground, reaper, entities, everyKill: () => expectEveryKill(reaper, entities) };
  }

  it(
    'when it has made, renewed, got a token or put on record and nobody heard of it leaves all as if it had lived',
    async () => {
      const dangerous: readonly KillPoint[] = [
        'after refreshCredential',
        'after createSubscription',
        'after renewSubscription',
      ];
      const { ground, reaper, entities, everyKill } = await begin({ chat: false, policies: ['renewed'] }, dangerous);
      await chores.renew(ground, entities);
      await everyKill();
      await dieBeforeSignal(ground, reaper, entities);
      await everyKill();
      await expectAllWell(ground, entities, []);
    },
    testTimeoutMs,
  );

  it.runIf(all)(
    'before and after each step of all that it does leaves all as if it had lived',
    async () => {
      const policies = ['renewed', 'remade', 'retired'];
      const later: readonly KillPoint[] = ['before record', 'after record', 'after record in a step'];
      const now = everyKillPoint().filter((point) => !later.includes(point));
      const { ground, reaper, entities, everyKill } = await begin({ chat: true, policies }, now);
      reaper.onDeath = async (point) => {
        // A person signs in once: nobody is asked again because a worker died.
        if (point === 'after signIn') await ground.entra.autoApprove(false);
      };
      const { signInByAddress, revoke, renew, recreate, retire, reconcile, page } = chores;
      await Promise.all(
        [signInByAddress, revoke, renew, recreate, retire, reconcile, page].map((chore) => chore(ground, entities)),
      );
      await everyKill();

      // Only a log that does not answer at once makes it an activity.
      reaper.onDeath = async (point) => {
        if (point === 'before record') await ground.logFaults.stop('not-ready');
      };
      reaper.arm(['before record', 'after record']);
      await ground.logFaults.start('not-ready');
      await command((updateId) => entities.credential('events').executeUpdate(refreshNow, { updateId }));
      await everyKill();

      await dieBeforeSignal(ground, reaper, entities);
      await everyKill();
      expect(new Set(reaper.deaths())).toEqual(new Set(everyKillPoint()));
      await expectAllWell(ground, entities, ['retired']);
      expect(entities.types('credential/chat').filter((type) => type === 'CredentialSignedIn')).toHaveLength(2);
      expect(entities.types('reconcile-events')).toEqual(['SubscriptionRemoved']);
      // Once on record; sent again only where the worker died in the midst of it, and then under the same id, by which receivers know it.
      const [first] = ground.webhook.pages;
      expect(new Set(ground.webhook.pages.map((each) => each.id)).size).toBe(1);
      const paged = ground
        .stream(`emergency-${first?.data.emergencyId}`)
        .filter(({ type }) => type === 'ResponderPaged');
      expect(paged.map(({ data }) => data['outcome'])).toEqual(['accepted']);
    },
    testTimeoutMs,
  );
});

describe('steps of workers', () => {
  it('are all known to the test that kills them', () => {
    const known = Object.keys(choreOf).flatMap((step): KillPoint[] => [`before ${step}`, `after ${step}`]);
    const inStep = ['before record in a step', 'after record in a step'];
    expect([...everyKillPoint()].sort()).toEqual([...known, ...inStep].sort());
  });
});

/**
 * Renews, and the worker dies when that is on record and before its step is over; then Graph says something. So the step begins with another decision when it is done
 * again, and what is on record already must not be told twice.
 */
async function dieBeforeSignal(ground: Ground, reaper: Reaper, { subscription, recorded }: Entities) {
  const renewed = subscription('renewed');
  reaper.onDeath = async () => {
    const graphId = String(ground.stream(streamOf(renewed.workflowId)).at(-1)?.data['graphId']);
    await renewed.signal(lifecycleNotice, { kind: 'subscriptionRemoved', graphId, at: Date.now() });
  };
  reaper.arm(['after record in a step'], streamOf(renewed.workflowId));
  await command((updateId) => renewed.executeUpdate(renewNow, { updateId }));
  await recorded(renewed, 'SubscriptionLost');
  await recorded(renewed, 'SubscriptionConfirmed');
}

async function expectEveryKill(reaper: Reaper, { until }: Entities): Promise<void> {
  const isOver = () => reaper.left().length === 0 || reaper.failures().length > 0;
  await until('every kill', isOver).catch(() => undefined);
  expect({ notReached: reaper.left(), failures: reaper.failures() }).toEqual({ notReached: [], failures: [] });
}
