import { describe, expect, it } from 'vitest';
import type { TestTemporal } from '#test/adapters/temporal/start-temporal.ts';
import { eventually } from '#test/support/eventually.ts';
import { createWorld, quickRules } from '#test/workflows/world.ts';
import { checkNow, subscriptionView } from '#workflows/contract.ts';

const hour = 3_600_000;

export const pausesOfGraph = (temporal: () => TestTemporal) =>
  describe('a subscription', () => {
    async function begin(subscription: object = quickRules.subscription) {
      const settings = { chat: { content: 'basic' as const }, rules: { ...quickRules, subscription } };
      const world = createWorld(temporal().address, temporal().namespace, { settings });
      /** What it waits for now, and for how many seconds at most. */
      const timer = async (summary: RegExp) => {
        const { events = [] } = await world.subscription().fetchHistory();
        const found = events?.findLast(({ userMetadata }) => summary.test(String(userMetadata?.summary?.data)));
        const ms = found?.timerStartedEventAttributes?.startToFireTimeout;
        return ms && Number(ms.seconds) + Number(ms.nanos) / 1e9;
      };
      await world.startWorker().running();
      return { ...world, timer };
    }

    it('that Graph refuses for one that it does not list says so and waits, until somebody has acted', async () => {
      const world = await begin();
      const conflict = { ok: false, reason: 'conflict', detail: 'already exists', status: 409 } as const;
      world.graph.control.fault = (operation) => (operation === 'create' ? conflict : undefined);
      await world.starter.ensure(world.desired());
      await world.subscriptionIs('admin-must-act');
      expect(await world.subscription().query(subscriptionView)).toMatchObject({
        what: expect.stringContaining('does not list it'),
      });
      const waits = await eventually('it waits', () => world.timer(/does not list: until somebody/));
      expect(waits).toBe(40);
      await eventually('the record', () => world.types('subscription-chat').includes('SubscriptionTroubled'));
      world.graph.control.fault = undefined;
      await world.subscription().signal(checkNow);
      await world.subscriptionIs('ok');
    });

    it('that Graph asks for a longer pause than there is time waits for as long as there is', async () => {
      const world = await begin({ ...quickRules.subscription, reauthoriseMs: hour, lifeMs: 3 * hour });
      await world.starter.ensure(world.desired());
      await world.subscriptionIs('ok');
      world.graph.control.fault = () => ({
        ...{ ok: false, reason: 'throttled', detail: 'slow down', status: 429, retryAfterMs: 2 * hour },
      });
      await world.subscription().signal(checkNow);
      const waits = await eventually('it waits', () => world.timer(/a longer pause than there is time/));
      expect(waits).toBeGreaterThan(60);
      expect(waits).toBeLessThanOrEqual(3_600);
      world.graph.control.fault = undefined;
      await world.subscription().signal(checkNow);
      await world.subscriptionIs('ok');
    });
  });
