import { expect, it, onTestFinished } from 'vitest';
import { describeTemporal, startTemporal } from '#test/adapters/temporal/start-temporal.ts';
import { eventually } from '#test/support/eventually.ts';
import { temporaryFolder } from '#test/support/temporary-folder.ts';
import { temporalPid } from '#test/system/subscribed/running-system.ts';
import { createWorld, quickRules } from '#test/workflows/world.ts';

describeTemporal('a Temporal server that stands still', () => {
  it('for longer than tokens and subscriptions live is made good by itself, and what was lost is on record', async () => {
    const stateDir = temporaryFolder();
    const temporal = await startTemporal({ stateDir });
    onTestFinished(() => temporal.stop());
    const subscription = { lifeMs: 4_000, quietMs: 300, reauthoriseMs: 1_000 };
    const world = createWorld(temporal.address, temporal.namespace, {
      settings: { chat: { content: 'rich' }, rules: { ...quickRules, subscription } },
      tokenLifeMs: () => 3_000,
    });
    await world.startWorker().running();
    await world.starter.ensure(world.desired());
    const { held } = await world.subscriptionIs('ok');
    await eventually('a renewal', () => world.types('subscription-chat').includes('SubscriptionRenewed'));

    const pid = temporalPid(stateDir);
    process.kill(pid, 'SIGSTOP');
    try {
      await eventually('all has run out', () => world.graph.live().length === 0);
      expect(world.identities.chat.control.token?.expiresAt).toBeLessThan(Date.now() + 1_000);
    } finally {
      process.kill(pid, 'SIGCONT');
    }

    await eventually('another one', () => world.graph.live().length === 1, 60_000);
    await eventually(
      'it is on record',
      () => world.types('subscription-chat').filter((type) => type === 'SubscriptionCreated').length >= 2,
    );
    const again = await world.subscriptionIs('ok');
    expect(again.held?.graphId).not.toBe(held?.graphId);
    await world.credentialIs('ok');
    const types = world.types('subscription-chat');
    expect(types.indexOf('SubscriptionLost')).toBeLessThan(types.lastIndexOf('SubscriptionCreated'));
    expect(world.log.stream('subscription-chat').find(({ type }) => type === 'SubscriptionLost')?.data).toMatchObject({
      cause: 'expired',
      graphId: held?.graphId,
    });
  });
});
