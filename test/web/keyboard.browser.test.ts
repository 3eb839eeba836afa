import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import type { PageElement, PageWindow } from '#test/web/desk-browser.ts';
import { weakContrast } from '#test/web/desk-browser.ts';
import { deskInBrowser } from '#test/web/desk-in-browser.ts';

const web = deskInBrowser();

/** One of every kind of call, so that every style is on the screen. */
async function fill() {
  const owned = web.desk.data.raise({
    caller: { name: 'Maximiliane-Alexandra von Hohenzollern-Sigmaringen', callbackNumber: '+4930123456789' },
  });
  await web.desk.data.acknowledge(owned.id, { by: 'B. Okafor', from: 'desk' });
  const closed = web.desk.data.raise();
  await web.desk.data.resolve(closed.id, {
    by: 'B. Okafor',
    disposition: 'misdial',
    note: 'Pocket call',
    from: 'desk',
  });
  web.desk.data.raise({ test: true, dialledNumber: '933' });
  web.desk.data.raise({
    verified: false,
    reasons: ['cannot-be-read'],
    caller: null,
    location: null,
    dialledNumber: null,
  });
  return web.desk.data.raise({
    location: { street: '1234 Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch Boulevard', floor: '2' },
  });
}

describe('the keyboard', () => {
  it('selects, opens, acknowledges and resolves', async () => {
    const first = web.desk.data.raise({ caller: { name: 'First' } });
    const { page } = await web.open({ name: null });
    await page.waitForSelector('.card');
    web.desk.data.raise({ caller: { name: 'Second' } });
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
    expect((await web.desk.data.emergencies.get(first.id))?.emergency.resolved).toMatchObject({
      disposition: 'misdial',
      note: 'Pocket',
      by: 'Cleo',
    });
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
    web.desk.data.raise({ caller: { name: 'First' } });
    const { page } = await web.open();
    await page.waitForSelector('.card');
    await page.keyboard.press('r');
    await page.getByLabel('Note').focus();
    await page.keyboard.type('aaa ');
    web.desk.data.raise({ caller: { name: 'Second' } });
    await page.waitForSelector('.card >> nth=1');
    await page.keyboard.type('jkm?');
    expect(await page.getByLabel('Note').inputValue()).toBe('aaa jkm?');
    expect(await page.textContent('.card[data-selected] .who')).toBe('First');
    expect(await page.locator('#unacknowledged .card').count()).toBe(2);
  });

  it('says who has the call that is shown where A acknowledges nothing, while another call rings', async () => {
    const { page } = await web.open();
    web.desk.data.raise({ caller: { name: 'Taken' } });
    await page.waitForSelector('.card');
    await page.keyboard.press('a');
    await page.waitForSelector('#acknowledged .card');
    web.desk.data.raise({ caller: { name: 'Rings' } });
    await page.waitForSelector('#unacknowledged .card');
    await page.keyboard.press('a');
    await page.getByText('has the call that is shown since').waitFor();
    expect(await page.locator('#unacknowledged .card').count()).toBe(1);
  });

  it('searches without hiding a call that nobody has', async () => {
    const owned = web.desk.data.raise({ caller: { name: 'Alpha' } });
    await web.desk.data.acknowledge(owned.id, { by: 'B', from: 'cli' });
    const other = web.desk.data.raise({ caller: { name: 'Beta' } });
    await web.desk.data.acknowledge(other.id, { by: 'B', from: 'cli' });
    const { page } = await web.open();
    await page.waitForSelector('#acknowledged .card >> nth=1');
    await page.keyboard.press('/');
    await page.keyboard.type('alpha');
    await page.waitForSelector('#acknowledged .card >> nth=1', { state: 'detached' });
    web.desk.data.raise({ caller: { name: 'New' } });
    await page.waitForSelector('#unacknowledged .card');
    expect(await page.textContent('#unacknowledged .count')).toBe('1');
    await page.keyboard.press('Enter');
    expect(await page.textContent('.card[data-selected] .who')).toBe('Alpha');
  });

  it('keeps the focus on a card that goes to another column', async () => {
    web.desk.data.raise();
    const { page } = await web.open();
    await page.focus('#unacknowledged .card a');
    await page.keyboard.press('a');
    await page.waitForSelector('#acknowledged .card');
    expect(await page.evaluate("document.activeElement.matches('#acknowledged .card a')")).toBe(true);
  });

  it('keeps the focus on a button while its call changes', async () => {
    const { id } = web.desk.data.raise();
    const { page } = await web.open();
    await page.focus('[data-act=copy]');
    await web.desk.data.acknowledge(id, { by: 'B', from: 'cli' });
    await page.waitForSelector('#detail[data-state=acknowledged]');
    expect(
      await page.evaluate(() => (globalThis as unknown as PageWindow).document.activeElement?.getAttribute('data-act')),
    ).toBe('copy');
  });

  it('keeps the focus on a link, and marked text, while other calls come', async () => {
    web.desk.data.raise({ caller: { name: 'First', callbackNumber: '+14255550142' } });
    const { page } = await web.open();
    await page.focus('#detail a[href^=tel]');
    await page.evaluate("getSelection().selectAllChildren(document.querySelector('#detail h1'))");
    web.desk.data.raise({ caller: { name: 'Second' }, test: true });
    await page.waitForSelector('#tests .card');
    expect(await page.evaluate('document.activeElement.textContent')).toBe('+1 425 555 0142');
    expect(await page.evaluate('String(getSelection())')).toBe('1 Microsoft Way, Building 7');
  });
});

describe('a press', () => {
  it('counts though another call comes while the button is down', async () => {
    web.desk.data.raise();
    const { page } = await web.open();
    await page.hover('[data-act=acknowledge]');
    await page.mouse.down();
    web.desk.data.raise({ test: true });
    await page.waitForSelector('#tests .card');
    await page.mouse.up();
    await page.waitForSelector('#acknowledged .card');
  });
});

/** Pixels by which a page is wider than its window. */
function sidewaysBy(page: Page): Promise<number> {
  return page.evaluate(() => {
    const { scrollWidth, clientWidth } = (globalThis as unknown as PageWindow).document.documentElement;
    return scrollWidth - clientWidth;
  });
}

describe('layouts', () => {
  it('scroll nothing sideways and can be read, on every page, at every width, in both themes', async () => {
    const { id } = await fill();
    const { page } = await web.open();
    const most =
      '.where h1, .where .inside, .facts .big dd, .card:not([data-state=resolved]) :is(.place, .inside, .who, .callback, .number)';
    for (const path of ['/', '/?view=wall', `/emergencies/${id}`, '/admin', '/audit', '/watch']) {
      await page.goto(web.desk.url + path);
      await page.waitForSelector('html[data-live=yes]');
      if (path.startsWith('/emergencies')) await page.waitForSelector('.story li >> nth=2');
      else if (path.startsWith('/?') || path === '/') await page.waitForSelector('.card >> nth=3');
      for (const width of [1440, 1024, 960, 720, 390, 320]) {
        await page.setViewportSize({ width, height: 844 });
        expect(await sidewaysBy(page), `${path} at ${width}`).toBeLessThanOrEqual(0);
        if (width !== 1440 && width !== 390) continue;
        for (const colorScheme of ['dark', 'light'] as const) {
          await page.emulateMedia({ colorScheme });
          const where = `${path} at ${width}, ${colorScheme}`;
          expect(await weakContrast(page, 'body *:not(svg *):not(option):not(kbd)', 4.5), where).toEqual([]);
          expect(await weakContrast(page, most, 7), where).toEqual([]);
        }
      }
    }
  });

  it('cover nothing of the strip and cut nothing off a card where a page is enlarged to twice its size', async () => {
    const { id } = await fill();
    const { page } = await web.open({ name: 'Bartholomew Featherstonehaugh', width: 720, height: 450 });
    await page.waitForSelector('.card >> nth=3');
    expect(
      await page.$$eval('.card:not([data-state=resolved]) .state', (states) =>
        states.filter((state) => {
          const { right } = state.getBoundingClientRect();
          return right > (state.closest('.card')?.getBoundingClientRect().right ?? 0);
        }),
      ),
    ).toEqual([]);
    for (const path of ['/', `/emergencies/${id}`, '/admin']) {
      await page.goto(web.desk.url + path);
      await page.waitForSelector('#listening[data-state=ok]');
      for (const width of [720, 800, 1023, 1024, 1100]) {
        await page.setViewportSize({ width, height: 450 });
        const word = await page.locator('#listening .word').boundingBox();
        const nav = await page.locator('.strip nav').boundingBox();
        expect((word?.x ?? 0) + (word?.width ?? 0), `${path} at ${width}`).toBeLessThanOrEqual(nav?.x ?? 0);
        const sound = await page.locator('.sound button').boundingBox();
        expect((sound?.x ?? 0) + (sound?.width ?? 0), `${path} at ${width}`).toBeLessThanOrEqual(width);
        expect((await page.locator('.strip').boundingBox())?.height, `${path} at ${width}`).toBeLessThan(100);
      }
    }
  });

  it('phone: a card opens the call as a page of its own, with one wide button under the thumb', async () => {
    web.desk.data.raise();
    const { page } = await web.open({ width: 390, height: 844 });
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
    await page.goForward();
    await page.locator('#detail h1').waitFor();
    expect(await page.isVisible('#acknowledged .card')).toBe(false);
  });

  it('wall: cards only, twice as large, and nothing to press on them', async () => {
    web.desk.data.raise();
    const { page } = await web.open({ path: '/?view=wall' });
    await page.waitForSelector('.card');
    expect(await page.isVisible('#detail')).toBe(false);
    expect(await page.isVisible('nav')).toBe(false);
    for (const width of [390, 960, 1440]) {
      await page.setViewportSize({ width, height: 540 });
      expect((await page.locator('.card').boundingBox())?.width, `at ${width}`).toBeGreaterThan(width - 80);
    }
    expect(
      await page.$eval('.card .place', (element) =>
        Number.parseFloat(
          (globalThis as unknown as PageWindow).getComputedStyle(element as unknown as PageElement).fontSize,
        ),
      ),
    ).toBeGreaterThanOrEqual(42);
    await page.keyboard.press('a');
    expect(await page.locator('dialog').count()).toBe(0);
  });

  it('moves nothing for those who asked for that', async () => {
    web.desk.data.raise();
    const { page } = await web.open();
    await page.waitForSelector('.card');
    const animation = () =>
      page.$eval(
        '.card',
        (card) =>
          (globalThis as unknown as PageWindow).getComputedStyle(card as unknown as PageElement, '::before')
            .animationName,
      );
    expect(await animation()).toBe('pulse');
    await page.emulateMedia({ reducedMotion: 'reduce' });
    expect(await animation()).toBe('none');
  });
});

describe('two hundred open calls', () => {
  it('cost little: a second changes texts only, one change touches one card', async () => {
    for (let call = 0; call < 200; call += 1) web.desk.data.raise({ caller: { name: `Caller ${call}` } });
    const { page } = await web.open({ clock: true });
    await page.waitForSelector('.card >> nth=199');
    await page.keyboard.press('j');
    const count = () =>
      page.evaluate(() => {
        const page = globalThis as unknown as PageWindow;
        const seen = { added: 0, texts: 0 };
        const observer = new page.MutationObserver((mutations) => {
          for (const { type, target, addedNodes } of mutations) {
            if (type === 'childList' && target.matches('.cards')) seen.added += addedNodes.length;
            else seen.texts += 1;
          }
        });
        observer.observe(page.document.querySelector('#list'), { subtree: true, childList: true, characterData: true });
        page.seen = seen;
      });
    const seen = () => page.evaluate(() => (globalThis as unknown as PageWindow).seen);
    await count();
    await page.clock.runFor(3000);
    expect((await seen()).added).toBe(0);
    await count();
    web.desk.data.raise({ caller: { name: 'One more' } });
    await page.waitForSelector('.card >> nth=200');
    expect((await seen()).added).toBe(1);
  });

  it('an older call is chosen and drawn at once', async () => {
    for (let call = 0; call < 200; call += 1) web.desk.data.raise({ caller: { name: `Caller ${call}` } });
    const { page } = await web.open();
    await page.waitForSelector('.card >> nth=199');
    await page.click('.card >> nth=150');
    await expect.poll(() => page.textContent('#detail .facts .big dd')).toBe('Caller 49');
  });
});
