import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { post } from '#test/simulator/entra/raw.ts';
import { chatClient, operator, type StartedEntra, serviceUser, startEntra } from '#test/simulator/entra/start-entra.ts';
import { launchBrowser } from '#test/support/browser.ts';

let browser: Browser;
let entra: StartedEntra;
let application: Server;
let redirectUri: string;

beforeAll(async () => {
  application = createServer((_request, response) => response.end('back at the application'));
  await new Promise<void>((resolve) => application.listen(0, '127.0.0.1', resolve));
  redirectUri = `http://localhost:${(application.address() as AddressInfo).port}`;
  [browser, entra] = await Promise.all([launchBrowser(), startEntra()]);
});
afterEach(async () => await Promise.all(browser.contexts().map((context) => context.close())));
afterAll(async () => {
  await Promise.all([browser.close(), entra.close()]);
  await new Promise((resolve) => application.close(resolve));
});

const open = async (url: string, colorScheme: 'light' | 'dark' = 'light'): Promise<Page> => {
  const context = await browser.newContext({ ignoreHTTPSErrors: true, javaScriptEnabled: false, colorScheme });
  const page = await context.newPage();
  await page.goto(url);
  return page;
};
const askForCode = async () => {
  const { body } = await post(entra.simulator.authority, 'devicecode', {
    client_id: chatClient.clientId,
    scope: 'Chat.Read',
  });
  return { userCode: String(body['user_code']), deviceCode: String(body['device_code']) };
};

describe('the pages in a real browser without scripts', () => {
  it('let a person approve a code with the keyboard alone', async () => {
    const { userCode, deviceCode } = await askForCode();
    const page = await open(`${entra.simulator.authority}/device`);
    await page.locator('#code:focus').waitFor({ timeout: 5_000 });
    await page.keyboard.type(userCode);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Sign in to Tocsin chat feed?' }).waitFor();
    await page.keyboard.press('Tab');
    expect(await page.getByRole('radio', { name: serviceUser.upn }).isChecked()).toBe(true);
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Signed in' }).waitFor();
    const { body } = await post(entra.simulator.authority, 'token', {
      client_id: chatClient.clientId,
      grant_type: 'device_code',
      device_code: deviceCode,
    });
    expect(entra.simulator.verifyAccessToken(String(body['access_token']))).toMatchObject({
      claims: { upn: operator.upn },
    });
  });

  it('say what is wrong with a code', async () => {
    const page = await open(`${entra.simulator.authority}/device`);
    await page.getByLabel('Code shown by the application').fill('BCDFGHJKL');
    await page.getByRole('button', { name: 'Next' }).click();
    expect(await page.getByRole('alert').textContent()).toContain('no such code');
  });

  it('come back to the application after a sign-in', async () => {
    const app = entra.publicClient();
    const page = await open(await app.getAuthCodeUrl({ scopes: ['User.Read'], redirectUri }));
    await page.getByRole('radio', { name: operator.upn }).check();
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.waitForURL(`${redirectUri}/?code=*`);
    expect(await page.textContent('body')).toBe('back at the application');
  });

  it.each(['light', 'dark'] as const)('can be read in %s', async (scheme) => {
    const page = await open(`${entra.simulator.authority}/device`, scheme);
    const colours = (selector: string) =>
      page.locator(selector).evaluate((element) => {
        const style = (
          globalThis as unknown as { getComputedStyle(of: unknown): { color: string; backgroundColor: string } }
        ).getComputedStyle(element);
        return [style.color, style.backgroundColor];
      });
    const [text = ''] = await colours('h1');
    const [, ground = ''] = await colours('main');
    expect(contrast(text, ground)).toBeGreaterThan(7);
    const [label = '', face = ''] = await colours('button.first');
    expect(contrast(label, face)).toBeGreaterThan(4.5);
    expect(luminance(ground) < 0.2).toBe(scheme === 'dark');
  });
});

/** Of WCAG 2.2. */
function contrast(one: string, other: string): number {
  const [darker = 0, lighter = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (lighter + 0.05) / (darker + 0.05);
}

function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = (colour.match(/[\d.]+/g) ?? []).map((channel) => {
    const share = Number(channel) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
