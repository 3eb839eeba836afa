import { expect, it } from 'vitest';
import { launchBrowser } from '#test/support/browser.ts';
import { eventually } from '#test/support/eventually.ts';
import { connectOperator } from '#test/system/subscribed/operator.ts';
import { callOnBoard, type RunningSystem, secondsUntil, untilWell } from '#test/system/subscribed/running-system.ts';
import { readInUi } from '#test/system/subscribed/ui.ts';

const told = (what: string, seconds: number) => process.stderr.write(`${what}: ${seconds.toFixed(1)} s\n`);

/** What breaks at Microsoft, and how it is well again by itself. */
export function faults(system: () => RunningSystem): void {
  let unblockedAt = 0;
  const gapsOf = async (id: string) =>
    (await system().recorded('watch-'))
      .filter(
        ({ type, data, stream }) => type === 'WatchClosed' && (data['policy'] ?? stream.slice('watch-'.length)) === id,
      )
      .map(({ data }) => data['cause']);

  it('makes a subscription anew that Graph says it removed, and the gap is on record', async () => {
    const before = (await gapsOf('chat')).length;
    const held = (await system().subscription('chat'))?.graphId;
    await system().fault('graph.subscription-removed');
    const seconds = await untilWell(system(), async () => {
      const now = await system().subscription('chat');
      return now?.state === 'ok' && now.graphId !== held;
    });
    told('removed by Graph → watching again', seconds);
    const causes = await eventually('the gap', async () => {
      const all = await gapsOf('chat');
      return all.length > before && all;
    });
    expect(causes.slice(before)).toEqual(['subscription-removed']);
  });

  it('finds a subscription that vanished, and reads again what was said since it was last seen', async () => {
    const held = (await system().subscription('chat'))?.graphId;
    await system().fault('graph.subscription-vanishes');
    const missed = await system().call({ feed: 'chat', caller: 'Grace Okonkwo' });
    expect(missed.unnotified).toEqual(['chat']);
    const operator = await connectOperator(system());
    await operator.reconcile();
    await operator.close();
    const seconds = await secondsUntil('another one', async () => {
      const now = await system().subscription('chat');
      return now?.state === 'ok' && now.graphId !== held;
    });
    await callOnBoard(system(), missed);
    const fill = await eventually('the gap was read again', async () =>
      (await system().recorded('back-fill-')).find(
        ({ data }) => String(data['from']) <= missed.publishedAt && String(data['to']) >= missed.publishedAt,
      ),
    );
    expect(fill.data).toMatchObject({ feed: 'chat', outcome: 'complete' });
    told('reconciled → watching again', seconds);
  });

  it('says which policy blocks it, in the terminal, on the admin page and in Temporal', async () => {
    const browser = await launchBrowser();
    await system().fault('entra.conditional-access-blocks-device-code');
    const operator = await connectOperator(system());
    await operator.update('credential/chat', 'refreshNow');
    const blocked = await eventually('blocked', async () => {
      const chat = await system().credential('chat');
      return chat?.state === 'admin-must-act' && chat;
    });
    expect(blocked.word).toMatch(/Conditional Access/i);
    expect(blocked.next).toMatch(/Conditional Access/i);
    expect((await system().cli('credential', 'list')).stdout).toMatch(/^chat +admin-must-act/m);
    await eventually('in the list', async () => (await operator.states())['credential/chat'] === 'admin-must-act');
    await operator.close();
    try {
      const ui = String(system().endpoints().temporalUi);
      const { list, details } = await readInUi(browser, ui, 'admin-must-act', 'credential/chat');
      expect(list).toContain('credential/chat');
      expect(list).not.toContain('credential/events');
      expect(details).toContain('admin-must-act');
      // Commands stand in it as code: the page shows them without the marks.
      expect(details).toContain(blocked.next?.replaceAll('`', ''));
      const page = await browser.newPage();
      await page.goto(`${system().desk()}/admin`);
      const row = page.locator('#health-rows tr', { hasText: 'Conditional Access' }).first();
      await row.waitFor();
      expect(await row.textContent()).toContain('chat');
    } finally {
      await browser.close();
      await system().fault('entra.conditional-access-blocks-device-code', 'stop');
      unblockedAt = performance.now();
    }
  });

  it.each([
    ['graph.unreachable', /does not answer/],
    ['graph.throttled', /slow down/],
  ])('waits out %s in plain sight, and calls go on meanwhile', async (fault, word) => {
    const { id = '', graphId } =
      (await system().subscriptions()).find(({ policy }) => policy === 'EmergencyPolicy-EU') ?? {};
    await system().fault(fault);
    try {
      const asked = system().cli('subscription', 'recreate', id);
      const shown = await eventually('trouble', async () => {
        const now = await system().subscription(id);
        return now?.state === 'troubled' && now;
      });
      expect((await asked).code).toBe(0);
      expect(shown.word).toMatch(word);
      expect(shown.next).toMatch(/tried again by itself/);
      const call = await system().call({ caller: 'Hélène Dufour' });
      expect(call.unnotified).toEqual([]);
      await callOnBoard(system(), call);
    } finally {
      await system().fault(fault, 'stop');
    }
    const seconds = await secondsUntil('all is well', async () => {
      const now = await system().subscription(id);
      const { feeds } = await system().watch();
      return now?.state === 'ok' && now.graphId !== graphId && feeds.every(({ watching }) => watching);
    });
    expect(seconds).toBeLessThan(60);
    told(`${fault} over → watching again`, seconds);
  });

  it('is signed in again by itself once the policy is gone', async () => {
    await untilWell(system());
    const seconds = (performance.now() - unblockedAt) / 1000;
    expect(seconds).toBeLessThan(60);
    told('policy gone → signed in again, by itself, at most', seconds);
  });
}
