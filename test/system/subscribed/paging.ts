import { expect, it } from 'vitest';
import { postJson } from '#test/support/desk.ts';
import { eventually } from '#test/support/eventually.ts';
import { connectOperator } from '#test/system/subscribed/operator.ts';
import type { RunningSystem } from '#test/system/subscribed/running-system.ts';
import type { WebhookReceiver } from '#test/system/subscribed/webhook-receiver.ts';

/** Responders beyond the desk. */
export function paging(system: () => RunningSystem, receiver: () => WebhookReceiver): void {
  it('pages louder and louder until somebody acknowledges, and not once more after that', async () => {
    // The first call of this system; nobody took its first page.
    const { emergencyId } = receiver().pages[0]?.data ?? never();
    const of = () => receiver().pages.filter(({ data }) => data.emergencyId === emergencyId);
    await eventually('the second page', () => of().length >= 2, 40_000);
    expect(
      of()
        .slice(0, 2)
        .map(({ type, data }) => [type, data.attempt, data.urgency]),
    ).toEqual([
      ['emergency.page', 1, 1],
      ['emergency.page', 2, 2],
    ]);
    expect(of()[0]?.data.call).toMatchObject({ caller: { name: 'Grace Okonkwo' } });
    expect(receiver().forged).toEqual([]);
    const { status } = await postJson(`${system().desk()}/api/emergencies/${emergencyId}/acknowledge`, {
      by: 'Ana',
    });
    expect(status).toBeLessThan(300);
    const heard = of().length;
    const stream = `emergency-${emergencyId}`;
    const attempts = async () => (await system().recorded(stream)).filter(({ type }) => type === 'ResponderPaged');
    expect(
      (await attempts()).slice(0, 2).map(({ data }) => [data['attempt'], data['urgency'], data['outcome']]),
    ).toEqual([
      [1, 1, 'failed'],
      [2, 2, 'accepted'],
    ]);
    const operator = await connectOperator(system());
    // The escalation ends at once: no timer is left that could page.
    await eventually('nobody pages any more', async () => !(`escalation/${emergencyId}` in (await operator.states())));
    await operator.close();
    expect(of()).toHaveLength(heard);
  });
}

function never(): never {
  throw new Error('nobody was paged');
}
