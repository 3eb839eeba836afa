import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { arm } from '#test/web/desk-browser.ts';
import { deskInBrowser } from '#test/web/desk-in-browser.ts';

const web = deskInBrowser();

/** What the tests have in the page in place of the system's notifications: headless browsers show none. */
interface System {
  readonly notifications: readonly { readonly text: string; readonly renotify: boolean; readonly closed: boolean }[];
  readonly asked: number;
}
const standIn = (answer: string) => `
  globalThis.system = { notifications: [], asked: 0, looks: false };
  document.hasFocus = () => system.looks;
  globalThis.Notification = class Notification extends EventTarget {
    static permission = 'default';
    static async requestPermission() {
      system.asked += 1;
      Notification.permission = '${answer}';
    }
    #shown;
    constructor(title, { body, renotify }) {
      super();
      this.#shown = { text: title + ': ' + body, renotify, closed: false };
      system.notifications.push(this.#shown);
    }
    close() {
      this.#shown.closed = true;
    }
  };`;
const system = (page: Page) => page.evaluate('system') as Promise<System>;
const look = (page: Page, looks: boolean) => page.evaluate(`system.looks = ${looks}`);

const acknowledge = (id: string) =>
  fetch(`${web.desk.url}/api/emergencies/${id}/acknowledge`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-tocsin-request': '1' },
    body: JSON.stringify({ by: 'B. Ito' }),
  });

/** A page at which nobody looks; `answer` is what is said when the browser asks whether notifications may be shown. */
async function openUnseen(answer: 'granted' | 'denied'): Promise<Page> {
  const { context } = await web.open();
  const page = await context.newPage();
  await page.addInitScript(standIn(answer));
  await page.goto(web.desk.url);
  return page;
}

describe('the notification of a desk that lies behind other windows', () => {
  it('is shown once the desk was armed, for as long as nobody has the call, and names nobody', async () => {
    const page = await openUnseen('granted');
    expect((await system(page)).asked).toBe(0);
    await arm(page);
    expect((await system(page)).asked).toBe(1);

    const shown = async () =>
      (await system(page)).notifications.map(({ text, ...how }) => [
        /\d+|An/.exec(text)?.[0],
        how.renotify,
        how.closed,
      ]);
    const first = web.desk.data.raise();
    await expect.poll(shown).toEqual([['An', true, false]]);
    const second = web.desk.data.raise();
    await expect.poll(shown).toEqual([
      ['An', true, false],
      ['2', true, false],
    ]);
    await acknowledge(second.id);
    await expect.poll(shown).toEqual([
      ['An', true, false],
      ['2', true, false],
      ['An', false, false],
    ]);
    for (const { text } of (await system(page)).notifications)
      expect(text).toMatch(/^TOCSIN: (An|2) emergency calls? that nobody has\. Press to see the desk\.$/);

    await look(page, true);
    await expect.poll(async () => (await shown()).at(-1)).toEqual(['An', false, true]);
    await look(page, false);
    await expect.poll(async () => (await shown()).length).toBe(4);
    await acknowledge(first.id);
    await expect.poll(async () => (await shown()).at(-1)?.[2]).toBe(true);
  });

  it('comes for a desk that may miss calls, too', async () => {
    const page = await openUnseen('granted');
    await arm(page);
    web.desk.data.setHealth({ listening: { ok: false, since: new Date().toISOString(), feeds: [] } });
    await expect
      .poll(async () => (await system(page)).notifications.map(({ text }) => text))
      .toEqual(['TOCSIN: This desk may miss calls. Press to see why.']);
  });

  it.each([
    ['where nobody wants notifications', 'denied', true],
    ['at a desk that nobody armed', 'granted', false],
  ] as const)('is not shown %s', async (_, answer, isArmed) => {
    const page = await openUnseen(answer);
    if (isArmed) await arm(page);
    web.desk.data.raise();
    await page.waitForSelector('html[data-alarm=real]');
    expect((await system(page)).notifications).toEqual([]);
  });

  it('is not shown for a test call', async () => {
    const page = await openUnseen('granted');
    await arm(page);
    web.desk.data.raise({ test: true });
    await page.waitForSelector('html[data-alarm=test]');
    expect((await system(page)).notifications).toEqual([]);
  });
});
