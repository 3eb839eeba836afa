import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { arm } from '#test/web/desk-browser.ts';
import { deskInBrowser } from '#test/web/desk-in-browser.ts';

const web = deskInBrowser();

/** What the tests have in the page in place of the screen's own locks: headless browsers have no screen. */
interface Screen {
  locks: { released: boolean }[];
}
const watchLocks = (page: Page) =>
  page.evaluate(() => {
    const screen = globalThis as unknown as Screen;
    screen.locks = [];
    const request = async () => {
      const lock = { released: false };
      screen.locks.push(lock);
      return lock;
    };
    Object.defineProperty(navigator, 'wakeLock', { value: { request }, configurable: true });
  });
const locks = (page: Page) =>
  page.evaluate(() => (globalThis as unknown as Screen).locks.map(({ released }) => (released ? 'lost' : 'held')));
/** What the browser does when somebody looks at another tab. */
const loseLocks = (page: Page) =>
  page.evaluate(() => {
    for (const lock of (globalThis as unknown as Screen).locks) lock.released = true;
  });

describe('the sound of a desk in a real browser', () => {
  it('rings once it is armed, until a person acts, and never before', async () => {
    const { page } = await web.open();
    const rung = async () => Number((await page.getAttribute('html', 'data-bursts')) ?? 0);
    await arm(page);
    const tested = await rung();
    web.desk.data.raise();
    await page.waitForSelector('html[data-alarm=real]');
    await expect.poll(rung).toBeGreaterThan(tested);
    await page.keyboard.press('a');
    await page.waitForSelector('html[data-alarm=none]');
    expect((await web.desk.data.emergencies.list({ limit: 1 })) as object).toMatchObject({
      items: [{ acknowledged: { by: 'A. Reyes', from: 'desk' } }],
    });
  });

  it('tells Tocsin that it can be heard, and mutes without acknowledging', async () => {
    const { page } = await web.open();
    const metric = async () =>
      /tocsin_desks\{sound="(\w+)"\} 1/.exec(await (await fetch(`${web.desk.url}/metrics`)).text())?.[1];
    await expect.poll(metric).toBe('off');
    await arm(page);
    await expect.poll(metric).toBe('armed');
    web.desk.data.raise();
    await page.waitForSelector('.card');
    await page.keyboard.press('m');
    await page.waitForSelector('html[data-sound=muted]');
    await expect.poll(metric).toBe('muted');
    expect(await page.getAttribute('html', 'data-alarm')).toBe('real');
    expect(await page.locator('#unacknowledged .card').count()).toBe(1);
  });

  it('goes on telling Tocsin that it is there where the browser lets no timer of a hidden page run', async () => {
    const { context } = await web.open();
    const page = await context.newPage();
    await page.addInitScript(() => {
      const now = performance.now.bind(performance);
      performance.now = () => now() * 60;
      globalThis.setInterval = (() => 0) as unknown as typeof setInterval;
    });
    let reports = 0;
    page.on('request', (request) => {
      if (request.url().endsWith('/api/desks')) reports += 1;
    });
    await page.goto(web.desk.url);
    await expect.poll(() => reports).toBeGreaterThan(3);
  });

  it.each(['frozen', 'discarded'])('says that it could not be heard where the browser had it %s', async (how) => {
    const { page } = await web.open();
    await arm(page);
    if (how === 'frozen')
      await page.evaluate(`for (const name of ['freeze', 'resume']) document.dispatchEvent(new Event(name))`);
    else {
      await page.addInitScript(`Object.defineProperty(document, 'wasDiscarded', { value: true })`);
      await page.reload();
    }
    await page.getByText('The browser had put this desk away').waitFor();
  });

  it('is the same desk when it is loaded again, and another one where its tab was duplicated', async () => {
    const { page } = await web.open();
    const told = async (of: Page, work: () => Promise<unknown>) => {
      const [request] = await Promise.all([of.waitForRequest(`${web.desk.url}/api/desks`), work()]);
      return (request.postDataJSON() as { readonly desk: string }).desk;
    };
    const first = await told(page, () => arm(page));
    expect(await told(page, () => page.reload())).toBe(first);

    // As a browser duplicates a tab: with all that it remembers.
    const remembered = await page.evaluate(() => ({ ...sessionStorage }));
    expect(Object.values(remembered)).toContain(first);
    const other = await page.context().newPage();
    await other.addInitScript((entries) => {
      if (sessionStorage.length > 0) return;
      for (const [name, value] of Object.entries(entries)) sessionStorage.setItem(name, value);
    }, remembered);
    const second = await told(other, () => other.goto(web.desk.url));
    expect(second).not.toBe(first);
    expect(await told(other, () => other.reload())).toBe(second);
    expect(await told(page, () => page.reload())).toBe(first);
  });

  it('keeps the screen on while it can be heard, again after it was hidden, and on a wall always', async () => {
    const { page } = await web.open();
    await watchLocks(page);
    expect(await locks(page)).toEqual([]);
    await arm(page);
    await expect.poll(() => locks(page)).toEqual(['held']);
    await loseLocks(page);
    await expect.poll(() => locks(page)).toEqual(['lost', 'held']);

    const wall = await web.open({ path: '/?view=wall' });
    await watchLocks(wall.page);
    await expect.poll(() => locks(wall.page)).toEqual(['held']);
  });

  it('goes on by itself when something else had stopped its sound', async () => {
    const { context } = await web.open();
    const page = await context.newPage();
    await page.addInitScript(`
      globalThis.AudioContext = class extends AudioContext {
        constructor() { super(); globalThis.audio = this; }
      };`);
    await page.goto(web.desk.url);
    await arm(page);
    const state = () => page.evaluate(`audio.state`);
    expect(await page.evaluate(`audio.suspend().then(() => audio.state)`)).toBe('suspended');
    await expect.poll(state).toBe('running');
    await page.waitForSelector('html[data-sound=armed]');
  });

  it('asks to be heard again where a loudspeaker came or went, and rings until then as before', async () => {
    const { page } = await web.open();
    const change = () => page.evaluate(`navigator.mediaDevices.dispatchEvent(new Event('devicechange'))`);
    await change();
    expect(await page.getByRole('button', { name: 'Test the sound' }).count()).toBe(0);
    await arm(page);
    await change();
    const test = page.getByRole('button', { name: 'Test the sound' });
    await test.waitFor();
    web.desk.data.raise();
    await page.waitForSelector('html[data-alarm=real][data-sound=armed]');
    await test.click();
    await page.getByRole('button', { name: 'Yes, I heard it' }).click();
    await page.getByRole('button', { name: 'Sound armed' }).waitFor();

    await change();
    await test.click();
    await page.getByRole('button', { name: 'No', exact: true }).click();
    await page.getByRole('button', { name: 'Arm this desk' }).waitFor();
    expect(await page.getAttribute('html', 'data-sound')).toBe('off');
  });

  it('is not armed by a person who heard nothing', async () => {
    const { page } = await web.open();
    await page.getByRole('button', { name: 'Arm this desk' }).click();
    await page.getByRole('button', { name: 'No', exact: true }).click();
    await page.getByText('Check volume').waitFor();
    expect(await page.getAttribute('html', 'data-sound')).toBe('off');
  });
});
