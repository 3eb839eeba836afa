import { expect, it } from 'vitest';
import { describeTemporal, startTemporal } from '#test/adapters/temporal/start-temporal.ts';
import { deskOf, getJson, onBoard, placeCall } from '#test/support/desk.ts';
import { eventually } from '#test/support/eventually.ts';
import { startCloud } from '#test/support/separate-roles.ts';
import { temporaryFolder } from '#test/support/temporary-folder.ts';
import { startTocsin, tocsin } from '#test/support/tocsin-process.ts';
import type { CredentialView, SubscriptionView, WatchReport } from '#web/subscribing.ts';

describeTemporal('roles as processes of their own, with a Temporal that none of them started', () => {
  it('sign in, subscribe, and bring a call to the desk', async () => {
    const folder = temporaryFolder();
    const temporal = await startTemporal();
    try {
      const { process: cloud, pointing } = await startCloud(`${folder}/cloud`, { TOCSIN_TEMPORAL: temporal.address });
      const settings = {
        ...pointing,
        TOCSIN_TEMPORAL: temporal.address,
        TOCSIN_TEMPORAL_NAMESPACE: temporal.namespace,
      };
      const [, , , deskProcess] = await Promise.all(
        ['ingest', 'triage', 'resolve', 'desk', 'worker'].map((role) =>
          startTocsin(`${folder}/${role}`, [role], settings),
        ),
      );
      if (deskProcess === undefined) throw new Error('unreachable');
      const desk = deskOf(deskProcess);
      const at = (...args: readonly string[]) => tocsin(`${folder}/desk`, args, settings);
      const chat = async () =>
        (await getJson<{ items: readonly CredentialView[] }>(`${desk}/api/credentials`)).items.find(
          ({ id }) => id === 'chat',
        );

      await eventually('nobody has signed in yet', async () => (await chat())?.state === 'sign-in-again', 60_000);
      const command = at('sign-in');
      const code = await eventually('a code', async () => (await chat())?.pending?.userCode);
      expect((await tocsin(`${folder}/cloud`, ['simulate', 'approve', code])).code).toBe(0);
      expect((await command).code).toBe(0);
      await eventually('all are live', async () => {
        const { items } = await getJson<{ items: readonly SubscriptionView[] }>(`${desk}/api/subscriptions`);
        return items.length === 6 && items.every(({ state }) => state === 'ok');
      });
      const shown = await onBoard(desk, await placeCall(cloud, { caller: 'Grace Okonkwo' }));
      expect(shown.caller?.name).toBe('Grace Okonkwo');
      await eventually('every feed is watched', async () => {
        const { feeds } = JSON.parse((await at('watch', 'report', '--json')).stdout) as WatchReport;
        return feeds.length === 6 && feeds.every(({ watching }) => watching);
      });
    } finally {
      await temporal.stop();
    }
  });
});
