import { describe, expect, it } from 'vitest';
import type { TestTemporal } from '#test/adapters/temporal/start-temporal.ts';
import { eventually } from '#test/support/eventually.ts';
import { createWorld, quickRules } from '#test/workflows/world.ts';

export const overlappingSubscription = (temporal: () => TestTemporal) =>
  describe('a subscription whose client state is old', () => {
    it('gives its place to another that Graph has before the old one is deleted, and so on', async () => {
      const subscription = { ...quickRules.subscription, lifeMs: 3_000, clientStateMs: 500 };
      const world = createWorld(temporal().address, temporal().namespace, {
        settings: { chat: { content: 'rich' }, rules: { ...quickRules, subscription } },
      });
      const most: number[] = [];
      world.graph.control.onTouch = () => most.push(world.graph.live().length);
      let left = Number.POSITIVE_INFINITY;
      world.graph.control.onEnd = () => {
        left = Math.min(left, world.graph.live().length);
      };
      await world.startWorker().running();
      await world.starter.ensure(world.desired());
      await eventually('the third', () => world.graph.shelf.has('graph-3'));
      await eventually('the second to go', () => !world.graph.shelf.has('graph-2'));
      expect(Math.max(...most)).toBe(2);
      expect(left).toBe(1);
      expect(world.graph.violations).toEqual([]);
      await world.subscriptionIs('ok');
      expect(world.types('subscription-chat').filter((type) => type === 'SubscriptionLost')).toEqual([]);
    });
  });
