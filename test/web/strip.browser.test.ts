import { describe, expect, it } from 'vitest';
import { createFakeDeskData } from '#test/support/fake-desk-data.ts';
import { openDesk } from '#test/web/desk-browser.ts';
import { deskInBrowser } from '#test/web/desk-in-browser.ts';
import { runDesk } from '#test/web/desk-server.ts';

const web = deskInBrowser({ title: 'Contoso HQ' });

describe('the strip', () => {
  it.each([
    ['desk', '/', 1440, 50],
    ['small desk', '/', 1024, 50],
    ['wall', '/?view=wall', 1920, 73],
    ['phone', '/', 390, 50],
    ['small phone', '/admin', 320, 60],
  ])('says since when Tocsin listens on a %s, beside nothing that it covers', async (_, path, width, highest) => {
    // A day that is not today has the longest words.
    web.desk.data.setHealth({
      listening: { ok: true, since: '2026-01-28T10:20:00.000Z', lastProofAt: new Date().toISOString(), feeds: [] },
    });
    const { page } = await web.open({ path, width, height: 844 });
    const since = page.locator('#listening .since');
    await expect.poll(() => since.textContent()).toMatch(/^since \D*28\D* \d\d:\d\d$/);
    expect(await since.isVisible()).toBe(true);
    expect(await since.evaluate((element) => element.scrollWidth - element.clientWidth)).toBeLessThanOrEqual(0);
    expect(await page.locator('.strip').evaluate((strip) => strip.scrollWidth - strip.clientWidth)).toBeLessThanOrEqual(
      0,
    );
    const [said, sound, strip] = await Promise.all(
      [since, page.locator('#sound'), page.locator('.strip')].map((part) => part.boundingBox()),
    );
    if (said == null || sound == null || strip == null) throw new Error('a part of the strip is not there');
    expect(said.x + said.width).toBeLessThanOrEqual(sound.x);
    expect(said.y).toBeGreaterThanOrEqual(strip.y);
    expect(said.y + said.height).toBeLessThanOrEqual(strip.y + strip.height);
    expect(strip.height).toBeLessThan(highest);
  });

  it('says on a phone when listening was last proved, where the list of feeds has no room', async () => {
    const lastProofAt = new Date().toISOString();
    web.desk.data.setHealth({ listening: { ok: true, since: '2026-01-28T10:20:00.000Z', lastProofAt, feeds: [] } });
    for (const [width, shown] of [
      [1440, false],
      [360, false],
      [390, true],
    ] as const) {
      const { page } = await web.open({ width, height: 844 });
      const proved = page.locator('#listening .proved');
      await expect.poll(() => proved.textContent()).toMatch(/^\d+ s ago$/);
      expect(await proved.isVisible()).toBe(shown);
      const [said, sound] = await Promise.all([proved.boundingBox(), page.locator('#sound').boundingBox()]);
      if (shown) expect((said?.x ?? 0) + (said?.width ?? 0)).toBeLessThanOrEqual(sound?.x ?? 0);
    }
  });

  it('does not say for ever that it is starting where nothing tells it how Tocsin is', async () => {
    const data = createFakeDeskData();
    const mute = await runDesk({}, { ...data, health: () => Promise.withResolvers<never>().promise });
    try {
      const { page } = await openDesk(web.browser, mute.url, { clock: true });
      expect(await page.textContent('#listening .word')).toBe('Starting');
      await page.clock.fastForward(16_000);
      await page.waitForSelector('#listening[data-state=blind]');
      expect(await page.textContent('#blind')).toContain('does not say whether the hub is read');
      await page.waitForSelector('html[data-alarm=blind]');
    } finally {
      await mute.close();
    }
  });

  it('has room for who acts beside a call that nobody has', async () => {
    const { page } = await web.open({ path: '/admin' });
    const lastProofAt = new Date().toISOString();
    const feeds = ['chat', 'events'].map((feed) => ({ feed, lastProofAt }));
    web.desk.data.setHealth({ listening: { ok: true, since: '2026-01-28T10:20:00.000Z', lastProofAt, feeds } });
    web.desk.data.raise();
    await page.waitForSelector('.unowned:not([hidden])');
    await expect.poll(() => page.textContent('#listening .proofs')).toContain('events');
    expect(await page.locator('#person').evaluate((name) => name.scrollWidth - name.clientWidth)).toBe(0);
    expect(await page.locator('.strip').evaluate((strip) => strip.scrollWidth - strip.clientWidth)).toBe(0);
  });

  it('says so only while Tocsin listens', async () => {
    const { page } = await web.open();
    const since = page.locator('#listening .since');
    await expect.poll(() => since.textContent()).toMatch(/^since /);
    web.desk.data.setHealth({ listening: { ok: false, since: new Date().toISOString(), feeds: [] } });
    await page.waitForSelector('#blind:not([hidden])');
    expect(await since.textContent()).toBe('');
    expect(await page.textContent('#listening .word')).toBe('Not listening');
  });
});
