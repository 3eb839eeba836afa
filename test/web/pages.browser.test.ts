import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { launchBrowser } from '#test/support/browser.ts';
import type { PageElement } from '#test/web/desk-browser.ts';
import { openDesk } from '#test/web/desk-browser.ts';
import type { RunningDesk } from '#test/web/desk-server.ts';
import { runDesk } from '#test/web/desk-server.ts';

let browser: Browser;
let desk: RunningDesk;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());
beforeEach(async () => {
  desk = await runDesk();
});
afterEach(async () => {
  await Promise.all(browser.contexts().map((context) => context.close()));
  await desk.close();
});
const open = (path: string) => openDesk(browser, desk.url, { path });

describe("an emergency's page", () => {
  it('tells the story in words, links each event to its record, and follows what happens', async () => {
    const { id } = desk.data.raise();
    const { page, complaints } = await open(`/emergencies/${id}`);
    await page.getByText('On the board, reported by the emergency events feed').waitFor();
    await desk.data.acknowledge(id, { by: 'B. Okafor', from: 'cli' });
    await page.getByText('B. Okafor took it on the command line').waitFor();
    expect(await page.textContent('.story')).toMatch(/Call placed.*Notice of it received.*On the board.*took it/s);
    await page.click('.story li[data-kind=EmergencyAcknowledged] .record-link');
    await page.waitForURL(/\/audit\?record=/);
    await page.getByRole('heading', { name: 'EmergencyAcknowledged' }).waitFor();
    expect(complaints).toEqual([]);
  });
});

describe('the audit page', () => {
  it('shows the record, its causes and effects as links, and filters with counts', async () => {
    const { id } = desk.data.raise();
    for (let count = 0; count < 1000; count += 1)
      desk.data.record('inbox-x-1', 'tocsin.probe', { specversion: '1.0', text: '</pre><img src=x>' });
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
    desk.data.raise({ caller: { name: 'Zoë Findable' } });
    desk.data.raise();
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

  it('fetches more only as somebody scrolls', async () => {
    for (let count = 0; count < 1000; count += 1) desk.data.record('inbox-x-1', 'tocsin.probe', {});
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
    desk.data.setHealth({
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
    desk.data.setHealth({
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
    desk.subscribing.enterCode();
    await dialog.waitFor({ state: 'detached' });
    expect(desk.subscribing.asked).toEqual([
      'sign-in chat',
      'sign-in chat by browser',
      'address chat: http://localhost:1/?code=1&state=this',
    ]);
    expect(complaints).toEqual([]);
  });

  it('makes a subscription anew only when it is really meant, and shows which permissions there are', async () => {
    desk.data.setHealth({
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
    expect(desk.subscribing.asked).toEqual([]);
    await page.getByRole('button', { name: 'Make anew: chat' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Yes' }).click();
    await expect.poll(() => desk.subscribing.asked).toEqual(['recreate chat']);
  });

  it('lets its connection go while nobody sees it, and is right again when somebody does', async () => {
    const { page } = await open('/admin');
    await expect.poll(() => desk.data.listeners).toBe(1);
    const become = (state: string) =>
      page.evaluate(
        `Object.defineProperty(document, 'visibilityState', { value: '${state}', configurable: true }); document.dispatchEvent(new Event('visibilitychange'))`,
      );
    await become('hidden');
    await expect.poll(() => desk.data.listeners).toBe(0);
    desk.data.raise();
    await become('visible');
    await page.getByRole('link', { name: '1 call that nobody has' }).waitFor();
  });

  it('still says that a call waits, and rings', async () => {
    const { page } = await open('/admin');
    desk.data.raise();
    await page.getByRole('link', { name: '1 call that nobody has' }).waitFor();
    expect(await page.title()).toContain('(1) UNACKNOWLEDGED');
    await page.waitForSelector('html[data-alarm=real]');
  });
});
