import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { createFakeDeskData } from '#test/support/fake-desk-data.ts';
import type { PageElement } from '#test/web/desk-browser.ts';
import { deskInBrowser } from '#test/web/desk-in-browser.ts';
import { runDesk } from '#test/web/desk-server.ts';
import type { HealthReport } from '#web/health-report.ts';

const web = deskInBrowser();
const open = (path: string) => web.open({ path });

describe("an emergency's page", () => {
  it('tells the story in words, links each event to its record, and follows what happens', async () => {
    const { id } = web.desk.data.raise();
    const { page, complaints } = await open(`/emergencies/${id}`);
    await page.getByText('On the board, reported by the emergency events feed').waitFor();
    await web.desk.data.acknowledge(id, { by: 'B. Okafor', from: 'cli' });
    await page.getByText('B. Okafor took it on the command line').waitFor();
    expect(await page.textContent('.story')).toMatch(/Call placed.*Notice of it received.*On the board.*took it/s);
    await page.click('.story li[data-kind=EmergencyAcknowledged] .record-link');
    await page.waitForURL(/\/audit\?record=/);
    await page.getByRole('heading', { name: 'EmergencyAcknowledged' }).waitFor();
    expect(complaints).toEqual([]);
  });
});

describe('after an erasure', () => {
  it("an emergency's page and a record that is shown name the person no more, though nobody loads them again", async () => {
    const { id } = web.desk.data.raise();
    const call = await open(`/emergencies/${id}`);
    const record = await open(`/audit?record=${web.desk.data.record('notes', 'Note', {}).id}`);
    await call.page.getByText('Ana Petrova').first().waitFor();
    await record.page.getByText('3 records').waitFor();
    web.desk.data.erase(id);
    await expect.poll(() => call.page.textContent('main')).not.toContain('Ana Petrova');
    expect(await call.page.textContent('main')).toContain('[erased]');
    await record.page.getByText('PersonErased').first().waitFor();
    expect(await record.page.textContent('#record')).toContain('Note');
    expect([...call.complaints, ...record.complaints]).toEqual([]);
  });
});

describe("an emergency's page that could not be read", () => {
  it('asks again by itself', async () => {
    const { id } = web.desk.data.raise();
    await web.desk.data.resolve(id, { by: 'A', disposition: 'real', from: 'api' });
    const { page } = await web.open({ path: '/admin', clock: true });
    let asked = 0;
    await page.route(`**/api/emergencies/${id}`, (route) => {
      asked += 1;
      return asked === 1 ? route.abort() : route.continue();
    });
    await page.goto(`${web.desk.url}/emergencies/${id}`);
    await page.getByText('Tocsin does not answer.').waitFor();
    expect(await page.textContent('#detail')).toBe('This call is being read.');
    await page.clock.fastForward(5000);
    await page.getByText('1 Microsoft Way').waitFor();
  });
});

describe('on another day', () => {
  it("an emergency's page and the rows of the record say which one it was", async () => {
    let now = Date.parse('2026-03-02T12:00:00.000Z');
    await web.desk.close();
    web.desk = await runDesk(
      {},
      createFakeDeskData(() => now),
    );
    const { id } = web.desk.data.raise();
    now += 24 * 3_600_000;
    await web.desk.data.resolve(id, { by: 'A. Reyes', disposition: 'real', from: 'desk' });
    const { page } = await open(`/emergencies/${id}`);
    await page.waitForSelector('.story li[data-kind=EmergencyResolved]');
    expect(await page.textContent('.facts')).toMatch(/Time of the callMar 2, 2026 /);
    expect(await page.textContent('.owner')).toContain('resolved it at Mar 3, 2026 ');
    expect(await page.textContent('.story li[data-kind=EmergencyRaised] time')).toMatch(/^[\d:]{8}$/);
    expect(await page.textContent('.story li[data-kind=EmergencyResolved] time')).toContain('Mar 3, 2026 ');
    await page.goto(`${web.desk.url}/audit`);
    expect(await page.textContent('#row-list time')).toContain('Mar 3, 2026 ');
  });
});

describe('the audit page', () => {
  it('shows the record, its causes and effects as links, and filters with counts', async () => {
    const { id } = web.desk.data.raise();
    for (let count = 0; count < 1000; count += 1)
      web.desk.data.record('inbox-x-1', 'tocsin.probe', { specversion: '1.0', text: '</pre><img src=x>' });
    const { page, complaints } = await open('/audit');
    await page.getByText('1,002 records').waitFor();
    await page.waitForSelector('#row-list li');
    expect(await page.locator('#row-list li').count()).toBeLessThan(100);
    await page.click('#row-list li');
    await page.waitForSelector('.json');
    expect(await page.locator('#record img').count()).toBe(0);
    await page.getByRole('button', { name: /EmergencyRaised/ }).click();
    await page.getByText('1 record', { exact: true }).waitFor();
    await page.waitForSelector('#row-list li:only-child');
    await page.click('#row-list li');
    await page.getByRole('link', { name: 'Microsoft.Graph.EmergencyCallEvent' }).click();
    await page.getByRole('heading', { name: 'CloudEvent' }).waitFor();
    await page.getByRole('link', { name: 'EmergencyRaised' }).click();
    await page.getByRole('link', { name: `emergency-${id}` }).waitFor();
    expect(complaints).toEqual([]);
  });

  it('finds what is about a caller, and keeps who that is out of addresses', async () => {
    web.desk.data.raise({ caller: { name: 'Zoë Findable' } });
    web.desk.data.raise();
    const { page, complaints } = await open('/audit');
    const asked: string[] = [];
    page.on('request', (request) => asked.push(request.url()));
    await page.getByLabel('Caller').fill('zoë findable');
    await page.getByLabel('Caller').press('Enter');
    await page.getByText('1 record', { exact: true }).waitFor();
    await page.waitForSelector('#row-list li:only-child');
    await page.click('#row-list li');
    await page.waitForURL(/\/audit\?record=/);
    expect(asked.length).toBeGreaterThan(0);
    expect([...asked, page.url()].join(' ')).not.toMatch(/findable/i);
    await page.getByRole('button', { name: 'Clear filters' }).click();
    await page.getByText('4 records').waitFor();
    expect(complaints).toEqual([]);
  });

  it('asks once for what filters cannot find, and says in words which filter is wrong', async () => {
    const { page } = await open('/audit');
    let asked = 0;
    page.on('request', (request) => {
      if (request.url().includes('/api/audit?')) asked += 1;
    });
    await page.getByLabel('Emergency').fill('nonsense');
    await page.getByLabel('Emergency').press('Enter');
    await page.getByText('Nothing can be read with these filters.').waitFor();
    await page.getByText('Not valid: emergency').waitFor();
    await page.getByLabel('Emergency').fill('');
    await page.getByLabel('From').fill('12026-09-13T00:00');
    await page.getByLabel('From').press('Enter');
    await page.getByText('Not valid: since').waitFor();
    await page.getByLabel('From').fill('');
    asked = 0;
    await page.getByLabel('Emergency').fill('more nonsense');
    await page.getByLabel('Emergency').press('Enter');
    await page.getByText('Not valid: emergency').waitFor();
    await page.evaluate("fetch('/health/live').then((answer) => answer.text())");
    expect(asked).toBe(1);
  });

  it('asks again after a while for a record that cannot be read now, and not without end', async () => {
    web.desk.data.raise();
    const { page } = await web.open({ path: '/audit', clock: true });
    await page.waitForSelector('#row-list li');
    let asked = 0;
    await page.route('**/api/audit?*', (route) => {
      asked += 1;
      return asked === 1 ? route.abort() : route.continue();
    });
    await page.getByLabel('Feed').selectOption('events');
    await page.getByText('The record cannot be read now.').waitFor();
    await page.evaluate("fetch('/health/live').then((answer) => answer.text())");
    expect(asked).toBe(1);
    await page.clock.fastForward(5000);
    await page.waitForSelector('#row-list li');
  });

  it('keeps the counts of the filters that stand there, whichever answer comes first', async () => {
    web.desk.data.raise();
    const { page } = await open('/audit');
    await page.getByText('2 records').waitFor();
    const slow = Promise.withResolvers<void>();
    await page.route('**/api/audit/counts?*feed=chat*', async (route) => {
      await slow.promise;
      await route.fulfill({ json: { total: 77, byType: [], byStream: [] } });
    });
    const asked = page.waitForRequest(/counts\?feed=chat/);
    await page.getByLabel('Feed').selectOption('chat');
    await asked;
    const now = page.waitForResponse(/counts\?$/);
    await page.getByLabel('Feed').selectOption('');
    await now;
    const late = page.waitForResponse(/counts\?feed=chat/);
    slow.resolve();
    await (await late).finished();
    await page.evaluate("fetch('/health/live').then((answer) => answer.text())");
    expect(await page.textContent('#total')).toBe('2 records');
  });

  it('fetches more only as somebody scrolls', async () => {
    for (let count = 0; count < 1000; count += 1) web.desk.data.record('inbox-x-1', 'tocsin.probe', {});
    const { page } = await open('/audit');
    await page.waitForSelector('#row-list li');
    const height = () => page.$eval('#row-list', (list) => list.clientHeight);
    await expect.poll(height).toBe(200 * 30);
    for (const rows of [400, 600, 800, 1000]) {
      await page.$eval('#rows', (scroller) => scroller.scrollTo(0, scroller.scrollHeight));
      await expect.poll(height).toBe(rows * 30);
    }
    await page.$eval('#rows', (scroller) => scroller.scrollTo(0, scroller.scrollHeight));
    await page.getByText('This is the first record.').waitFor();
    expect(await page.locator('#row-list li').count()).toBeLessThan(100);
  });
});

describe('the watch page', () => {
  it('says whether every feed is watched, draws when, and lists gaps with their cause', async () => {
    const { page, complaints } = await open('/watch');
    await page.getByText('Every feed is watched now.').waitFor();
    expect(await page.locator('#bars svg').getAttribute('aria-label')).toBe(
      'watched 95.83 % of the time on record, 1 gap',
    );
    expect(await page.locator('#bars rect.gap').count()).toBe(1);
    expect(await page.locator('#gaps tr').textContent()).toContain('somebody had to sign in');
    await page.getByRole('button', { name: '7 days' }).click();
    await page.locator('#bars svg[aria-label="watched 99.40 % of the time on record, 1 gap"]').waitFor();
    expect(await page.getByRole('button', { name: '7 days' }).getAttribute('aria-pressed')).toBe('true');
    expect(complaints).toEqual([]);
  });
});

describe('the admin page', () => {
  it('has what is in trouble first, and says in one sentence whether it works', async () => {
    web.desk.data.setHealth({
      rows: [
        { kind: 'feed', name: 'chat', state: 'ok', word: 'Messages arrive', lastProofAt: new Date().toISOString() },
        {
          kind: 'certificate',
          name: 'tocsin-2026',
          state: 'warning',
          word: 'Expires soon',
          expiresAt: new Date(Date.now() + 86_400_000).toISOString(),
        },
        { kind: 'subscription', name: 'London', state: 'trouble', word: 'Expired', next: 'Renew it.' },
      ],
    });
    const { page, complaints } = await open('/admin');
    await page.getByText('Renew it.').waitFor();
    expect(
      await page
        .locator('#health-rows tr')
        .evaluateAll((rows) => rows.map((row) => (row as unknown as PageElement).dataset['state'])),
    ).toEqual(['trouble', 'warning', 'warning', 'ok']);
    expect(await page.textContent('#verdict')).toMatch(/^Tocsin is listening. 1 in trouble, 2 to look at, 1 work/);
    expect(complaints).toEqual([]);
  });

  it('lets somebody sign in by code or by browser, and closes by itself once that is done', async () => {
    web.desk.data.setHealth({
      rows: [
        {
          ...{ kind: 'credential', name: 'chat', state: 'trouble', word: 'The password was changed' },
          actions: [{ act: 'sign-in', of: 'chat', word: 'Sign in' }],
        },
      ],
    });
    const { page, complaints } = await open('/admin');
    await page.getByRole('button', { name: 'Sign in: chat' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('H7WQ4KTD').waitFor();
    expect(await dialog.getByRole('link').getAttribute('href')).toBe('https://login.example/device');
    // Where codes are blocked: by browser, which ends at a page that does not load.
    await dialog.getByRole('button', { name: 'Codes are blocked' }).click();
    await dialog.locator('a[href="https://login.example/authorize?state=this"]').waitFor();
    // Who comes back to the page later finds the same one.
    await dialog.getByRole('button', { name: 'Close' }).click();
    await page.getByRole('button', { name: 'Sign in: chat' }).click();
    await dialog.locator('a[href="https://login.example/authorize?state=this"]').waitFor();
    const address = dialog.getByLabel('Paste its whole address');
    await address.fill('http://localhost:1/?code=1&state=other');
    await dialog.getByRole('button', { name: 'Finish the sign-in' }).click();
    await dialog.getByText('This address belongs to another sign-in.').waitFor();
    await address.fill('http://localhost:1/?code=1&state=this');
    await address.press('Enter');
    await dialog.getByText('Tocsin has it.').waitFor();
    expect(await address.inputValue()).toBe('');
    web.desk.subscribing.enterCode();
    await dialog.waitFor({ state: 'detached' });
    expect(web.desk.subscribing.asked).toEqual([
      'sign-in chat',
      'sign-in chat by browser',
      'address chat: http://localhost:1/?code=1&state=this',
    ]);
    expect(complaints).toEqual([]);
  });

  it('makes a subscription anew only when it is really meant, and shows which permissions there are', async () => {
    web.desk.data.setHealth({
      rows: [
        {
          ...{ kind: 'subscription', name: 'chat', state: 'ok', word: 'live' },
          actions: [{ act: 'recreate', of: 'chat', word: 'Make anew' }],
        },
      ],
    });
    const { page } = await open('/admin');
    await page.getByText('to subscribe to chats').waitFor();
    await page.getByRole('button', { name: 'Make anew: chat' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'No' }).click();
    expect(web.desk.subscribing.asked).toEqual([]);
    await page.getByRole('button', { name: 'Make anew: chat' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Yes' }).click();
    await expect.poll(() => web.desk.subscribing.asked).toEqual(['recreate chat']);
  });

  it('takes neither a press nor the focus away while the rows are brought up to date', async () => {
    const health = (proof: string): Partial<HealthReport> => ({
      rows: [
        { ...{ kind: 'partition', name: '0', state: 'ok', word: proof } },
        {
          ...{ kind: 'subscription', name: 'chat', state: 'ok', word: 'live' },
          actions: [{ act: 'renew', of: 'chat', word: 'Renew now' }],
        },
        {
          ...{ kind: 'subscription', name: 'US', state: 'ok', word: proof },
          actions: [{ act: 'renew', of: 'US', word: 'Renew now' }],
        },
      ],
    });
    web.desk.data.setHealth(health('before'));
    const { page } = await open('/admin');
    await page.getByRole('button', { name: 'Renew now: US' }).focus();
    await page.getByRole('button', { name: 'Renew now: chat' }).hover();
    web.desk.data.setHealth(health('after'));
    await page.getByText('after').nth(1).waitFor();
    expect(await page.evaluate("document.activeElement.getAttribute('aria-label')")).toBe('Renew now: US');
    await page.mouse.down();
    web.desk.data.setHealth(health('later'));
    await page.getByText('later').nth(1).waitFor();
    await page.mouse.up();
    await expect.poll(() => web.desk.subscribing.asked).toEqual(['renew chat']);
  });

  it('lets its connection go while nobody sees it, and is right again when somebody does', async () => {
    const { page } = await open('/admin');
    await expect.poll(() => web.desk.data.listeners).toBe(1);
    const become = (state: string) =>
      page.evaluate(
        `Object.defineProperty(document, 'visibilityState', { value: '${state}', configurable: true }); document.dispatchEvent(new Event('visibilitychange'))`,
      );
    await become('hidden');
    await expect.poll(() => web.desk.data.listeners).toBe(0);
    web.desk.data.raise();
    await become('visible');
    await page.getByRole('link', { name: '1 call that nobody has' }).waitFor();
  });

  it('lets all connections but one go where many boards and calls are open in tabs that nobody sees', async () => {
    const { id } = web.desk.data.raise();
    const { page, context } = await open('/');
    const tabs = [page];
    for (const path of ['/', '/watch', `/emergencies/${id}`]) {
      const tab = await context.newPage();
      await tab.goto(web.desk.url + path);
      await tab.waitForSelector('html[data-live=yes]');
      tabs.push(tab);
    }
    await expect.poll(() => web.desk.data.listeners).toBe(4);
    const become = (tab: Page, state: string) =>
      tab.evaluate(
        `Object.defineProperty(document, 'visibilityState', { value: '${state}', configurable: true }); document.dispatchEvent(new Event('visibilitychange'))`,
      );
    for (const tab of tabs) await become(tab, 'hidden');
    await expect.poll(() => web.desk.data.listeners).toBe(1);
    web.desk.data.raise({ caller: { name: 'Meanwhile' } });
    await expect.poll(() => page.title()).toContain('(2)');
    await page.close();
    await expect.poll(() => tabs[1]?.title()).toContain('(2)');
    await expect.poll(() => web.desk.data.listeners).toBe(1);
    await become(tabs[3] as Page, 'visible');
    await tabs[3]?.getByRole('link', { name: '1 call that nobody has' }).waitFor();
  });

  it('still says that a call waits, and rings', async () => {
    const { page } = await open('/admin');
    web.desk.data.raise();
    await page.getByRole('link', { name: '1 call that nobody has' }).waitFor();
    expect(await page.title()).toContain('(1) UNACKNOWLEDGED');
    await page.waitForSelector('html[data-alarm=real]');
  });
});
