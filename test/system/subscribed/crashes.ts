import { expect, it } from 'vitest';
import { eventually } from '#test/support/eventually.ts';
import { connectOperator } from '#test/system/subscribed/operator.ts';
import {
  callOnBoard,
  type RunningSystem,
  secondsUntil,
  temporalPid,
  untilWell,
} from '#test/system/subscribed/running-system.ts';

/** Temporal and Tocsin themselves die. */
export function crashes(system: () => RunningSystem): void {
  it('brings calls to the board while Temporal is frozen, and goes on when it thaws', async () => {
    const pid = temporalPid(system().stateDir);
    process.kill(pid, 'SIGSTOP');
    try {
      const call = await system().call({ caller: 'Hélène Dufour' });
      await callOnBoard(system(), call);
    } finally {
      process.kill(pid, 'SIGCONT');
    }
    await eventually('works again', async () => (await system().cli('subscription', 'renew', 'chat')).code === 0);
  });

  it('starts a Temporal server that was killed again, where it was, with all that it knew', async () => {
    const before = system().endpoints();
    const pid = temporalPid(system().stateDir);
    process.kill(pid, 'SIGKILL');
    const call = await system().call({ caller: 'Grace Okonkwo' });
    await callOnBoard(system(), call);
    const seconds = await secondsUntil('another server', async () => {
      return temporalPid(system().stateDir) !== pid && (await system().cli('subscription', 'renew', 'chat')).code === 0;
    });
    expect(system().endpoints().temporal).toBe(before.temporal);
    await untilWell(system());
    process.stderr.write(`Temporal killed → workflows answer again: ${seconds.toFixed(1)} s\n`);
  });

  it('goes on after a crash in the middle of a sign-in and of a creation: who signed in meanwhile is not asked again, nothing is made twice', async () => {
    const [first] = await Promise.all([system().cli('sign-in', '--no-wait', '--json')]);
    const { userCode } = JSON.parse(first.stdout) as { userCode: string };
    system().codes.add(userCode);
    const events = (await system().subscriptions()).find(({ policy }) => policy === 'EmergencyPolicy-DE');
    await system().cli('subscription', 'recreate', events?.id ?? '');
    await system().crash();
    // The activity died with its worker, and Temporal starts another one. The simulated tenant, which forgets its grants, was signed in again by then: nobody is asked twice.
    await eventually(
      'the end of the sign-in',
      async () => {
        const chat = await system().credential('chat');
        return chat?.state === 'ok' && chat.pending === undefined;
      },
      60_000,
    );
    const seconds = await untilWell(system(), async () => {
      // Another one, or the one that the simulated tenant, which forgets that it was deleted, has again.
      return (await system().subscription(events?.id ?? ''))?.graphId !== undefined;
    });
    const operator = await connectOperator(system());
    await operator.reconcile();
    let states: Readonly<Record<string, string>> = {};
    await eventually('reconciled', async () => {
      // Emergencies that nobody took go on paging.
      states = Object.fromEntries(
        Object.entries(await operator.states()).filter(([id]) => !id.startsWith('escalation/')),
      );
      return Object.values(states).every((state) => state === 'ok');
    }).catch(() => undefined);
    await operator.close();
    expect(states).toEqual(Object.fromEntries(Object.keys(states).map((id) => [id, 'ok'])));
    expect(Object.keys(states)).toHaveLength(8);
    const call = await system().call({ caller: 'Grace Okonkwo' });
    expect(call.unnotified).toEqual([]);
    await callOnBoard(system(), call);
    process.stderr.write(`crash → all is well: ${seconds.toFixed(1)} s\n`);
  });
}
