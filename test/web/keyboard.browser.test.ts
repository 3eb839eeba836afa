import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { launchBrowser } from '#test/support/browser.ts';
import type { OpenOptions } from '#test/web/desk-browser.ts';
import { openDesk, weakContrast } from '#test/web/desk-browser.ts';
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
const open = (options?: OpenOptions) => openDesk(browser, desk.url, options);

/** One of every kind of call, so that every style is on the screen. */
async function fill() {
  const owned = desk.data.raise({ caller: { name: 'Maximiliane-Alexandra von Hohenzollern-Sigmaringen', callbackNumber: '+4930123456789' } });
  await desk.data.acknowledge(owned.id, { by: 'B. Okafor', from: 'desk' });
  const closed = desk.data.raise();
  await desk.data.resolve(closed.id, { by: 'B. Okafor', disposition: 'misdial', note: 'Pocket call', from: 'desk' });
  desk.data.raise({ test: true, dialledNumber: '933' });
  desk.data.raise({ verified: false, reasons: ['key-unknown'], caller: null, location: null, dialledNumber: null });
  return desk.data.raise({ location: { street: '1234 Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch Boulevard', floor: '2' } });
}

describe('the keyboard', () => {
  it('selects, opens, acknowledges and resolves', async () => {
    const first = desk.data.raise({ caller: { name: 'First' } });
    const { page } = await open({ name: null });
    await page.waitForSelector('.card');
    desk.data.raise({ caller: { name: 'Second' } });
    await page.waitForSelector('.card >> nth=1');
    const selected = () => page.textContent('.card[data-selected] .who');
    await page.keyboard.press('j');
    await page.keyboard.press('j');
    await expect.poll(selected).toBe('First');
    await page.keyboard.press('ArrowUp');
    await expect.poll(selected).toBe('Second');
    await page.keyboard.press('k');
    await page.keyboard.press('j');
    await page.keyboard.press('a');
    await page.getByLabel('Your name').fill('Cleo');
    await page.keyboard.press('Enter');
    await page.waitForSelector('#acknowledged .card');
    expect(await page.textContent('#acknowledged .owner')).toMatch(/^Cleo has it/);
    await page.keyboard.press('r');
    await page.getByLabel('Misdial').check();
    await page.getByLabel('Note').fill('Pocket');
    await page.getByRole('button', { name: 'Resolve', exact: true }).last().click();
    await page.waitForSelector('#today .card');
    expect((await desk.data.emergencies.get(first.id))?.emergency.resolved).toMatchObject({ disposition: 'misdial', note: 'Pocket', by: 'Cleo' });
    await page.keyboard.press('?');
    await page.getByText('Mute this desk for 60 s').waitFor();
    await page.keyboard.press('Escape');
    await page.keyboard.press('/');
    await page.keyboard.type('second');
    await page.waitForSelector('#today .card', { state: 'detached' });
    await page.keyboard.press('Enter');
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/emergencies\//);
  });

  it('belongs to the field in which somebody types: a new call takes neither focus nor selection', async () => {
    desk.data.raise({ caller: { name: 'First' } });
    const { page } = await open();
    await page.waitForSelector('.card');
    await page.keyboard.press('r');
    await page.getByLabel('Note').focus();
    await page.keyboard.type('aaa ');
    desk.data.raise({ caller: { name: 'Second' } });
    await page.waitForSelector('.card >> nth=1');
    await page.keyboard.type('jkm?');
    expect(await page.getByLabel('Note').inputValue()).toBe('aaa jkm?');
    expect(await page.textContent('.card[data-selected] .who')).toBe('First');
    expect(await page.locator('#unacknowledged .card').count()).toBe(2);
  });

  it('keeps the focus on a button while its call changes', async () => {
    const { id } = desk.data.raise();
    const { page } = await open();
    await page.focus('[data-act=copy]');
    await desk.data.acknowledge(id, { by: 'B', from: 'cli' });
    await page.waitForSelector('#detail[data-state=acknowledged]');
    expect(await page.evaluate(() => document.activeElement?.getAttribute('data-act'))).toBe('copy');
  });
});

describe('layouts', () => {
  it.each([
    ['wide', 1440, 900],
    ['narrow', 1024, 768],
    ['phone', 390, 844],
    ['small phone', 320, 640],
  ] as const)('%s: nothing scrolls sideways, and everything can be read in both themes', async (_name, width, height) => {
    const { id } = await fill();
    for (const scheme of ['dark', 'light'] as const) {
      const { page, context } = await open({ width, height, scheme });
      for (const path of ['/', '/?view=wall', `/emergencies/${id}`, '/admin', '/audit']) {
        await page.goto(desk.url + path);
        await page.waitForSelector('html[data-live=yes]');
        if (path.startsWith('/emergencies')) await page.waitForSelector('.story li >> nth=2');
        else if (path.startsWith('/?') || path === '/') await page.waitForSelector('.card >> nth=3');
        const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
        expect(over, `${path} ${scheme}`).toBeLessThanOrEqual(0);
        expect(await weakContrast(page, 'body *:not(svg *):not(option):not(kbd)', 4.5), `${path} ${scheme}`).toEqual([]);
        expect(await weakContrast(page, '.card:not([data-state=resolved]) :is(.place, .inside, .who, .callback, .number), .where h1, .where .inside, .facts .big dd', 7), `${path} ${scheme}`).toEqual([]);
      }
      await context.close();
    }
  });

  it('phone: a card opens the call as a page of its own, with one wide button under the thumb', async () => {
    desk.data.raise();
    const { page } = await open({ width: 390, height: 844 });
    await page.click('.card');
    await page.waitForURL(/\/emergencies\//);
    const box = await page.locator('[data-act=acknowledge]').boundingBox();
    expect(box?.width).toBeGreaterThan(350);
    expect(box?.height).toBeGreaterThanOrEqual(60);
    expect((box?.y ?? 0) + (box?.height ?? 0)).toBeGreaterThan(800);
    await page.click('[data-act=acknowledge]');
    await page.waitForSelector('#detail[data-state=acknowledged]');
    await page.goBack();
    await page.waitForSelector('#acknowledged .card');
    expect(await page.isVisible('#acknowledged .card')).toBe(true);
  });

  it('wall: cards only, twice as large, and nothing to press on them', async () => {
    desk.data.raise();
    const { page } = await open({ path: '/?view=wall' });
    await page.waitForSelector('.card');
    expect(await page.isVisible('#detail')).toBe(false);
    expect(await page.isVisible('nav')).toBe(false);
    expect(await page.$eval('.card .place', (element) => Number.parseFloat(getComputedStyle(element).fontSize))).toBeGreaterThanOrEqual(42);
    await page.keyboard.press('a');
    expect(await page.locator('dialog').count()).toBe(0);
  });

  it('moves nothing for those who asked for that', async () => {
    desk.data.raise();
    const { page } = await open();
    await page.waitForSelector('.card');
    const animation = () => page.$eval('.card', (card) => getComputedStyle(card, '::before').animationName);
    expect(await animation()).toBe('pulse');
    await page.emulateMedia({ reducedMotion: 'reduce' });
    expect(await animation()).toBe('none');
  });
});

describe('two hundred open calls', () => {
  it('cost little: a second changes texts only, one change touches one card', async () => {
    for (let call = 0; call < 200; call += 1) desk.data.raise({ caller: { name: `Caller ${call}` } });
    const { page } = await open({ clock: true });
    await page.waitForSelector('.card >> nth=199');
    await page.keyboard.press('j');
    const count = () =>
      page.evaluate(() => {
        const seen = { added: 0, texts: 0 };
        const observer = new MutationObserver((mutations) => {
          for (const mutation of mutations) {
            const inCard = mutation.target instanceof Element ? mutation.target.closest('.card') !== null : true;
            if (mutation.type === 'childList' && (mutation.target as Element).matches('.cards')) seen.added += mutation.addedNodes.length;
            else if (inCard) seen.texts += 1;
          }
        });
        observer.observe(document.querySelector('#list') as Element, { subtree: true, childList: true, characterData: true });
        Object.assign(window, { seen });
      });
    const seen = () => page.evaluate(() => (window as unknown as { seen: { added: number; texts: number } }).seen);
    await count();
    await page.clock.runFor(3000);
    expect((await seen()).added).toBe(0);
    await count();
    desk.data.raise({ caller: { name: 'One more' } });
    await page.waitForSelector('.card >> nth=200');
    expect((await seen()).added).toBe(1);
    const longest = await page.evaluate(async () => {
      const start = performance.now();
      document.querySelector<HTMLElement>('.card:nth-child(150)')?.querySelector('a')?.click();
      document.body.getBoundingClientRect();
      return performance.now() - start;
    });
    // A figure for people, not a limit: what it is depends on the machine.
    expect(longest).toBeGreaterThanOrEqual(0);
  });
});
