import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { EntraUser } from '#simulator/entra/options.ts';
import { launchBrowser } from '#test/support/browser.ts';
import { people, type SignedDesk, startSignedDesk } from '#test/web/sign-in/signed-desk.ts';

let browser: Browser;
let signed: SignedDesk;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());
beforeEach(async () => {
  signed = await startSignedDesk({ signIn: { attemptsPerMinute: 1_000 } });
});
afterEach(async () => {
  await Promise.all(browser.contexts().map((context) => context.close()));
  await signed.close();
});

async function newPage(): Promise<{ page: Page; context: BrowserContext; complaints: string[] }> {
  const context = await browser.newContext({ ignoreHTTPSErrors: true, viewport: { width: 1440, height: 900 } });
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (message) => {
    if (/Content Security|Refused/.test(message.text())) complaints.push(message.text());
  });
  return { page, context, complaints };
}
async function choose(page: Page, as: EntraUser) {
  await page.locator(`input[name=user][value="${as.id}"], input[name=user][value="${as.upn}"]`).check();
  await page.getByRole('button', { name: 'Sign in' }).click();
}
async function open(as: EntraUser, path = '/') {
  const opened = await newPage();
  await opened.page.goto(signed.origin + path);
  await choose(opened.page, as);
  await opened.page.waitForURL(signed.origin + path);
  await opened.page.waitForSelector('html[data-live=yes]');
  return opened;
}

describe('a responder', () => {
  it('signs in, takes a call under the own name without being asked for one, and signs out', async () => {
    const { id } = signed.data.raise();
    const { page, complaints } = await open(people.responder);
    expect(await page.locator('#person').textContent()).toBe('Rae Responder');
    expect(
      await page.getByRole('navigation', { name: 'Pages', exact: true }).getByRole('link').allTextContents(),
    ).toEqual(['Board', 'Watch', 'Admin']);
    await page.getByRole('button', { name: /Acknowledge/ }).click();
    await page.getByText('You have this call.').waitFor();
    expect((await signed.data.emergencies.get(id))?.emergency.acknowledged).toMatchObject({ by: 'Rae Responder' });

    await page.click('#person');
    await page.getByText('You are signed in as Responder.').waitFor();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.waitForURL(`${signed.origin}/signed-out`);
    await page.getByRole('heading', { name: 'You are signed out' }).waitFor();
    await page.goto(`${signed.origin}/`);
    await page.getByRole('button', { name: 'Sign in' }).waitFor();
    expect(complaints).toEqual([]);
  });

  it('keeps the page when the session ends, and goes on where it was after signing in again in another tab', async () => {
    const { id } = signed.data.raise();
    const { page, context } = await open(people.responder, `/emergencies/${id}`);
    await page.getByRole('heading', { name: 'Timeline' }).waitFor();
    const shown = await page.locator('#detail .where h1').textContent();
    await page.evaluate(() => {
      (globalThis as unknown as { same: boolean }).same = true;
    });

    // It ends elsewhere; the live page ends with it, and every answer is a refusal.
    const out = await context.request.post(`${signed.origin}/api/sign-out`, {
      headers: { 'x-tocsin-request': '1' },
      data: {},
    });
    expect(out.status()).toBe(200);
    await page.getByText('Your session has ended.').waitFor();
    expect(await page.locator('#detail .where h1').textContent()).toBe(shown);

    const [tab] = await Promise.all([
      context.waitForEvent('page'),
      page.getByRole('link', { name: 'Sign in again' }).click(),
    ]);
    await tab.waitForURL(/signin|signed-in-again/);
    if (tab.url().includes('/signin/')) await choose(tab, people.responder);
    await tab.getByRole('heading', { name: 'You are signed in again' }).waitFor();
    await tab.close();

    await page.waitForSelector('html[data-live=yes]', { timeout: 30_000 });
    await page.waitForSelector('#signed-out', { state: 'hidden' });
    expect(await page.evaluate(() => (globalThis as unknown as { same?: boolean }).same)).toBe(true);
    await page.getByRole('button', { name: /Acknowledge/ }).click();
    await page.getByText('You have this call.').waitFor();
  });
});

describe('who may not', () => {
  it('is not offered to act, and is told so by a key; the page of another role says whom to ask', async () => {
    const { id } = signed.data.raise();
    const { page, complaints } = await open(people.compliance);
    await page.locator('#detail .where').waitFor();
    expect(await page.getByRole('button', { name: /Acknowledge|^Resolve/ }).count()).toBe(0);
    await page.keyboard.press('a');
    await page.getByText('Your role does not act on calls').waitFor();
    expect((await signed.data.emergencies.get(id))?.emergency.state).toBe('unacknowledged');

    const other = await open(people.responder);
    await other.page.goto(`${signed.origin}/audit`);
    await other.page.getByRole('heading', { name: 'Your role does not allow that' }).waitFor();
    await other.page.getByText('It takes the role Operator or Compliance or Administrator').waitFor();
    expect(complaints).toEqual([]);
  });

  it('sees calls without persons as an operator, and what can be done about Tocsin', async () => {
    signed.data.raise({ caller: { name: 'Carla Caller' } });
    const { page } = await open(people.operator);
    await page.locator('#detail').getByText('[hidden]').first().waitFor();
    expect(await page.content()).not.toContain('Carla Caller');
    await page.goto(`${signed.origin}/admin`);
    await page.getByText('Record of who looked at what').waitFor();
  });

  it('has no role and is told who can help', async () => {
    const { page } = await newPage();
    await page.goto(`${signed.origin}/`);
    await choose(page, people.nobody);
    await page.getByRole('heading', { name: 'You have no role at this desk' }).waitFor();
    await page.getByText('Ask the service desk, extension 4711.').waitFor();
    await page.getByRole('link', { name: 'Sign in as somebody else' }).click();
    await choose(page, people.responder);
    await page.waitForURL(`${signed.origin}/`);
  });
});
