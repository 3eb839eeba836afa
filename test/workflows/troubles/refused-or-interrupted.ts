import { describe, expect, it } from 'vitest';
import type { TestTemporal } from '#test/adapters/temporal/start-temporal.ts';
import { eventually } from '#test/support/eventually.ts';
import { signInAgain } from '#test/workflows/fakes.ts';
import { createWorld, quickRules } from '#test/workflows/world.ts';
import { checkNow, codeShown, recreateNow, refreshNow, requestSignIn } from '#workflows/contract.ts';

const forbidden = { ok: false, reason: 'forbidden', detail: 'no', status: 403 } as const;
const rejected = { ok: false, reason: 'rejected', detail: 'no', status: 400 } as const;

export const refusedOrInterrupted = (temporal: () => TestTemporal) =>
  describe('credentials and subscriptions that are refused, or asked for something at a bad moment', () => {
    async function begin(options: Parameters<typeof createWorld>[2] = {}) {
      const world = createWorld(temporal().address, temporal().namespace, options);
      await world.startWorker().running();
      return world;
    }

    it('starts a sign-in that was asked for while a token was, though that one is refused for a long time', async () => {
      const credential = { remindMs: [600_000], healMs: [600_000, 600_000] } as const;
      const world = await begin({ settings: { chat: { content: 'rich' }, rules: { ...quickRules, credential } } });
      const { control } = world.identities.chat;
      const asked = Promise.withResolvers<void>();
      const refused = Promise.withResolvers<void>();
      world.identities.chat.identity.token = async () => {
        asked.resolve();
        await refused.promise;
        return { ok: false, reason: 'identity', trouble: { ...signInAgain('AADSTS53003'), kind: 'admin-must-act' } };
      };
      await world.starter.ensure(world.desired());
      await asked.promise;
      await world.credential().executeUpdate(requestSignIn, { args: [{ why: 'it is blocked' }] });
      refused.resolve();
      await eventually('a code', () => control.codes === 1);
    });

    it('gets the token that was asked for at the end of a long run', async () => {
      const world = await begin({
        settings: { chat: { content: 'rich' }, rules: { ...quickRules, maxHistory: 150 } },
      });
      await world.starter.ensure(world.desired());
      await world.credentialIs('ok');
      await world.subscriptionIs('ok');
      const { runId } = await world.credential().describe();
      const code = { method: 'device-code', userCode: 'late', verificationUri: 'https://login.example' } as const;
      await eventually('a long run', async () => {
        // Nobody waits for one: it wakes nothing.
        await world.credential().signal(codeShown, { ...code, expiresAt: 0 });
        return (await world.credential().describe()).historyLength > 150;
      });
      const before = world.identities.chat.control.calls;
      await world.credential().executeUpdate(refreshNow);
      await eventually('another token', () => world.identities.chat.control.calls > before);
      await eventually('another run', async () => (await world.credential().describe()).runId !== runId);
      await world.credentialIs('ok');
    });

    it('keeps one client state for however many creations Graph refuses, and takes another for the next one', async () => {
      const world = await begin();
      const states = () => {
        const { current, previous } = JSON.parse(world.keys.text('subscription/chat/client-state') ?? '{}');
        return [current, ...previous].map(({ value }: { readonly value: string }) => value);
      };
      world.graph.control.fault = (operation) => (operation === 'create' ? forbidden : undefined);
      await world.starter.ensure(world.desired());
      const tries = () => world.graph.calls.filter(({ operation }) => operation === 'create').length;
      for (const count of [1, 2, 3]) {
        await eventually(`try ${count}`, () => tries() === count);
        await world.subscriptionIs('admin-must-act');
        if (count === 3) world.graph.control.fault = undefined;
        await world.subscription().signal(checkNow);
      }
      await world.subscriptionIs('ok');
      const [only, ...before] = states();
      expect(before).toEqual([]);
      await world.subscription().executeUpdate(recreateNow);
      await eventually('one that was made anew', () => world.graph.shelf.has('graph-2'));
      expect(states()).toEqual([expect.not.stringContaining(only ?? ''), only]);
    });

    it('renews what Graph does not let it reauthorise, before the token ends', async () => {
      const subscription = { ...quickRules.subscription, lifeMs: 3_600_000 };
      const world = await begin({ settings: { chat: { content: 'rich' }, rules: { ...quickRules, subscription } } });
      world.graph.control.fault = (operation) => (operation === 'reauthorise' ? rejected : undefined);
      await world.starter.ensure(world.desired());
      for (const count of [1, 2]) {
        await world.subscriptionIs('our-fault');
        // It need not wait for as long as it does after a refusal.
        await world.subscription().signal(checkNow);
        await eventually('a renewal', () => world.graph.shelf.get('graph-1')?.touches.length === count);
      }
      expect(world.graph.calls.filter(({ operation }) => operation === 'reauthorise')).toHaveLength(2);
    });
  });
