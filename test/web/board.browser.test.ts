import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { deskInBrowser } from '#test/web/desk-in-browser.ts';
import { runDesk } from '#test/web/desk-server.ts';

const web = deskInBrowser({ title: 'Contoso HQ' });

/** What stands where no call is: made by the style sheet. */
function emptyWord(page: Page): Promise<string> {
  return page.evaluate(`getComputedStyle(document.querySelector('#unacknowledged'), '::after').content`);
}

describe('the board in a real browser', () => {
  it('shows a call as it comes: where, who, whom to call back, in the title and to a screen reader', async () => {
    const { page, complaints } = await web.open();
    expect(await page.title()).toBe('Tocsin');
    expect(await emptyWord(page)).toContain('No call is waiting');
    web.desk.data.raise();
    await page.waitForSelector('#unacknowledged .card');
    expect(await page.textContent('#detail h1')).toBe('1 Microsoft Way, Building 7');
    expect(await page.textContent('#detail .inside')).toBe('Floor 2, Room 2214');
    expect(await page.textContent('#detail .facts')).toMatch(/Ana Petrova.*\+1 425 555 0142.*911/);
    expect(await page.title()).toBe('(1) UNACKNOWLEDGED · Tocsin');
    expect(await page.textContent('[role=alert]')).toContain('Emergency call 911');
    expect(complaints).toEqual([]);
  });

  it('shows hostile text as text', async () => {
    const { page, complaints } = await web.open();
    const name = '<img src=x onerror=alert(1)>';
    const { id } = web.desk.data.raise({
      caller: { name },
      location: { street: '"><script>alert(2)</script>', floor: '</p><b>' },
      policy: 'javascript:alert(3)',
    });
    await page.waitForSelector('.card');
    expect(await page.textContent('.card .who')).toBe(name);
    await page.goto(`${web.desk.url}/emergencies/${id}`);
    await page.getByText(name).first().waitFor();
    expect(await page.locator('main img, main script, main b').count()).toBe(0);
    expect(complaints).toEqual([]);
  });

  it('is acknowledged from two desks at once: one has it, the other learns who', async () => {
    const [one, two] = await Promise.all([web.open({ name: 'A. Reyes' }), web.open({ name: 'B. Okafor' })]);
    web.desk.data.raise();
    await Promise.all([one, two].map(({ page }) => page.waitForSelector('[data-act=acknowledge]')));
    await Promise.all([one, two].map(({ page }) => page.keyboard.press('a')));
    await Promise.all([one, two].map(({ page }) => page.waitForSelector('#acknowledged .card')));
    const owner = (await one.page.textContent('.card .owner'))?.replace(/ has it since .*/, '');
    expect(['A. Reyes', 'B. Okafor']).toContain(owner);
    expect(await two.page.textContent('.card .owner')).toContain(owner);
    const loser = owner === 'A. Reyes' ? two : one;
    await loser.page.getByText(`${owner} was first`).waitFor();
  });

  it('stays with the call that a person took while others wait, and goes to the next once it is resolved', async () => {
    const { page } = await web.open();
    web.desk.data.raise({ caller: { name: 'Waiting' } });
    await page.waitForSelector('.card');
    web.desk.data.raise({ caller: { name: 'Taken' } });
    await page.waitForSelector('.card >> nth=1');
    const who = () => page.textContent('#detail .facts .big dd');
    await page.click('.card >> nth=0');
    await expect.poll(who).toBe('Taken');
    await page.click('[data-act=acknowledge]');
    await page.waitForSelector('#detail[data-state=acknowledged]');
    expect(await who()).toBe('Taken');
    const taken = (await web.desk.data.emergencies.list({ state: 'acknowledged', limit: 1 })) as {
      items?: readonly { id: string }[];
    };
    await web.desk.data.resolve(taken.items?.[0]?.id ?? '', { by: 'A', disposition: 'real', from: 'api' });
    await expect.poll(who).toBe('Waiting');
  });

  it('keeps tests apart, and says what is not certain or not known', async () => {
    const { page } = await web.open();
    web.desk.data.raise({ verified: false, reasons: ['cannot-be-read'], caller: null, location: null });
    web.desk.data.raise({ test: true, dialledNumber: '933' });
    await page.waitForSelector('#tests .card');
    expect(await page.locator('#unacknowledged .card').count()).toBe(1);
    expect(await page.textContent('#tests .state')).toBe('TEST');
    expect(await page.textContent('#detail .because')).toContain('could not be decrypted');
    expect(await page.textContent('#detail .where')).toContain('No location was sent');
    expect(await page.title()).toContain('(1)');
  });

  it('says loudly that Tocsin does not listen', async () => {
    const { page } = await web.open();
    web.desk.data.setHealth({
      listening: { ok: false, since: new Date().toISOString(), feeds: [], word: 'The hub does not answer.' },
    });
    await page.waitForSelector('#blind:not([hidden])');
    expect(await page.textContent('#blind')).toMatch(
      /^Not listening since .* — calls may be missed. The hub does not answer. What to do$/,
    );
    expect(await page.textContent('#listening .word')).toBe('Not listening');
    expect(await emptyWord(page)).toContain('It is not listening');
    await page.waitForSelector('html[data-alarm=blind]');
  });

  it('looks dead while the server is, and is right again when it is back on the same port', async () => {
    const { page } = await web.open({ clock: true });
    const gone = web.desk.data.raise();
    await page.waitForSelector('#unacknowledged .card');
    await page.keyboard.press('a');
    await page.waitForSelector('#acknowledged .card');
    await web.desk.close();
    await page.clock.fastForward(13_000);
    await page.waitForSelector('html[data-live=no]');
    expect(await emptyWord(page)).toContain('It is not known');
    expect(await page.textContent('#notlive')).toMatch(/has not heard from Tocsin for \d+ s/);
    await web.desk.data.resolve(gone.id, { by: 'B. Okafor', disposition: 'misdial', from: 'cli' });
    const { id } = web.desk.data.raise({ caller: { name: 'While it was away' } });
    web.desk = await runDesk({ port: web.desk.port }, web.desk.data);
    await page.waitForSelector('html[data-live=yes]');
    await page.waitForSelector(`#unacknowledged .card[data-id="${id}"]`);
    await page.waitForSelector('#acknowledged .card', { state: 'detached' });
    expect(await page.isHidden('#notlive')).toBe(true);
  });

  it('keeps a call of which a server without that past knows nothing until a person acts on it, and shows what comes then', async () => {
    const { page } = await web.open();
    web.desk.data.raise();
    await page.waitForSelector('.card');
    const { port } = web.desk;
    await web.desk.close();
    web.desk = await runDesk({ port });
    const { id } = web.desk.data.raise({ id: 'of the other log', caller: { name: 'After the restore' } });
    await page.waitForSelector(`.card[data-id="${id}"]`);
    expect(await page.locator('.card').count()).toBe(2);
    await page.click('.card >> nth=1');
    await page.click('[data-act=acknowledge]');
    await page.getByText('has no record of this call').waitFor();
    await expect.poll(() => page.locator('.card').count()).toBe(1);
    expect(await page.getAttribute('.card', 'data-id')).toBe(id);
  });

  it('keeps a call that came while it asked what is open after a lost connection', async () => {
    const { page } = await web.open();
    let asked = 0;
    await page.route('**/api/emergencies?state=*', async (route) => {
      const answer = await route.fetch();
      // What the list says is older than the call that comes now.
      if (asked++ === 0) {
        web.desk.data.raise();
        await page.waitForSelector('.card');
      }
      await route.fulfill({ response: answer });
    });
    const { port, data } = web.desk;
    await web.desk.close();
    web.desk = await runDesk({ port }, data);
    await page.waitForSelector('.card');
    await expect.poll(() => asked).toBeGreaterThan(1);
    await page.waitForLoadState('networkidle');
    expect(await page.locator('#unacknowledged .card').count()).toBe(1);
  });

  it('shows what was locked once the key store is back, though nothing changed in the record', async () => {
    web.desk.data.setHealth({ rows: [{ kind: 'key-store', name: 'key store', state: 'ok', word: 'open' }] });
    const { page } = await web.open({ clock: true });
    const call = web.desk.data.raise({ caller: { name: '[locked]' }, location: null });
    await page.waitForSelector('.card');
    expect(await page.textContent('.card .who')).toBe('[locked]');
    await page.route(`**/api/emergencies/${call.id}`, (route) =>
      route.fulfill({ json: { ...call, caller: { name: 'Ana Petrova' }, story: [] } }),
    );
    await page.clock.fastForward(6000);
    await expect.poll(() => page.textContent('.card .who')).toBe('Ana Petrova');
  });

  it('takes off the page by itself who was erased, from open calls and from those of today that are over', async () => {
    const { page, complaints } = await web.open();
    const over = web.desk.data.raise({ caller: { name: 'Jürgen Weiß' } });
    await web.desk.data.resolve(over.id, { by: 'A. Reyes', disposition: 'real', from: 'desk' });
    const { id } = web.desk.data.raise();
    await page.getByText('Jürgen Weiß').first().waitFor({ state: 'attached' });
    await page.waitForSelector('#unacknowledged .card');
    expect(await page.textContent('#detail .facts')).toContain('Ana Petrova');
    web.desk.data.erase(over.id);
    web.desk.data.erase(id);
    await expect.poll(() => page.textContent('main')).not.toMatch(/Ana Petrova|Jürgen Weiß/);
    expect(await page.textContent('#detail .facts')).toContain('[erased]');
    expect(await page.locator('#unacknowledged .card').count()).toBe(1);
    expect(complaints).toEqual([]);
  });

  it('is acknowledged from a tab whose browser has no connection left for it', async () => {
    const { page, context } = await web.open({ clock: true });
    // Six connections to one address is all that a browser has.
    for (let tab = 2; tab <= 6; tab += 1) {
      const other = await context.newPage();
      await other.goto(web.desk.url);
      await other.waitForSelector('html[data-live=yes]');
    }
    await expect.poll(() => web.desk.data.listeners).toBe(6);
    const { id } = web.desk.data.raise();
    await page.waitForSelector('.card');
    await page.keyboard.press('a');
    await page.clock.fastForward(3000);
    await expect.poll(async () => (await web.desk.data.emergencies.get(id))?.emergency.state).toBe('acknowledged');
    await page.getByText('You have this call.').waitFor();
    await page.clock.fastForward(3000);
    await page.waitForSelector('html[data-live=yes]');
  });

  it('counts as of today only what was resolved today, however long the page is open', async () => {
    const { page } = await web.open({ clock: true });
    const { id } = web.desk.data.raise();
    await page.waitForSelector('.card');
    await web.desk.data.resolve(id, { by: 'A', disposition: 'real', from: 'api' });
    await page.getByText('1 resolved · 0 test · 1 missed').waitFor();
    await web.desk.close();
    await page.clock.fastForward(24 * 3_600_000);
    await page.getByText('0 resolved · 0 test · 0 missed').waitFor();
    expect(await page.locator('.card').count()).toBe(0);
  });

  it('does not take a press for a call that took the place of another at that moment', async () => {
    const { page } = await web.open({ clock: true });
    const [first, second] = [
      web.desk.data.raise({ caller: { name: 'First' } }),
      web.desk.data.raise({ caller: { name: 'Second' } }),
    ];
    await page.waitForSelector('.card >> nth=1');
    await page.clock.fastForward(2000);
    const shown = await page.getAttribute('#detail', 'data-id');
    const other = shown === first.id ? second : first;
    await web.desk.data.acknowledge(shown ?? '', { by: 'B. Okafor', from: 'desk' });
    await page.waitForSelector(`#detail[data-id="${other.id}"]`);
    await page.keyboard.press('a');
    await page.getByText('Another call is shown now').waitFor();
    expect((await web.desk.data.emergencies.get(other.id))?.emergency.state).toBe('unacknowledged');
    await page.clock.fastForward(2000);
    await page.keyboard.press('a');
    await page.waitForSelector('#unacknowledged .card', { state: 'detached' });
  });
});
